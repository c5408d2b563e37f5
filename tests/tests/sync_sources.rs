//! A sync takes a source that is empty, or that can't be read whole, for a mistake, and sees what others change meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use kestra::{Body, BoxError, Client, Deployed, Error, ErrorKind, FilePart, SyncAction, SyncReport};
use kestra_testkit::{Dialect, Fault};
use on_server::{Folder, NAMESPACE, flow, server};
use serde_json::{Value, json};
use tower::{Layer, Service};

const DIRECTORY: &str = "/api/v1/{tenant}/namespaces/{namespace}/files/directory";

/// Lets somebody else act once, right before a request that is told by its method and path.
#[derive(Clone)]
struct Meanwhile {
    when: fn(&http::Request<Body>) -> bool,
    act: Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>,
    is_over: Arc<AtomicBool>,
}

impl Meanwhile {
    fn new<F: Future<Output = ()> + Send + 'static>(
        when: fn(&http::Request<Body>) -> bool,
        act: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { when, act: Arc::new(move || Box::pin(act())), is_over: Arc::default() }
    }
}

impl<S> Layer<S> for Meanwhile {
    type Service = Interfered<S>;

    fn layer(&self, inner: S) -> Interfered<S> {
        Interfered { inner, meanwhile: self.clone() }
    }
}

#[derive(Clone)]
struct Interfered<S> {
    inner: S,
    meanwhile: Meanwhile,
}

impl<S, B> Service<http::Request<Body>> for Interfered<S>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let meanwhile = self.meanwhile.clone();
        let acts = (meanwhile.when)(&request) && !meanwhile.is_over.swap(true, Ordering::SeqCst);
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            if acts {
                (meanwhile.act)().await;
            }
            inner.call(request).await
        })
    }
}

fn refused(result: Result<SyncReport, Error>, named: &str) {
    let error = result.expect_err(named);
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let text = error.to_string();
    assert!(text.contains(named) && text.contains("`.allow_empty(true)`"), "{text}");
}

async fn upload(client: &Client, path: &str, content: &'static str) {
    client.files().create_namespace_file(NAMESPACE, path, FilePart::bytes("file", content)).await.unwrap();
}

#[tokio::test]
async fn an_empty_source_deletes_nothing_unless_that_is_confirmed() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("stays", "one")).unwrap();
        upload(&client, "/stays.txt", "stays").await;
        client.kv().set_key_value(NAMESPACE, "stays", 1).await.unwrap();
        let folder = Folder::new("empty-source");
        let none = BTreeMap::<String, Value>::new;
        for dry_run in [true, false] {
            let flows = client.flows().sync(folder.path()).delete_in(NAMESPACE).dry_run(dry_run);
            refused(flows.await, "has no flow, so all 1 would be deleted");
            let flows = client.flows().sync_sources(Vec::<String>::new()).delete_below("company");
            refused(flows.dry_run(dry_run).await, "the sources have no flow");
            let files = client.files().sync_up(NAMESPACE, folder.path()).delete(true).dry_run(dry_run);
            refused(files.await, "has no files, so all 1 of the namespace would be deleted");
            let keys = client.kv().sync(NAMESPACE, none()).delete(true).dry_run(dry_run);
            refused(keys.await, "there are no values, so all 1 keys would be deleted");
        }
        let missing = folder.path().join("typo");
        for result in [
            client.flows().sync(&missing).delete_in(NAMESPACE).await,
            client.files().sync_up(NAMESPACE, &missing).delete(true).await,
        ] {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::File);
        }
        let local = Folder::new("empty-namespace");
        local.write("stays.txt", "stays");
        let down = client.files().sync_down("no.such", local.path()).delete(true);
        refused(down.await, "the namespace no.such has no files");
        assert_eq!(local.names(), ["stays.txt"]);
        assert!(client.flows().get_flow(NAMESPACE, "stays").await.is_ok(), "{dialect:?}");

        // Without deletions nothing is to be confirmed.
        client.files().sync_up(NAMESPACE, folder.path()).await.unwrap().check().unwrap();
        let confirmed = [
            client.flows().sync(folder.path()).delete_in(NAMESPACE).allow_empty(true).await,
            client.files().sync_up(NAMESPACE, folder.path()).delete(true).allow_empty(true).await,
            client.kv().sync(NAMESPACE, none()).delete(true).allow_empty(true).await,
            client.files().sync_down("no.such", local.path()).delete(true).allow_empty(true).await,
        ];
        for report in confirmed {
            assert_eq!(report.unwrap().count(SyncAction::Delete), 1, "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn a_backup_of_a_namespace_that_does_not_exist_overwrites_nothing() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        client.kv().set_key_value(NAMESPACE, "stays", 1).await.unwrap();
        let folder = Folder::new("backup-of-none");
        client.namespaces().backup(NAMESPACE, folder.path()).await.unwrap().check().unwrap();
        let kept = folder.read("keys.json");
        refused(client.namespaces().backup("company.taem", folder.path()).await, "company.taem has no flows");
        assert_eq!(folder.read("keys.json"), kept, "{dialect:?}");
        let backup = client.namespaces().backup("company.taem", folder.path()).allow_empty(true);
        backup.await.unwrap().check().unwrap();
        assert_eq!(folder.read("keys.json"), "[]");
    }
}

