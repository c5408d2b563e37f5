//! Folders are made the same as namespaces and the flows of a server: what changed, and only what was asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use kestra::{ErrorKind, FileAction, FilePart, FlowAction};
use kestra_testkit::Dialect;
use on_server::{Folder, NAMESPACE, asked, flow, server};

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
        assert_eq!((plan.count(FileAction::Create), plan.count(FileAction::Delete)), (3, 1));
        assert!(
            server.requests().iter().filter(|request| request.method == "POST").count() == 1,
            "only the test's own"
        );

        let kept = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
        kept.check().unwrap();
        assert_eq!((kept.count(FileAction::Create), kept.files.len()), (3, 3), "old.txt isn't touched");

        folder.write("main.py", "print(2)");
        let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
        report.check().unwrap();
        let changes: Vec<_> = report.changes().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!(changes, [("main.py", FileAction::Update), ("old.txt", FileAction::Delete)]);
        assert_eq!(report.count(FileAction::Unchanged), 2);

        let down = Folder::new("down");
        down.write("stays.txt", "local");
        let report = client.files().sync_down(NAMESPACE, down.path()).await.unwrap();
        report.check().unwrap();
        assert_eq!(down.read("main.py"), "print(2)");
        assert_eq!(std::fs::read(down.path().join("lib/deep/x.bin")).unwrap().len(), 70_000);
        assert_eq!(down.read("stays.txt"), "local");
        let again = client.files().sync_down(NAMESPACE, down.path()).delete(true).await.unwrap();
        let changes: Vec<_> = again.changes().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!(changes, [("stays.txt", FileAction::Delete)]);
        assert!(serde_json::to_string(&again).unwrap().contains("\"action\":\"delete\""));
    }
}

#[tokio::test]
async fn one_file_that_fails_stops_no_other() {
    let (_server, client) = server(Dialect::ALL[1]).await;
    let folder = Folder::new("zip");
    folder.write("data.zip", "PK");
    folder.write("fine.txt", "fine");
    let report = client.files().sync_up(NAMESPACE, folder.path()).await.unwrap();
    assert_eq!(report.count(FileAction::Create), 1);
    let error = report.check().unwrap_err();
    assert_eq!((error.kind(), error.failures()), (ErrorKind::Incomplete, ["data.zip".to_owned()].as_slice()));
}

#[tokio::test]
async fn flows_of_a_folder_are_planned_then_deployed() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("flows");
        folder.write("a.yml", flow("a", "one"));
        folder.write("sub/b.yaml", flow("b", "one"));
        folder.write("notes.txt", "no flow");
        server.deploy(&flow("old", "one")).unwrap();
        server.deploy(&flow("a", "zero")).unwrap();
        let same = flow("same", "one");
        server.deploy(&same).unwrap();
        folder.write("same.yml", &same);

        let plan = client.flows().sync(folder.path()).delete_in(NAMESPACE).dry_run(true).await.unwrap();
        plan.check().unwrap();
        assert!(!plan.applied && asked(&server, "/flows") == 0);
        let actions: Vec<_> = plan.flows.iter().map(|flow| (flow.name(), flow.action)).collect();
        let name = |id: &str| format!("{NAMESPACE}.{id}");
        assert_eq!(
            actions,
            [
                (name("a"), FlowAction::Update),
                (name("same"), FlowAction::Unchanged),
                (name("b"), FlowAction::Create),
                (name("old"), FlowAction::Delete)
            ]
        );
        assert!(plan.to_json().contains("\"action\": \"create\""), "{}", plan.to_json());

        let done = client.flows().sync(folder.path()).await.unwrap();
        done.check().unwrap();
        assert!(done.applied);
        assert_eq!(done.flows.iter().find(|flow| flow.id.as_deref() == Some("a")).unwrap().revision, Some(2));
        assert!(client.flows().get_flow(NAMESPACE, "old").await.is_ok(), "nothing is deleted unasked");

        let done = client.flows().sync(folder.path()).delete_in(NAMESPACE).await.unwrap();
        assert_eq!((done.count(FlowAction::Unchanged), done.count(FlowAction::Delete)), (3, 1));
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
