//! Lists are read page by page, no row lost or doubled, and no page asked for before it is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use futures_util::TryStreamExt as _;
use kestra::ErrorKind;
use kestra::paging::Continuation;
use kestra_testkit::{Dialect, Fault};
use on_server::{NAMESPACE, asked, eventually, flow, server};
use serde_json::{Value, json};

#[tokio::test]
async fn all_rows_come_once_in_a_stable_order() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        for number in 0..25 {
            server.deploy(flow(&format!("flow-{number:02}"), "hi")).unwrap();
        }
        let mut flows = client.flows().search_flows().size(10).items();
        assert!(server.requests().is_empty(), "nothing is asked for before the first poll");
        let mut ids = Vec::new();
        while let Some(flow) = flows.next().await {
            ids.push(flow.unwrap().id);
        }
        let expected: Vec<String> = (0..25).map(|number| format!("flow-{number:02}")).collect();
        assert_eq!(ids, expected);
        assert_eq!((flows.total(), flows.has_shifted()), (Some(25), false));
        assert!(flows.continuation().is_end());
        assert_eq!(
            asked(&server, "/flows/search"),
            3,
            "a page less would miss rows, one more is for nothing"
        );
        let request =
            server.requests().into_iter().rfind(|request| request.path.ends_with("/search")).unwrap();
        assert_eq!(request.query_value("sort"), Some("namespace:asc"));

        // As any stream, and as a list.
        let sizes: Vec<usize> = client
            .flows()
            .search_flows()
            .size(10)
            .pages()
            .map_ok(|page| page.results.len())
            .try_collect()
            .await
            .unwrap();
        assert_eq!(sizes, [10, 10, 5]);
        let all = client.flows().search_flows().items().collect().await.unwrap();
        assert_eq!(all.len(), 25);
    }
}

#[tokio::test]
async fn a_page_is_asked_for_when_half_of_the_one_before_was_read() {
    let (server, client) = server(Dialect::ALL[1]).await;
    for number in 0..30 {
        server.deploy(flow(&format!("flow-{number:02}"), "hi")).unwrap();
    }
    let mut flows = client.flows().search_flows().size(10).items();
    for read in 1..=4 {
        flows.next().await.unwrap().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert_eq!(asked(&server, "/search"), 1, "after {read}");
    }
    flows.next().await.unwrap().unwrap();
    eventually("the next page", async || (asked(&server, "/search") > 1).then_some(())).await;
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        assert_eq!(asked(&server, "/search"), 2, "one page ahead, never two");
    }
    drop(flows);

    server.clear_requests();
    let few = client.flows().search_flows().size(10).items().limit(10).collect().await.unwrap();
    assert_eq!((few.len(), asked(&server, "/search")), (10, 1), "what the limit leaves out isn't asked for");

    server.clear_requests();
    let mut pages = client.flows().search_flows().size(10).pages();
    pages.next().await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    assert_eq!(asked(&server, "/search"), 1);
}

#[tokio::test]
async fn a_stored_place_is_gone_on_from() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        for number in 0..25 {
            server.deploy(flow(&format!("flow-{number:02}"), "hi")).unwrap();
        }
        for stop in [0, 1, 9, 10, 11, 20, 24, 25] {
            let mut flows = client.flows().search_flows().size(10).items();
            for _ in 0..stop {
                flows.next().await.unwrap().unwrap();
            }
            let stored = serde_json::to_string(&flows.continuation()).unwrap();
            let place: Continuation = serde_json::from_str(&stored).unwrap();
            let rest = client.flows().search_flows().items().resume(&place).collect().await.unwrap();
            let ids: Vec<_> = rest.into_iter().map(|flow| flow.id).collect();
            let expected: Vec<String> = (stop..25).map(|number| format!("flow-{number:02}")).collect();
            assert_eq!(ids, expected, "after {stop}: {stored}");
        }
    }
}

