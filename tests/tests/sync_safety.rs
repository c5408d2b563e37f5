//! Syncs and restorations delete nothing that could be meant to stay, and their reports say what was done.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::{Client, ErrorKind, FilePart, SyncAction};
use kestra_testkit::{Dialect, Fault};
use on_server::{Folder, NAMESPACE, flow, server};

async fn upload(client: &Client, path: &str, content: &'static str) {
    client.files().create_namespace_file(NAMESPACE, path, FilePart::bytes("file", content)).await.unwrap();
}

async fn files(client: &Client) -> Vec<String> {
    let mut files = client.files().search_namespace_files(NAMESPACE, "").await.unwrap();
    files.sort();
    files
}

#[tokio::test]
async fn an_invalid_backup_changes_nothing() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        upload(&client, "/stays.txt", "stays").await;
        client.kv().set_key_value(NAMESPACE, "stays", 1).await.unwrap();
        let folder = Folder::new("invalid-backup");
        folder.write("files/new.txt", "new");
        folder.write("keys.json", "[]");
        folder.write("flows/a.yml", flow("a", "one"));
        folder.write("flows/b.yml", format!("id: b\nnamespace: {NAMESPACE}\ntasks: 3\n"));
        let restore = || client.namespaces().restore(NAMESPACE, folder.path()).delete(true);
        let report = restore().await.unwrap();
        assert!(!report.applied && report.check().unwrap_err().to_string().contains("nothing was changed"));
        assert_eq!((report.count(SyncAction::Skipped), report.failed().count()), (1, 1), "{report}");
        folder.write("flows/b.yml", flow("b", "one"));
        folder.write("keys.json", "{oops");
        assert_eq!(restore().await.unwrap_err().kind(), ErrorKind::File);
        assert_eq!(files(&client).await, ["/stays.txt"], "{dialect:?}");
        assert_eq!(client.kv().keys(NAMESPACE).await.unwrap().len(), 1);
        assert!(client.flows().get_flow(NAMESPACE, "a").await.unwrap_err().is_not_found());

        let typo = client.namespaces().restore(NAMESPACE, folder.path().join("typo")).delete(true).await;
        assert_eq!(typo.unwrap_err().kind(), ErrorKind::File);
    }
}

#[tokio::test]
async fn a_restored_key_is_as_it_was_and_an_expired_one_is_left_alone() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let kv = client.kv();
        kv.set_key_value(NAMESPACE, "kept", 1)
            .ttl(Duration::from_secs(9000))
            .description("what")
            .await
            .unwrap();
        kv.set_key_value(NAMESPACE, "cursor", 1).await.unwrap();
        let folder = Folder::new("expired");
        client.namespaces().backup(NAMESPACE, folder.path()).await.unwrap().check().unwrap();
        // The key of the backup has expired since, and the one that the server has now is another one.
        let mut keys: serde_json::Value = serde_json::from_str(&folder.read("keys.json")).unwrap();
        let cursor = keys.as_array_mut().unwrap().iter_mut().find(|key| key["key"] == "cursor").unwrap();
        cursor["expirationDate"] = "2020-01-01T00:00:00Z".into();
        folder.write("keys.json", keys.to_string());
        kv.set_key_value(NAMESPACE, "cursor", "renewed").await.unwrap();
        kv.set_key_value(NAMESPACE, "kept", 1).await.unwrap();
        let report = client.namespaces().restore(NAMESPACE, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        assert_eq!((report.count(SyncAction::Update), report.count(SyncAction::Delete)), (1, 0), "{report}");
        let keys = kv.keys(NAMESPACE).await.unwrap();
        let kept = keys.iter().find(|key| key.key == "kept").unwrap();
        assert!(kept.expiration_date.is_some() && kept.description.as_deref() == Some("what"), "{kept:?}");
        assert_eq!(kv.get_key_value(NAMESPACE, "cursor").await.unwrap().typed(), Some("renewed".into()));
        let again = client.namespaces().restore(NAMESPACE, folder.path()).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 1, "{again}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("keys.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "values may be secrets");
        }
    }
}

