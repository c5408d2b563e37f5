//! Actions on many executions: as many as can take part, and a report of the others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use kestra::{ErrorKind, Filter};
use kestra_testkit::{Dialect, Fault};
use on_server::{NAMESPACE, asked, ended, failing, flow, server};

#[tokio::test]
async fn those_in_a_wrong_state_are_left_out_and_reported() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(&failing("fails")).unwrap();
        let mut ids = Vec::new();
        for _ in 0..3 {
            let created = client.executions().create_execution(NAMESPACE, "fails").await.unwrap();
            ids.push(created.id.unwrap());
        }
        for id in &ids {
            ended(&client, id).await;
        }
        let mut found = client
            .executions()
            .search_executions()
            .filter(Filter::state().equals("FAILED"))
            .ids()
            .await
            .unwrap();
        found.sort();
        ids.sort();
        assert_eq!(found, ids);
        ids.insert(1, "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8".to_owned());

        let error = client.executions().restart_executions_by_ids(ids.clone()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "one stops all");

        server.clear_requests();
        let report =
            client.executions().restart_executions_by_ids(ids.clone()).skipping_invalid().await.unwrap();
        assert_eq!((report.total(), report.skipped.len(), report.is_complete()), (3, 1, false));
        assert_eq!(report.skipped[0].id, ids[1]);
        assert!(report.skipped[0].reason.contains("not found"), "{:?}", report.skipped);
        match dialect {
            Dialect::V2_0 => assert_eq!((report.queued, report.operation_ids.len()), (3, 1)),
            _ => assert_eq!((report.done, report.queued), (3, 0)),
        }
        assert_eq!(asked(&server, "/restart/by-ids"), 2);
    }
}

#[tokio::test]
async fn many_go_in_pieces_and_a_failure_tells_what_is_left() {
    let (server, client) = server(Dialect::ALL[0]).await;
    server.deploy(&flow("hello", "hi")).unwrap();
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(client.executions().create_execution(NAMESPACE, "hello").await.unwrap().id.unwrap());
    }
    for id in &ids {
        ended(&client, id).await;
    }
    server.clear_requests();
    server.fail(Fault::status(500).on("DELETE", "/api/v1/{tenant}/executions/by-ids").skip(1));
    let report = client.executions().delete_executions_by_ids(ids.clone()).in_chunks(3).await.unwrap();
    assert_eq!(
        (report.done, report.failed.as_slice(), report.not_tried.as_slice()),
        (3, &ids[3..6], &ids[6..])
    );
    assert_eq!(report.check().unwrap_err().kind(), ErrorKind::Status);
    server.heal();
    let report = client.executions().delete_executions_by_ids(ids[3..].to_vec()).in_chunks(3).await.unwrap();
    assert_eq!((report.done, report.is_complete()), (4, true));

    // A failure before anything was done is simply an error.
    server.fail(Fault::status(500).on("DELETE", "/api/v1/{tenant}/executions/by-ids"));
    assert!(client.executions().delete_executions_by_ids(["x"]).in_chunks(3).await.is_err());
}
