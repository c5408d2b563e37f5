//! Flows leave a server as archives and tables, and come back.

use kestra::models::NamespacedId;
use kestra::{ErrorKind, FilePart, Filter};

use crate::server::on_every_server;

const LOG: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn an_archive_brings_back_what_it_was_made_of() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        let source = site.source("one", LOG);
        site.deploy("one", LOG).await;
        site.deploy("two", LOG).await;
        let ours = || Filter::namespace().equals(namespace);
        let ids = ["one", "two"].map(|id| NamespacedId::new(namespace, id));
        let by_ids = flows.export_flows_by_ids(ids).await.unwrap().bytes().await.unwrap();
        let by_query = flows.export_flows_by_query().filter(ours()).await.unwrap().bytes().await.unwrap();
        for archive in [by_ids, by_query] {
            assert!(archive.starts_with(b"PK"));
            flows.delete_flows_by_query().filter(ours()).await.unwrap();
            let wrong = flows.import_flows(FilePart::bytes("flows.zip", archive)).await.unwrap();
            assert!(wrong.is_empty(), "{wrong:?}");
            let back = flows.get_flow(namespace, "one").await.unwrap();
            assert_eq!(back.source.trim(), source.trim());
            assert!(flows.get_flow(namespace, "two").await.is_ok());
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_imported_is_an_error_that_names_it() {
    on_every_server(async |site| {
        let (flows, namespace) = (site.client.flows(), &site.namespace);
        let bad = site.source("bad", "tasks: [{id: x, type: no.such.Task}]");
        let both = format!("{}---\n{bad}", site.source("good", LOG));
        let error = flows.import_flows(FilePart::bytes("flows.yml", both)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incomplete, "{error}");
        assert_eq!(error.failures().len(), 1, "{error}");
        assert!(flows.get_flow(namespace, "good").await.is_ok());
        assert!(flows.get_flow(namespace, "bad").await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_table_has_a_line_for_each() {
    on_every_server(async |site| {
        site.deploy("one", LOG).await;
        site.deploy("two", LOG).await;
        let ours = Filter::namespace().equals(&site.namespace);
        let table = site.client.flows().export_flows().filter(ours).await;
        if !site.is_since(1, 2) {
            assert_eq!(table.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        let table = table.unwrap().bytes().await.unwrap();
        let table = String::from_utf8(table.to_vec()).unwrap();
        let lines: Vec<_> = table.lines().filter(|line| line.contains(&site.namespace)).collect();
        assert!(lines.len() >= 2, "{table}");
    })
    .await;
}