/// A 2.0 server counts rows that it doesn't show, so that a page may be short before the end.
#[tokio::test]
async fn a_short_page_is_not_the_last() {
    let (server, client) = server(Dialect::ALL[1]).await;
    let page = |ids: &[u32]| -> Value {
        let rows: Vec<Value> =
            ids.iter().map(|id| json!({"id": id.to_string(), "namespace": NAMESPACE})).collect();
        json!({"results": rows, "total": 7})
    };
    let route = "/api/v1/{tenant}/flows/search";
    // What was said last is answered first.
    for ids in [&[7][..], &[4], &[1, 2]] {
        server.stub("GET", route).json(&page(ids)).times(1);
    }
    let flows = client.flows().search_flows().size(3).items().collect().await.unwrap();
    let ids: Vec<_> = flows.into_iter().map(|flow| flow.id).collect();
    assert_eq!(ids, ["1", "2", "4", "7"]);
    assert_eq!(asked(&server, "/search"), 3);
}

#[tokio::test]
async fn an_empty_page_is_the_last_whatever_the_total_is() {
    let (server, client) = server(Dialect::ALL[1]).await;
    let route = "/api/v1/{tenant}/flows/search";
    server.stub("GET", route).json(&json!({"results": [], "total": 1_000_000}));
    let first = json!({"results": [{"id": "a", "namespace": NAMESPACE}], "total": 1_000_000});
    server.stub("GET", route).json(&first).times(1);
    let flows = client.flows().search_flows().size(1).items().collect().await.unwrap();
    assert_eq!((flows.len(), asked(&server, "/search")), (1, 2));
}

#[tokio::test]
async fn a_server_that_pages_by_cursor_is_followed() {
    let (server, client) = server(Dialect::ALL[2]).await;
    let route = "/api/v1/{tenant}/logs/search";
    let page = |message: &str, cursor: Option<&str>| json!({"results": [{"message": message}], "type": "CURSOR", "nextCursor": cursor});
    // What was said last is answered first.
    for (message, cursor) in [("c", None), ("b", Some("z")), ("a", Some("x=1&y"))] {
        server.stub("GET", route).json(&page(message, cursor)).times(1);
    }
    let mut lines = client.logs().search_logs().items().prefetch(false);
    lines.next().await.unwrap().unwrap();
    let place: Continuation = lines.continuation().to_string().parse().unwrap();
    let rest = client.logs().search_logs().items().resume(&place).collect().await.unwrap();
    assert_eq!(rest.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    let cursors: Vec<_> = server
        .requests()
        .iter()
        .filter_map(|request| request.query_value("cursor").map(str::to_owned))
        .collect();
    assert_eq!(cursors, ["x=1&y", "z"]);
}

#[tokio::test]
async fn an_error_ends_the_stream_and_leaves_a_place_to_go_on_from() {
    let (server, client) = server(Dialect::ALL[0]).await;
    for number in 0..5 {
        server.deploy(flow(&format!("flow-{number}"), "hi")).unwrap();
    }
    server.fail(Fault::status(500).on("GET", "/api/v1/{tenant}/flows/search").skip(1));
    let mut flows = client.flows().search_flows().size(2).items();
    for _ in 0..2 {
        flows.next().await.unwrap().unwrap();
    }
    let error = flows.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Status, Some(500)));
    assert!(flows.next().await.is_none());
    let rest = client.flows().search_flows().items().resume(&flows.continuation()).collect().await.unwrap();
    assert_eq!(rest.len(), 3);

    // What no request can have fails once, before anything is sent.
    server.clear_requests();
    let mut bad =
        client.executions().search_executions_by_flow_id(NAMESPACE, "x").header("bad header", "x").items();
    assert_eq!(bad.next().await.unwrap().unwrap_err().kind(), ErrorKind::Build);
    assert!(bad.next().await.is_none() && server.requests().is_empty());
}
