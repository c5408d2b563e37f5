//! Actions on many executions: as many as can take part, and a report of the others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::models::NamespacedId;
use kestra::{CallOptions, Client, ErrorKind, Filter};
use kestra_testkit::{Dialect, Fault};
use on_server::{NAMESPACE, asked, ended, failing, flow, server};

#[tokio::test]
async fn those_in_a_wrong_state_are_left_out_and_reported() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(failing("fails")).unwrap();
        let mut ids = Vec::new();
        for _ in 0..3 {
            let created = client.executions().create_execution(NAMESPACE, "fails").await.unwrap();
            ids.push(created.id);
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
    server.deploy(flow("hello", "hi")).unwrap();
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(client.executions().create_execution(NAMESPACE, "hello").await.unwrap().id);
    }
    for id in &ids {
        ended(&client, id).await;
    }
    server.clear_requests();
    server.fail(Fault::status(500).on("DELETE", "/api/v1/{tenant}/executions/by-ids").skip(1));
    let report = client.executions().delete_executions_by_ids(ids.clone()).chunk_size(3).await.unwrap();
    assert_eq!(
        (report.done, report.failed.as_slice(), report.not_tried.as_slice()),
        (3, &ids[3..6], &ids[6..])
    );
    let written = serde_json::to_value(&report).unwrap();
    assert_eq!((&written["done"], &written["notTried"][0]), (&3.into(), &ids[6].as_str().into()));
    assert_eq!((&written["error"]["kind"], &written["error"]["status"]), (&"status".into(), &500.into()));
    assert_eq!(report.check().unwrap_err().kind(), ErrorKind::Status);
    server.heal();
    let report = client.executions().delete_executions_by_ids(ids[3..].to_vec()).chunk_size(3).await.unwrap();
    assert_eq!((report.done, report.is_complete()), (4, true));

    // A failure before anything was done is simply an error.
    server.fail(Fault::status(500).on("DELETE", "/api/v1/{tenant}/executions/by-ids"));
    assert!(client.executions().delete_executions_by_ids(["x"]).chunk_size(3).await.is_err());
}

#[tokio::test]
async fn what_a_query_says_narrows_what_is_acted_on_by_ids_whatever_it_is_called() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        for id in ["hello", "other"] {
            server.deploy(flow(id, "hi")).unwrap();
        }
        let other = client.executions().create_execution(NAMESPACE, "other").await.unwrap().id;
        let hello = client.executions().create_execution(NAMESPACE, "hello").await.unwrap().id;
        ended(&client, &other).await;
        ended(&client, &hello).await;
        let in_namespace = Filter::namespace().equals(NAMESPACE);
        let delete = client.executions().delete_executions_by_query().filter(in_namespace);
        let delete = delete.query_pair("filters[flowId][EQUALS]", "hello");
        assert_eq!(delete.by_ids().await.unwrap().total(), 1);
        assert!(client.executions().get_execution(&other).await.is_ok());
        assert!(client.executions().get_execution(&hello).await.unwrap_err().is_not_found());
        let request =
            server.requests().into_iter().find(|request| request.path.ends_with("/by-ids")).unwrap();
        assert!(request.query.iter().all(|(name, _)| !name.contains("flowId")), "{:?}", request.query);
    }
}

#[tokio::test]
async fn an_old_parameter_is_a_filter_by_ids_too() {
    let (server, _) = server(Dialect::V1_3).await;
    server.deploy(flow("hello", "hi")).unwrap();
    let client = Client::builder()
        .server(server.url())
        .tenant("main")
        .options(CallOptions::new().any_version())
        .build()
        .unwrap();
    let id = client.executions().create_execution(NAMESPACE, "hello").await.unwrap().id;
    ended(&client, &id).await;
    // Servers ignore the old parameter beside filters, whatever is allowed.
    let delete = |flow: &str| {
        let in_namespace = Filter::namespace().equals(NAMESPACE);
        client.executions().delete_executions_by_query().flow_id(flow).filter(in_namespace)
    };
    assert_eq!(delete("none").by_ids().await.unwrap().total(), 0);
    assert_eq!(delete("hello").by_ids().await.unwrap().total(), 1);
}

#[tokio::test]
async fn what_fails_before_it_is_asked_for_is_not_tried() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(failing("fails")).unwrap();
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(client.executions().create_execution(NAMESPACE, "fails").await.unwrap().id);
        }
        for id in &ids {
            ended(&client, id).await;
        }
        server.clear_requests();
        server.fail(Fault::status(403).on("GET", format!("/api/v1/main/executions/{}", ids[3])));
        let restart = client.executions().restart_executions_by_ids(ids.clone()).chunk_size(2);
        let report = restart.wait_until_visible(Duration::from_secs(20)).await.unwrap();
        assert_eq!((report.total(), report.failed.len()), (2, 0), "{report:?}");
        assert_eq!((report.not_tried.as_slice(), report.visible.len()), (&ids[2..], 2));
        assert_eq!(asked(&server, "/restart/by-ids"), 1);

        let names: Vec<_> = ["one", "two", "three"].map(|id| NamespacedId::new(NAMESPACE, id)).into();
        for id in ["one", "two", "three"] {
            server.deploy(flow(id, "hi")).unwrap();
        }
        server.fail(Fault::status(403).on("GET", format!("/api/v1/main/flows/{NAMESPACE}/two")));
        let disable = client.flows().disable_flows_by_ids(names.clone()).chunk_size(1).skipping_invalid();
        let report = disable.await.unwrap();
        assert_eq!((report.done, report.failed.len(), report.not_tried.len()), (1, 0, 2), "{report:?}");
    }
}

#[tokio::test]
async fn a_row_without_a_name_stops_all_before_anything_is_done() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let rows = r#"{"results": [{"id": "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8"}, {"id": null}], "total": 2}"#;
        server.stub("GET", "/api/v1/main/executions/search").body("application/json", rows);
        let delete =
            client.executions().delete_executions_by_query().filter(Filter::namespace().equals(NAMESPACE));
        let error = delete.by_ids().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(asked(&server, "/by-ids"), 0);
    }
}