#[tokio::test]
async fn a_folder_with_an_earlier_backup_keeps_nothing_that_is_deleted_since() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        for id in ["stays", "goes"] {
            server.deploy(flow(id, "hi")).unwrap();
            upload(&client, &format!("/{id}.txt"), "text").await;
        }
        let folder = Folder::new("used-backup");
        folder.write("README.md", "not of the backup");
        let backup = || client.namespaces().backup(NAMESPACE, folder.path());
        backup().await.unwrap().check().unwrap();

        for (is_flow, path) in [(true, "flows/goes.yml"), (false, "files/goes.txt")] {
            if is_flow {
                client.flows().delete_flow(NAMESPACE, "goes").await.unwrap();
            } else {
                client.files().delete_file(NAMESPACE, "/goes.txt").await.unwrap();
            }
            server.deploy(flow("new", "hi")).unwrap();
            let error = backup().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{dialect:?}: {error}");
            let text = error.to_string();
            assert!(text.contains(&folder.path().join(path).display().to_string()), "{text}");
            assert!(text.contains("`.delete(true)`"), "{text}");
            assert!(!folder.path().join("flows/new.yml").exists(), "nothing is written before");

            let plan = backup().delete(true).dry_run(true).await.unwrap();
            assert_eq!(plan.count(SyncAction::Delete), 1, "{plan}");
            assert!(folder.path().join(path).exists());
            backup().delete(true).await.unwrap().check().unwrap();
            assert!(!folder.path().join(path).exists() && folder.path().join("flows/new.yml").exists());
            backup().await.unwrap().check().unwrap();
            client.flows().delete_flow(NAMESPACE, "new").await.unwrap();
            std::fs::remove_file(folder.path().join("flows/new.yml")).unwrap();
        }
        assert_eq!(folder.read("README.md"), "not of the backup");
        assert_eq!(folder.read("files/stays.txt"), "text");

        client.files().delete_file(NAMESPACE, "/stays.txt").await.unwrap();
        backup().delete(true).await.unwrap().check().unwrap();
        assert!(!folder.path().join("files/stays.txt").exists());
    }
}

