//! Searching and replacing in the sources of flows, through the client.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod on_server;

use kestra::models::{
    NamespacedId, SourceReplaceLineRequest, SourceReplacePreviewRequest, SourceReplaceRequest,
    SourceReplaceSkipReason, SourceSearchScope,
};
use kestra::{Client, ErrorKind};
use kestra_testkit::{Dialect, TestServer};
use on_server::{NAMESPACE, flow};

async fn server(dialect: Dialect) -> (TestServer, Client) {
    let (server, client) = on_server::server(dialect).await;
    for (id, message) in [("first", "Log this"), ("second", "nothing")] {
        server.deploy(flow(id, message)).unwrap();
    }
    (server, client)
}

#[tokio::test]
async fn a_match_that_a_search_found_is_replaced() {
    let (_server, client) = server(Dialect::V2_0).await;
    let flows = client.flows();
    let search = flows.search_flows_by_source_code().q("LOG").case_sensitive(false).whole_word(true);
    let found = search.scope(SourceSearchScope::Tasks).items().collect().await.unwrap();
    assert_eq!(found.len(), 2);
    let (id, at) = (found[0].id.clone().unwrap(), found[0].matches.last().unwrap().clone());
    assert_eq!(at.snippet.as_deref(), Some("    message: [mark]Log[/mark] this"));

    let line = SourceReplaceLineRequest::new(NAMESPACE, id, "log", "Tell");
    let line = line.line(at.line.unwrap()).column(at.column.unwrap());
    let outcome = flows.replace_in_source_line(line.clone()).await.unwrap();
    assert_eq!(outcome.updated[0].revision, Some(2));
    let stored = flows.get_flow(NAMESPACE, "first").source(true).await.unwrap();
    assert!(stored.source.contains("message: Tell this"));
    let again = flows.replace_in_source_line(line).await.unwrap();
    assert!(again.updated.is_empty());
    assert_eq!(again.skipped[0].reason, Some(SourceReplaceSkipReason::NoMatch));
}

#[tokio::test]
async fn a_preview_says_what_a_replacement_does() {
    let (_server, client) = server(Dialect::V2_0).await;
    let flows = client.flows();
    let preview = SourceReplacePreviewRequest::new("nothing", "something").namespace(NAMESPACE);
    let preview = flows.preview_source_replacement(preview).await.unwrap();
    assert_eq!(preview.total_matches, Some(1));
    assert_eq!(preview.flows[0].matches[0].after.as_deref(), Some("    message: something"));

    let named = ["first", "second", "third"].map(|id| NamespacedId::new(NAMESPACE, id));
    let request = SourceReplaceRequest::new(named, "nothing", "something");
    let outcome = flows.replace_in_sources(request).await.unwrap();
    assert_eq!(outcome.updated[0].id, "second");
    let reasons: Vec<_> = outcome.skipped.iter().filter_map(|skipped| skipped.reason.clone()).collect();
    assert_eq!(reasons, [SourceReplaceSkipReason::NoChange, SourceReplaceSkipReason::NotFound]);
}

#[tokio::test]
async fn a_replacement_that_deletes_is_refused_before_it_is_sent() {
    let (server, client) = server(Dialect::V2_0).await;
    let named = [NamespacedId::new(NAMESPACE, "first")];
    let request = SourceReplaceRequest::new(named, "tasks:", "deleted: true\ntasks:");
    let error = client.flows().replace_in_sources(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(on_server::asked(&server, "/replace/apply"), 0);
}
