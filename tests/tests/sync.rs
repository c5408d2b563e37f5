//! Folders are made the same as namespaces and the flows of a server: what changed, and only what was asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use kestra::{CallOptions, ErrorKind, FilePart, Retry, SyncAction};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use on_server::{Folder, NAMESPACE, flow, server};

#[tokio::test]
async fn a_folder_goes_up_and_comes_down() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("up");
        folder.write("main.py", "print(1)");
        folder.write("lib/a b.txt", "with a space");
        folder.write("lib/deep/x.bin", vec![0_u8; 70_000]);
        folder.write("_flows/never.yml", "id: never");
        let part = FilePart::bytes("old.txt", "old");
        client.files().create_namespace_file(NAMESPACE, "/old.txt", part).await.unwrap();

        let plan = client.files().sync_up(NAMESPACE, folder.path()).delete(true).dry_run(true).await.unwrap();
        assert_eq!((plan.count(SyncAction::Create), plan.count(SyncAction::Delete)), (3, 1));
        assert!(
            server.requests().iter().filter(|request| request.method == "POST").count() == 1,
            "only the test's own"
        );

        let kept = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        kept.check().unwrap();
        assert_eq!((kept.count(SyncAction::Create), kept.entries.len()), (3, 3), "old.txt isn't touched");

        folder.write("main.py", "print(2)");
        let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        let changes: Vec<_> = report.changes().map(|file| (file.name.as_str(), file.action)).collect();
        assert_eq!(changes, [("main.py", SyncAction::Update), ("old.txt", SyncAction::Delete)]);
        assert_eq!(report.count(SyncAction::Unchanged), 2);

        let down = Folder::new("down");
        down.write("stays.txt", "local");
        let report = client.files().sync_down(NAMESPACE, down.path()).await.unwrap();
        report.check().unwrap();
        assert_eq!(down.read("main.py"), "print(2)");
        assert_eq!(std::fs::read(down.path().join("lib/deep/x.bin")).unwrap().len(), 70_000);
        assert_eq!(down.read("stays.txt"), "local");
        let again = client.files().sync_down(NAMESPACE, down.path()).delete(true).await.unwrap();
        let changes: Vec<_> = again.changes().map(|file| (file.name.as_str(), file.action)).collect();
        assert_eq!(changes, [("stays.txt", SyncAction::Delete)]);
        assert!(serde_json::to_string(&again).unwrap().contains("\"action\":\"delete\""));
    }
}

#[tokio::test]
async fn one_file_that_fails_stops_no_other() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("fails");
        folder.write("r#1.csv", "one");
        folder.write("r#2.csv", "two");
        folder.write("fine.txt", "fine");
        let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        if dialect == Dialect::V2_0 {
            report.check().unwrap();
            assert_eq!(report.count(SyncAction::Create), 3);
            continue;
        }
        // Others would store both as `r`.
        assert_eq!(report.count(SyncAction::Create), 1);
        let error = report.check().unwrap_err();
        let failed = ["r#1.csv".to_owned(), "r#2.csv".to_owned()];
        assert_eq!((error.kind(), error.failures()), (ErrorKind::Incomplete, failed.as_slice()));
        assert_eq!(server.requests().iter().filter(|request| request.method == "POST").count(), 1);

        let files = client.files();
        let stored = files.create_namespace_file(NAMESPACE, "/r#1.csv", FilePart::bytes("r", "one")).await;
        assert_eq!(stored.unwrap_err().kind(), ErrorKind::Unsupported);
        let moved = files.move_file(NAMESPACE, "/fine.txt", "/fine#1.txt").await;
        assert_eq!(moved.unwrap_err().kind(), ErrorKind::Unsupported);
        let deleted = files.delete_file(NAMESPACE, "/fine.txt#1").await;
        assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(
            files.get_file_content(NAMESPACE, "/fine.txt").await.unwrap().bytes().await.unwrap(),
            "fine"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_called_as_the_revision_of_another_is_told() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let folder = Folder::new("revisions");
        for name in ["s.csv", "s.csv.v2", "t.v2", "u", "u.v1", "u.v02", "w:1", "w1"] {
            folder.write(name, name);
        }
        let report = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        let failed: Vec<_> = report.failed().map(|file| file.name.as_str()).collect();
        let expected: &[&str] = match dialect {
            Dialect::V1_0 => &["w:1"],
            _ => &["s.csv", "s.csv.v2", "w1", "w:1"],
        };
        assert_eq!(failed, expected, "{dialect:?}");
    }
}