#[tokio::test]
async fn nothing_is_deleted_after_a_failure() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("old", "one")).unwrap();
        upload(&client, "/old.txt", "old").await;
        client.kv().set_key_value(NAMESPACE, "old", 1).await.unwrap();
        let folder = Folder::new("failures");
        folder.write("new.txt", "new");
        for (method, route) in [
            ("POST", "/api/v1/{tenant}/flows"),
            ("POST", "/api/v1/{tenant}/namespaces/{namespace}/files"),
            ("PUT", "/api/v1/{tenant}/namespaces/{namespace}/kv/{key}"),
        ] {
            server.fail(Fault::status(403).on(method, route).times(100));
        }
        let flows = client.flows().sync_sources([flow("new", "one")]).delete(true).await.unwrap();
        let up = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        let keys = client.kv().sync(NAMESPACE, [("new", 1)]).delete(true).await.unwrap();
        for report in [flows, up, keys] {
            assert_eq!(report.failed().count(), 1, "{dialect:?}: {report}");
            assert_eq!(
                (report.count(SyncAction::Delete), report.count(SyncAction::Skipped)),
                (0, 1),
                "{report}"
            );
        }
        client.flows().get_flow(NAMESPACE, "old").await.unwrap();
        assert_eq!(files(&client).await, ["/old.txt"]);
        assert_eq!(client.kv().keys(NAMESPACE).await.unwrap().len(), 1);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_link_leads_to_is_neither_deleted_nor_overwritten() {
    use std::os::unix::fs::symlink;

    let (server, client) = server(Dialect::V2_0).await;
    let (folder, outside) = (Folder::new("linked"), Folder::new("outside"));
    outside.write("a.txt", "precious");
    outside.write("shared.yml", flow("shared", "one"));
    symlink(outside.path(), folder.path().join("lib")).unwrap();
    folder.write("own.yml", flow("own", "one"));
    server.deploy(flow("shared", "one")).unwrap();
    upload(&client, "/lib/a.txt", "server").await;
    let flows = client.flows().sync(folder.path()).delete(true).await.unwrap_err();
    let up = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap_err();
    for error in [flows, up] {
        assert_eq!(error.kind(), ErrorKind::File, "{error}");
    }
    let down = client.files().sync_down(NAMESPACE, folder.path()).await.unwrap();
    assert_eq!(down.check().unwrap_err().failures(), ["lib/a.txt".to_owned()]);
    assert_eq!(outside.read("a.txt"), "precious");
    client.flows().get_flow(NAMESPACE, "shared").await.unwrap();
    assert_eq!(files(&client).await, ["/lib/a.txt"]);
}

#[tokio::test]
async fn files_and_folders_of_one_name_are_told() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        upload(&client, "/c", "a file").await;
        upload(&client, "/a/b", "in a folder").await;
        let folder = Folder::new("one-name");
        folder.write("c/d", "in a folder");
        folder.write("a", "a file");
        let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        assert_eq!(
            (report.failed().count(), report.count(SyncAction::Delete)),
            (2, 0),
            "{dialect:?}: {report}"
        );
        assert_eq!(files(&client).await, ["/a/b", "/c"]);
    }
}

#[tokio::test]
async fn a_file_never_takes_the_place_of_a_stored_revision() {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, client) = server(dialect).await;
        upload(&client, "/s.csv", "one").await;
        upload(&client, "/s.csv", "two").await;
        upload(&client, "/t.csv.v2", "precious").await;
        upload(&client, "/t.csv", "old").await;
        let folder = Folder::new("revisions-stored");
        folder.write("s.csv.v2", "unrelated");
        folder.write("t.csv", "newer");
        let report = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        assert_eq!(report.failed().count(), 2, "{dialect:?}: {report}");
        for (path, content) in [("/s.csv", "two"), ("/t.csv.v2", "precious")] {
            let stored =
                client.files().get_file_content(NAMESPACE, path).await.unwrap().bytes().await.unwrap();
            assert_eq!(stored, content, "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn a_flow_that_stays_in_its_namespace_is_no_moved_one() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("p", "one").replace(NAMESPACE, "dev")).unwrap();
        let task = "tasks: [{id: log, type: io.kestra.plugin.core.log.Log, message: a}]";
        let tricky = format!("id: x\ndescription: \"text\nnamespace: dev\"\n\"namespace\": dev\n{task}\n");
        for sync in [
            client.flows().sync_sources([tricky.clone()]).map_namespace("dev", "prod"),
            client.flows().sync_sources([flow("y", "one")]).namespace("x\nid: evil"),
        ] {
            let report = sync.delete(true).await.unwrap();
            assert!(!report.applied && report.failed().count() == 1, "{dialect:?}: {report}");
        }
        client.flows().get_flow("dev", "p").await.unwrap();
        let printed = format!("{:?}", client.flows().sync_sources([flow("y", "hush")]));
        assert!(!printed.contains("hush"), "{printed}");
    }
}