#[tokio::test]
async fn a_key_with_two_values_is_refused() {
    let (_server, client) = server(Dialect::V2_0).await;
    let sync = client.kv().sync(NAMESPACE, [("once", 1), ("twice", 1), ("twice", 2)]);
    let error = sync.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert_eq!(
        error.to_string(),
        "sync: invalid argument: values: the key `twice` comes twice: keep one of its values"
    );
    assert!(client.kv().keys(NAMESPACE).await.unwrap().is_empty());

    let folder = Folder::new("key-twice");
    folder.write("keys.json", r#"[{"key": "twice", "value": 1}, {"key": "twice", "value": 2}]"#);
    let error = client.namespaces().restore(NAMESPACE, folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("keys.json has the key `twice` twice"), "{error}");
    assert!(client.kv().keys(NAMESPACE).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_named_and_keeps_everything() {
    for dialect in Dialect::ALL {
        for status in [404, 422] {
            let (server, client) = server(dialect).await;
            upload(&client, "/scripts/main.py", "print()").await;
            let folder = Folder::new("unlisted");
            for path in ["scripts/main.py", "scripts/other.py", "gone.py"] {
                folder.write(path, "print()");
            }
            let second = || {
                let fault = Fault::status(status).on("GET", DIRECTORY).skip(1).times(1);
                server.fail(fault.body(json!({"message": "Not Found"}).to_string()));
            };
            second();
            let report = client.files().sync_down(NAMESPACE, folder.path()).delete(true).await.unwrap();
            let text = report.check().unwrap_err().to_string();
            assert!(text.contains("; scripts: ") && text.contains("the folder can't be listed"), "{text}");
            assert_eq!(report.count(SyncAction::Delete), 0, "{report}");
            assert_eq!(report.count(SyncAction::Skipped), 3, "{report}");
            assert_eq!(folder.read("scripts/main.py"), "print()");

            upload(&client, "/old.py", "print()").await;
            second();
            let report = client.files().sync_up(NAMESPACE, folder.path()).delete(true).await.unwrap();
            assert_eq!(report.failed().count(), 1, "{report}");
            assert_eq!(report.count(SyncAction::Delete), 0, "{dialect:?}: {report}");
            assert!(client.files().get_file_content(NAMESPACE, "/old.py").await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_folder_whose_name_the_server_misreads_fails_alone() {
    let (server, client) = server(Dialect::V1_0).await;
    upload(&client, "/good.txt", "good").await;
    // As a newer server left it.
    let odd = json!([
        {"type": "Directory", "size": 0, "fileName": "a#b", "lastModifiedTime": 0, "creationTime": 0},
        {"type": "File", "size": 4, "fileName": "good.txt", "lastModifiedTime": 0, "creationTime": 0},
    ]);
    server.stub("GET", DIRECTORY).json(&odd).times(1);
    let folder = Folder::new("odd");
    let report = client.files().sync_down(NAMESPACE, folder.path()).await.unwrap();
    assert_eq!(folder.read("good.txt"), "good");
    let failed: Vec<&str> = report.failed().map(|entry| entry.name.as_str()).collect();
    assert_eq!(failed, ["a#b"], "{report}");
}

#[tokio::test]
async fn files_that_are_left_out_of_a_backup_are_said() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        upload(&client, "/..hidden.txt", "hidden").await;
        upload(&client, "/shown.txt", "shown").await;
        let folder = Folder::new("left-out");
        let report = client.namespaces().backup(NAMESPACE, folder.path()).await.unwrap();
        report.check().unwrap();
        let left_out = report.entries.iter().find(|entry| entry.name == "..hidden.txt").unwrap();
        assert_eq!(left_out.action, SyncAction::Skipped, "{dialect:?}");
        assert!(report.to_string().contains("begins with `..`"), "{report}");
    }
}

#[tokio::test]
async fn a_key_whose_value_is_null_is_set_once() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect).await;
        let sync = || client.kv().sync(NAMESPACE, [("nothing", Value::Null), ("one", json!(1))]);
        assert_eq!(sync().await.unwrap().count(SyncAction::Create), 2);
        assert_eq!(sync().await.unwrap().count(SyncAction::Unchanged), 2, "{dialect:?}");
    }
}

#[tokio::test]
async fn no_flow_is_missed_that_shifts_between_pages() {
    for dialect in Dialect::ALL {
        let (server, other) = server(dialect).await;
        for number in 0..505 {
            server.deploy(flow(&format!("flow-{number:03}"), "hi")).unwrap();
        }
        let is_second = |request: &http::Request<Body>| {
            request.uri().path().ends_with("/flows/search")
                && request.uri().query().is_some_and(|query| query.contains("page=2"))
        };
        let meanwhile = Meanwhile::new(is_second, move || {
            let other = other.clone();
            async move {
                for id in ["flow-000", "flow-001"] {
                    other.flows().delete_flow(NAMESPACE, id).await.unwrap();
                }
            }
        });
        let client = Client::builder().server(server.url()).layer(meanwhile).build().unwrap();
        let folder = Folder::new("shifted");
        client.namespaces().backup(NAMESPACE, folder.path()).await.unwrap().check().unwrap();
        for number in 2..505 {
            assert!(
                folder.path().join(format!("flows/flow-{number:03}.yml")).exists(),
                "{number} on {dialect:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_flow_that_is_deleted_meanwhile_is_created_again() {
    for dialect in Dialect::ALL {
        let (server, other) = server(dialect).await;
        let is_update = |request: &http::Request<Body>| request.method() == http::Method::PUT;
        let delete = move || {
            let other = other.clone();
            async move { other.flows().delete_flow(NAMESPACE, "hello").await.unwrap() }
        };
        for syncs in [true, false] {
            server.deploy(flow("hello", "one")).unwrap();
            let meanwhile = Meanwhile::new(is_update, delete.clone());
            let client = Client::builder().server(server.url()).layer(meanwhile).build().unwrap();
            if syncs {
                let report = client.flows().sync_sources([flow("hello", "two")]).await.unwrap();
                report.check().unwrap();
                assert_eq!(report.count(SyncAction::Create), 1, "{dialect:?}: {report}");
            } else {
                let (_, done) = client.flows().deploy(flow("hello", "three")).outcome().await.unwrap();
                assert_eq!(done, Deployed::Created);
            }
        }
        let stored = client_of(&server).flows().get_flow(NAMESPACE, "hello").await.unwrap();
        assert!(stored.source.contains("three"));
    }
}

fn client_of(server: &kestra_testkit::TestServer) -> Client {
    Client::builder().server(server.url()).build().unwrap()
}