#[tokio::test]
async fn an_archive_stays_one() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let folder = Folder::new("zip");
        folder.write("data.zip", "PK");
        let report = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        report.check().unwrap();
        let stored = client.files().get_file_content(NAMESPACE, "/data.zip").await.unwrap();
        assert_eq!(stored.bytes().await.unwrap(), "PK");
    }
}

#[tokio::test]
async fn names_with_spaces_stay_as_they_are_in_the_folder() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("spaces");
        folder.write("lib/a b.txt", "with a space");
        let up = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        up.check().unwrap();
        let down = client.files().sync_down(NAMESPACE, folder.path()).delete(true).await.unwrap();
        down.check().unwrap();
        assert_eq!(down.changes().count(), 0, "{}", down.to_json());
        assert_eq!(folder.read("lib/a b.txt"), "with a space");

        let stored = if dialect == Dialect::V2_0 { "/lib/a b.txt" } else { "/lib/a+b.txt" };
        let part = FilePart::bytes("file", "changed");
        client.files().create_namespace_file(NAMESPACE, stored, part).await.unwrap();
        let down = client.files().sync_down(NAMESPACE, folder.path()).delete(true).await.unwrap();
        assert_eq!((down.count(SyncAction::Update), down.changes().count()), (1, 1), "{}", down.to_json());
        assert_eq!(folder.read("lib/a b.txt"), "changed");

        // One file to servers before 2.0, so that each would undo the other: both are told, and neither is sent.
        folder.write("lib/a b.txt", "with a space, changed");
        folder.write("lib/a+b.txt", "with a plus");
        let before = asked(&server, "POST", "/files");
        for dry_run in [true, false] {
            let up =
                client.files().sync_up(NAMESPACE, folder.path()).delete(true).dry_run(dry_run).await.unwrap();
            let failed: Vec<_> = up.failed().map(|file| file.name.as_str()).collect();
            let expected: &[&str] =
                if dialect == Dialect::V2_0 { &[] } else { &["lib/a b.txt", "lib/a+b.txt"] };
            assert_eq!(failed, expected);
        }
        let sent = asked(&server, "POST", "/files") - before;
        assert_eq!(sent, if dialect == Dialect::V2_0 { 2 } else { 0 });
        assert!(client.files().get_file_content(NAMESPACE, stored).await.is_ok());
    }
}

/// How many requests of a method went to routes that end so.
fn asked(server: &TestServer, method: &str, end: &str) -> usize {
    server.requests().iter().filter(|request| request.method == method && request.path.ends_with(end)).count()
}

#[tokio::test]
async fn lost_answers_lose_no_neighbour() {
    const FILES: &str = "/api/v1/{tenant}/namespaces/{namespace}/files";
    for dialect in Dialect::ALL {
        for (method, cut) in [
            ("DELETE", Cut::AfterProcessing),
            ("DELETE", Cut::AfterRead),
            ("PUT", Cut::AfterProcessing),
            ("PUT", Cut::AfterRead),
            ("POST", Cut::AfterProcessing),
        ] {
            let (server, client) = server(dialect).await;
            let client = client.with_options(CallOptions::new().retry(Retry::standard()));
            let folder = Folder::new("lost");
            folder.write("dir/kept.txt", "kept");
            folder.write("dir/sub/new.txt", "new");
            for path in ["/dir/kept.txt", "/dir/gone.txt", "/dir/sub/old.txt", "/only/last.txt"] {
                let part = FilePart::bytes("file", "kept");
                client.files().create_namespace_file(NAMESPACE, path, part).await.unwrap();
            }
            server.fail(Fault::cut(cut).on(method, FILES).on_each_target());
            let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
            report.check().unwrap();
            assert_eq!(report.count(SyncAction::Delete), 3, "{dialect:?} {method} {cut:?}");
            let mut found = client.files().search_namespace_files(NAMESPACE, "").await.unwrap();
            found.sort();
            assert_eq!(found, ["/dir/kept.txt", "/dir/sub/new.txt"], "{dialect:?} {method} {cut:?}");
        }
    }
}

#[tokio::test]
async fn what_a_deletion_has_left_is_swept() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("trash");
        folder.write("a.txt", "a");
        let trash = "/.kestra-trash-0123456789abcdef";
        for path in [trash, "/.kestra-trash-mine", "/a.txt"] {
            let part = FilePart::bytes("file", "a");
            client.files().create_namespace_file(NAMESPACE, path, part).await.unwrap();
        }
        let down = Folder::new("trash-down");
        client.files().sync_down(NAMESPACE, down.path()).await.unwrap().check().unwrap();
        assert!(!down.path().join(&trash[1..]).exists(), "it is no file to a sync");
        let kept = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        assert_eq!((kept.entries.len(), asked(&server, "DELETE", "/files")), (1, 0));
        let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        assert_eq!(
            report.changes().map(|file| file.name.as_str()).collect::<Vec<_>>(),
            [".kestra-trash-mine"]
        );
        assert_eq!(client.files().search_namespace_files(NAMESPACE, "").await.unwrap(), ["/a.txt"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn names_that_become_others_are_told_before_anything_is_sent() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("names");
        for name in ["a?b", "p%41", "c:d", "b\\c", "x[1]", "|e", "fine"] {
            folder.write(name, name);
        }
        let plan = client.files().sync_up(NAMESPACE, folder.path()).delete(true).dry_run(true).await.unwrap();
        let failed: Vec<_> = plan.failed().map(|file| file.name.as_str()).collect();
        let expected: &[&str] = match dialect {
            Dialect::V1_0 => &["a?b", "b\\c", "c:d", "p%41", "x[1]", "|e"],
            Dialect::V1_3 => &["a?b", "b\\c", "p%41", "x[1]", "|e"],
            _ => &["b\\c", "|e"],
        };
        assert_eq!(failed, expected, "{dialect:?}");
        assert_eq!(asked(&server, "POST", "/files"), 0);
        for _ in 0..2 {
            let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
            assert_eq!(report.failed().count(), expected.len());
            assert_eq!(report.count(SyncAction::Delete), 0, "its own uploads stay");
        }
        let stored = client.files().search_namespace_files(NAMESPACE, "").await.unwrap();
        assert_eq!(stored.len(), 7 - expected.len());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_to_files_are_followed_as_in_a_mounted_config_map() {
    use std::os::unix::fs::symlink;

    let (_server, client) = server(Dialect::V2_0).await;
    let folder = Folder::new("links");
    folder.write("..2026/a.yml", flow("a", "one"));
    symlink("..2026", folder.path().join("..data")).unwrap();
    symlink("..data/a.yml", folder.path().join("a.yml")).unwrap();
    let flows = client.flows().sync(folder.path()).await.unwrap();
    flows.check().unwrap();
    assert_eq!((flows.count(SyncAction::Create), flows.entries.len()), (1, 1), "{}", flows.to_json());

    let files = client.files();
    files.create_namespace_file(NAMESPACE, "/..other/b.txt", FilePart::bytes("b", "b")).await.unwrap();
    let report = files.sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
    report.check().unwrap();
    assert_eq!(report.entries.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.yml"]);
    let down = files.sync_down(NAMESPACE, folder.path()).delete(true).await.unwrap();
    // What is left out is said.
    assert_eq!(down.count(SyncAction::Unchanged), 1, "{}", down.to_json());
    assert_eq!((down.count(SyncAction::Skipped), down.entries.len()), (1, 2), "{}", down.to_json());

    // A link that leads nowhere fails by itself, and what was stored of it stays.
    std::fs::remove_file(folder.path().join("a.yml")).unwrap();
    symlink("nowhere.yml", folder.path().join("a.yml")).unwrap();
    folder.write("b.txt", "fine");
    let report = files.sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
    assert_eq!(report.count(SyncAction::Create), 1);
    assert_eq!(report.check().unwrap_err().failures(), ["a.yml".to_owned()]);
    assert!(files.get_file_content(NAMESPACE, "/a.yml").await.is_ok());
}

#[tokio::test]
async fn a_flow_is_called_outdated_only_if_it_changes() {
    let (server, client) = server(Dialect::V2_0).await;
    let folder = Folder::new("outdated");
    server.deploy(flow("a", "one")).unwrap();
    let verdict = format!(r#"[{{"index": 0, "namespace": "{NAMESPACE}", "flow": "a", "outdated": true}}]"#);
    server.stub("POST", "/api/v1/{tenant}/flows/validate").body("application/json", verdict);
    for (message, action, warnings) in [("one", SyncAction::Unchanged, 0), ("two", SyncAction::Update, 1)] {
        folder.write("a.yml", flow("a", message));
        let plan = client.flows().sync(folder.path()).dry_run(true).await.unwrap();
        assert_eq!((plan.entries[0].action, plan.entries[0].warnings.len()), (action, warnings));
    }
}

#[tokio::test]
async fn flows_of_a_folder_are_planned_then_deployed() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("flows");
        folder.write("a.yml", flow("a", "one"));
        folder.write("sub/b.yaml", flow("b", "one"));
        folder.write("notes.txt", "no flow");
        server.deploy(flow("old", "one")).unwrap();
        server.deploy(flow("a", "zero")).unwrap();
        let same = flow("same", "one");
        server.deploy(&same).unwrap();
        folder.write("same.yml", &same);

        let plan = client.flows().sync(folder.path()).delete_in(NAMESPACE).dry_run(true).await.unwrap();
        plan.check().unwrap();
        assert!(!plan.applied && on_server::asked(&server, "/flows") == 0);
        let actions: Vec<_> = plan.entries.iter().map(|flow| (flow.name.clone(), flow.action)).collect();
        let name = |id: &str| format!("{NAMESPACE}.{id}");
        assert_eq!(
            actions,
            [
                (name("a"), SyncAction::Update),
                (name("same"), SyncAction::Unchanged),
                (name("b"), SyncAction::Create),
                (name("old"), SyncAction::Delete)
            ]
        );
        assert!(plan.to_json().contains("\"action\": \"create\""), "{}", plan.to_json());

        let done = client.flows().sync(folder.path()).await.unwrap();
        done.check().unwrap();
        assert!(done.applied);
        assert_eq!(
            done.entries.iter().find(|flow| flow.id.as_deref() == Some("a")).unwrap().revision,
            Some(2)
        );
        assert!(client.flows().get_flow(NAMESPACE, "old").await.is_ok(), "nothing is deleted unasked");

        let sync = client.flows().sync(folder.path()).delete_in(NAMESPACE).delete_in(NAMESPACE);
        let done = sync.await.unwrap();
        assert_eq!((done.count(SyncAction::Unchanged), done.count(SyncAction::Delete)), (3, 1));
        assert!(client.flows().get_flow(NAMESPACE, "old").await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn one_invalid_flow_leaves_all_as_they_are() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let folder = Folder::new("invalid");
        folder.write("fine.yml", flow("fine", "one"));
        folder.write(
            "bad.yml",
            format!("id: bad\nnamespace: {NAMESPACE}\ntasks:\n  - id: x\n    type: no.such.Task\n"),
        );
        folder.write("double.yml", flow("fine", "two"));
        folder.write("empty.yml", "");
        folder.write("two.yml", format!("{}---\n{}", flow("x", "1"), flow("y", "1")));
        let report = client.flows().sync(folder.path()).await.unwrap();
        assert!(!report.applied);
        let error = report.check().unwrap_err();
        assert_eq!((error.kind(), error.failures().len()), (ErrorKind::Incomplete, 4), "{error}");
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        assert!(client.flows().get_flow(NAMESPACE, "fine").await.unwrap_err().is_not_found());
    }
}
