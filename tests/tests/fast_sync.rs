//! Syncs take few rounds of requests, and an interrupted one that is run again does what is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kestra::models::KvValue;
use kestra::{Body, Client, Filter, SyncAction, SyncReport, Transport};
use kestra_testkit::{Dialect, TestServer};
use on_server::{Folder, NAMESPACE, flow};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

/// How long each request takes, on the clock of the test.
const LATENCY: Duration = Duration::from_millis(50);

type Sent = (Request<Body>, mpsc::Sender<Response<Bytes>>);

/// A server on a thread of its own. The clock of the test stands still while it works, so that only latency counts.
struct DistantServer {
    client: Client,
    requests: Arc<AtomicUsize>,
}

impl DistantServer {
    fn start(dialect: Dialect) -> Self {
        let (sender, receiver) = mpsc::channel::<Sent>();
        let (url_sender, url) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = TestServer::builder().dialect(dialect).start().await.unwrap();
                url_sender.send(server.url().to_owned()).unwrap();
                let transport = Transport::builder().build().unwrap();
                while let Ok((request, answer)) = receiver.recv() {
                    let (head, body) = transport.clone().oneshot(request).await.unwrap().into_parts();
                    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
                    answer.send(Response::from_parts(head, body)).unwrap();
                }
            });
        });
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        let transport = service_fn(move |request: Request<Body>| {
            counted.fetch_add(1, Ordering::Relaxed);
            let sender = sender.clone();
            async move {
                tokio::time::sleep(LATENCY).await;
                let (answer, response) = mpsc::channel();
                sender.send((request, answer)).unwrap();
                Ok::<_, Infallible>(response.recv().unwrap().map(Body::from))
            }
        });
        let client = Client::builder().server(url.recv().unwrap()).tenant("main").transport(transport);
        Self { client: client.build().unwrap(), requests }
    }

    /// Runs a sync; returns its report and how many rounds of requests it took.
    async fn rounds<F: IntoFuture<Output = Result<SyncReport, kestra::Error>>>(
        &self,
        sync: F,
    ) -> (SyncReport, u128) {
        let start = Instant::now();
        let report = sync.await.unwrap();
        report.check().unwrap();
        (report, start.elapsed().as_millis() / LATENCY.as_millis())
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_flows_take_few_rounds() {
    for dialect in Dialect::ALL {
        let server = DistantServer::start(dialect);
        let flows = server.client.flows();
        let sources =
            |message: &str| -> Vec<String> { (0..200).map(|at| flow(&format!("f{at}"), message)).collect() };
        // The version is known from here on.
        server.client.check().await.unwrap();

        let (report, rounds) = server.rounds(flows.sync_sources(sources("one"))).await;
        assert_eq!(report.count(SyncAction::Create), 200);
        assert!(rounds <= 28, "{dialect:?}: {rounds} rounds to create");

        let before = server.requests.load(Ordering::Relaxed);
        let (report, rounds) = server.rounds(flows.sync_sources(sources("one")).dry_run(true)).await;
        assert_eq!(report.count(SyncAction::Unchanged), 200);
        let requests = server.requests.load(Ordering::Relaxed) - before;
        assert!(requests <= 5 && rounds <= 5, "{dialect:?}: {requests} requests, {rounds} rounds to plan");

        let (report, rounds) = server.rounds(flows.sync_sources(sources("two"))).await;
        assert_eq!(report.count(SyncAction::Update), 200);
        assert!(rounds <= 28, "{dialect:?}: {rounds} rounds to update");

        let (report, rounds) = server.rounds(flows.sync_sources([flow("f0", "two")]).delete(true)).await;
        assert_eq!((report.count(SyncAction::Delete), report.count(SyncAction::Unchanged)), (199, 1));
        assert!(rounds <= 28, "{dialect:?}: {rounds} rounds to delete");

        // One at a time takes as many rounds as requests.
        let before = server.requests.load(Ordering::Relaxed);
        let (_, rounds) = server.rounds(flows.sync_sources(sources("three")).concurrency(1)).await;
        let requests = server.requests.load(Ordering::Relaxed) - before;
        assert_eq!(rounds, requests as u128, "{dialect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_files_take_few_rounds() {
    for dialect in Dialect::ALL {
        let server = DistantServer::start(dialect);
        let files = server.client.files();
        let folder = Folder::new("many");
        for at in 0..200 {
            folder.write(&format!("folder{}/deep/file{at}.txt", at % 20), format!("{at:03}"));
        }
        server.client.check().await.unwrap();
        let (report, rounds) = server.rounds(files.sync_up(NAMESPACE, folder.path())).await;
        assert_eq!(report.count(SyncAction::Create), 200);
        assert!(rounds <= 28, "{dialect:?}: {rounds} rounds to upload");
        let (report, rounds) = server.rounds(files.sync_up(NAMESPACE, folder.path()).dry_run(true)).await;
        assert_eq!(report.count(SyncAction::Unchanged), 200);
        assert!(rounds <= 20, "{dialect:?}: {rounds} rounds to compare");
        let copy = Folder::new("many-down");
        let (report, rounds) = server.rounds(files.sync_down(NAMESPACE, copy.path())).await;
        assert_eq!(report.count(SyncAction::Create), 200);
        assert!(rounds <= 20, "{dialect:?}: {rounds} rounds to download");
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_keys_take_few_rounds() {
    for dialect in Dialect::ALL {
        let server = DistantServer::start(dialect);
        let keys = |value: i64| (0..200).map(move |at| (format!("key{at}"), value));
        server.client.check().await.unwrap();
        let kv = server.client.kv();
        for (value, action, most) in
            [(1, SyncAction::Create, 20), (1, SyncAction::Unchanged, 20), (2, SyncAction::Update, 32)]
        {
            let (report, rounds) = server.rounds(kv.sync(NAMESPACE, keys(value))).await;
            assert_eq!(report.count(action), 200, "{dialect:?}");
            assert!(rounds <= most, "{dialect:?}: {rounds} rounds for {action:?}");
        }
    }
}

/// A client whose next sync is dropped at its nth request, before it is sent or after its response came.
fn interrupted(server: &TestServer, at: usize, is_after: bool) -> (Client, oneshot::Receiver<()>) {
    let (sender, reached) = oneshot::channel();
    let (count, sender) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Some(sender))));
    let layer = layer_fn(move |inner: kestra::CallService| {
        let (count, sender) = (count.clone(), sender.clone());
        service_fn(move |request: Request<Body>| {
            let (inner, sender) = (inner.clone(), sender.clone());
            let is_it = count.fetch_add(1, Ordering::Relaxed) == at;
            async move {
                if is_it && !is_after {
                    sender.lock().unwrap().take().unwrap().send(()).ok();
                    std::future::pending::<()>().await;
                }
                let response = inner.oneshot(request).await;
                if is_it {
                    sender.lock().unwrap().take().unwrap().send(()).ok();
                    std::future::pending::<()>().await;
                }
                response
            }
        })
    });
    let client = Client::builder().server(server.url()).tenant("main").attempt_layer(layer).build().unwrap();
    (client, reached)
}

#[tokio::test]
async fn an_interrupted_sync_converges_when_it_is_run_again() {
    for dialect in Dialect::ALL {
        for is_after in [false, true] {
            for at in 0.. {
                let server = TestServer::builder().dialect(dialect).start().await.unwrap();
                let plain = Client::builder().server(server.url()).tenant("main").build().unwrap();
                let folder = Folder::new("converges");
                for (name, text) in [("a.txt", "a"), ("deep/b.txt", "b"), ("c.txt", "new")] {
                    folder.write(name, text);
                }
                for (path, text) in [("/c.txt", "old"), ("/gone.txt", "gone"), ("/deep/gone.txt", "gone")] {
                    let part = kestra::FilePart::bytes("file", text);
                    plain.files().create_namespace_file(NAMESPACE, path, part).await.unwrap();
                }
                for id in ["same", "changed", "gone"] {
                    server.deploy(flow(id, "one")).unwrap();
                }
                for key in ["same", "changed", "gone"] {
                    plain.kv().set_key_value(NAMESPACE, key, "one").await.unwrap();
                }
                let sources = [flow("new", "one"), flow("same", "one"), flow("changed", "two")];
                let keys = [("new", "one"), ("same", "one"), ("changed", "two")];
                let sync = async |client: Client| {
                    client.flows().sync_sources(sources.clone()).delete(true).await.unwrap().check().unwrap();
                    let files = client.files().sync_up(NAMESPACE, folder.path()).delete(true);
                    files.await.unwrap().check().unwrap();
                    client.kv().sync(NAMESPACE, keys).delete(true).await.unwrap().check().unwrap();
                };
                let (client, reached) = interrupted(&server, at, is_after);
                let was_interrupted = tokio::select! {
                    () = sync(client) => false,
                    _ = reached => true,
                };
                sync(plain.clone()).await;

                let filter = Filter::namespace().equals(NAMESPACE);
                let flows = plain.flows().search_flows().filter(filter).items().collect().await.unwrap();
                let mut flows: Vec<_> =
                    flows.into_iter().map(|flow| (flow.id, flow.revision.unwrap())).collect();
                flows.sort();
                let expected =
                    [("changed", 2), ("new", 1), ("same", 1)].map(|(id, revision)| (id.to_owned(), revision));
                assert_eq!(flows, expected, "{dialect:?} {is_after} {at}");
                let mut files = plain.files().search_namespace_files(NAMESPACE, "").await.unwrap();
                files.sort();
                assert_eq!(files, ["/a.txt", "/c.txt", "/deep/b.txt"], "{dialect:?} {is_after} {at}");
                let content =
                    plain.files().get_file_content(NAMESPACE, "/c.txt").await.unwrap().bytes().await.unwrap();
                assert_eq!(content, "new");
                let mut known: Vec<_> =
                    plain.kv().keys(NAMESPACE).await.unwrap().into_iter().map(|key| key.key).collect();
                known.sort();
                assert_eq!(known, ["changed", "new", "same"], "{dialect:?} {is_after} {at}");
                let changed = plain.kv().get_key_value(NAMESPACE, "changed").await.unwrap().typed();
                assert_eq!(changed, Some(KvValue::from("two")));
                if !was_interrupted {
                    assert!(at > 15, "{dialect:?}: only {at} requests");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn one_who_loses_a_race_updates_the_flow() {
    for dialect in Dialect::ALL {
        for theirs in ["theirs", "ours"] {
            let server = TestServer::builder().dialect(dialect).start().await.unwrap();
            let server = Arc::new(server);
            let other = server.clone();
            // Somebody else creates the flow right before this client does.
            let layer = layer_fn(move |inner: kestra::CallService| {
                let other = other.clone();
                service_fn(move |request: Request<Body>| {
                    let is_creation = request.method() == "POST" && request.uri().path().ends_with("/flows");
                    if is_creation {
                        other.deploy(flow("raced", theirs)).unwrap();
                    }
                    inner.clone().oneshot(request)
                })
            });
            let client =
                Client::builder().server(server.url()).tenant("main").attempt_layer(layer).build().unwrap();
            let (action, revision) =
                if theirs == "ours" { (SyncAction::Unchanged, 1) } else { (SyncAction::Update, 2) };
            let report = client.flows().sync_sources([flow("raced", "ours")]).await.unwrap();
            report.check().unwrap();
            assert_eq!((report.entries[0].action, report.entries[0].revision), (action, Some(revision)));
            let flow = client.flows().get_flow(NAMESPACE, "raced").await.unwrap();
            assert!(flow.source.contains("ours"));
        }
    }
}

#[tokio::test]
async fn flows_move_to_other_namespaces() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
        let source = |namespace: &str| flow("a", "one").replace(NAMESPACE, namespace);
        let sources = [
            source("dev"),
            source("dev.team"),
            source("dev.team.x"),
            source("devil"),
            source("'dev.y' # here"),
        ];
        let sync = client.flows().sync_sources(sources.clone());
        let sync = sync.map_namespace("dev", "prod").map_namespace("dev.team", "team");
        let report = sync.await.unwrap();
        report.check().unwrap();
        let names: Vec<_> = report.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["prod.a", "team.a", "team.x.a", "devil.a", "prod.y.a"], "{dialect:?}");

        let report = client.flows().sync_sources(sources).namespace("one").await.unwrap();
        assert_eq!(report.failed().count(), 4, "five flows would be one");
        assert_eq!(report.count(SyncAction::Create) + report.count(SyncAction::Skipped), 1);
        assert!(!report.applied);
        assert_eq!(report.count(SyncAction::Create), 0, "nothing was created: {report}");
    }
}

#[tokio::test]
async fn a_plan_shows_what_changes_and_progress_is_told() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
        for id in ["a", "b", "c"] {
            server.deploy(flow(id, "one")).unwrap();
            server.deploy(flow(id, "one").replace(NAMESPACE, "company.team.below")).unwrap();
            server.deploy(flow(id, "one").replace(NAMESPACE, "company.teams")).unwrap();
        }
        let sources = || [flow("a", "two"), flow("b", "one")];
        let plan =
            client.flows().sync_sources(sources()).delete_below(NAMESPACE).dry_run(true).await.unwrap();
        let diff = plan.entries[0].diff.as_deref().unwrap();
        assert!(diff.contains("\n-    message: one\n+    message: two\n"), "{diff}");
        assert!(plan.to_json().contains("\"diff\""));
        let printed = format!("{plan:#}");
        assert!(printed.contains("update    flow company.team.a\n--- server\n"), "{printed}");
        assert!(printed.ends_with("5 to change, 0 failed, 1 unchanged"), "{printed}");
        assert!(!plan.to_string().contains("---"));

        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = seen.clone();
        let sync = client.flows().sync_sources(sources()).delete_below(NAMESPACE);
        sync.on_progress(move |progress| told.lock().unwrap().push((progress.done, progress.total)))
            .await
            .unwrap()
            .check()
            .unwrap();
        assert_eq!(*seen.lock().unwrap(), [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
        let rest = client.flows().search_flows().items().collect().await.unwrap();
        assert_eq!(rest.len(), 2 + 3, "`company.teams` is not below");

        let error = client.flows().sync_sources(sources()).concurrency(0).await.unwrap_err();
        assert_eq!(error.kind(), kestra::ErrorKind::Build);
    }
}

#[tokio::test]
async fn keys_become_those_of_a_map() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
        let kv = client.kv();
        kv.set_key_value(NAMESPACE, "ttl", "old").ttl(Duration::from_secs(3600)).await.unwrap();
        kv.set_key_value(NAMESPACE, "number", 1).await.unwrap();
        kv.set_key_value(NAMESPACE, "kept", true).await.unwrap();
        let values = serde_json::json!({"ttl": "new", "number": "1", "object": {"a": [1, null]}});
        let values = values.as_object().unwrap().clone();
        let plan = kv.sync(NAMESPACE, values.clone()).delete(true).dry_run(true).await.unwrap();
        assert_eq!(plan.count(SyncAction::Update), 2, "a string is no number: {plan}");
        assert_eq!((plan.count(SyncAction::Create), plan.count(SyncAction::Delete)), (1, 1));
        assert!(!plan.to_json().contains("new"), "values are not reported");
        kv.sync(NAMESPACE, values.clone()).await.unwrap().check().unwrap();
        let entries = kv.keys(NAMESPACE).await.unwrap();
        assert_eq!(entries.len(), 4, "nothing is deleted unasked");
        let ttl = entries.iter().find(|entry| entry.key == "ttl").unwrap();
        assert!(ttl.expiration_date.is_some(), "a replaced value keeps its expiration");
        let again = kv.sync(NAMESPACE, values).delete(true).await.unwrap();
        assert_eq!((again.count(SyncAction::Unchanged), again.count(SyncAction::Delete)), (3, 1), "{again}");
    }
}

#[tokio::test]
async fn a_namespace_is_backed_up_and_restored_elsewhere() {
    for (from, to) in
        [(Dialect::V1_0, Dialect::V2_0), (Dialect::V1_3, Dialect::V1_0), (Dialect::V2_0, Dialect::V1_3)]
    {
        let server = async |dialect| {
            let server = TestServer::builder().dialect(dialect).start().await.unwrap();
            let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
            (server, client)
        };
        let ((old_server, old), (_new_server, new)) = (server(from).await, server(to).await);
        for id in ["a", "b", "c", "d"] {
            old_server.deploy(format!("# {id}\n{}", flow(id, "one"))).unwrap();
        }
        let part = kestra::FilePart::bytes("file", vec![0, 159, 146, 150]);
        old.files().create_namespace_file(NAMESPACE, "/deep/a.bin", part).await.unwrap();
        let kv = old.kv();
        kv.set_key_value(NAMESPACE, "text", "2026-01-02").await.unwrap();
        kv.set_key_value(NAMESPACE, "date", "2026-01-02".parse::<kestra::jiff::civil::Date>().unwrap())
            .await
            .unwrap();
        kv.set_key_value(NAMESPACE, "large", u128::MAX).await.unwrap();
        kv.set_key_value(NAMESPACE, "ttl", serde_json::json!({"a": 1}))
            .ttl(Duration::from_secs(3600))
            .await
            .unwrap();

        let folder = Folder::new("backup");
        let plan = old.namespaces().backup(NAMESPACE, folder.path()).dry_run(true).await.unwrap();
        assert_eq!(plan.count(SyncAction::Create), 9, "{plan}");
        assert!(!folder.path().join("flows").exists());
        old.namespaces().backup(NAMESPACE, folder.path()).await.unwrap().check().unwrap();
        let again = old.namespaces().backup(NAMESPACE, folder.path()).await.unwrap();
        assert_eq!(again.count(SyncAction::Unchanged), 9, "{again}");
        assert!(folder.read("flows/a.yml").starts_with("# a\n"), "comments are kept");

        let report = new.namespaces().restore("company.other", folder.path()).await.unwrap();
        report.check().unwrap();
        assert_eq!(report.count(SyncAction::Create), 9, "{report}");
        let restored = new.flows().get_flow("company.other", "a").await.unwrap();
        let expected = folder.read("flows/a.yml").replace(NAMESPACE, "company.other");
        assert_eq!(restored.source, expected);
        let file = new
            .files()
            .get_file_content("company.other", "/deep/a.bin")
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        assert_eq!(file, [0, 159, 146, 150].as_slice());
        for key in ["text", "date", "large", "ttl"] {
            let value =
                async |kv: kestra::Kv, namespace| kv.get_key_value(namespace, key).await.unwrap().typed();
            assert_eq!(value(new.kv(), "company.other").await, value(old.kv(), NAMESPACE).await, "{key}");
        }
        let keys = new.kv().keys("company.other").await.unwrap();
        assert_eq!(keys.iter().filter(|key| key.expiration_date.is_some()).count(), 1);

        std::fs::remove_file(folder.path().join("flows/b.yml")).unwrap();
        let report = new.namespaces().restore("company.other", folder.path()).delete(true).await.unwrap();
        assert_eq!(
            (report.count(SyncAction::Delete), report.count(SyncAction::Unchanged)),
            (1, 8),
            "{report}"
        );
    }
}

#[tokio::test]
async fn new_folders_are_created_before_their_files() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
        let files = client.files();
        let upload = |at: usize| {
            let part = kestra::FilePart::bytes("file", "content");
            files.create_namespace_file(NAMESPACE, format!("/raced/{at}.txt"), part).into_future()
        };
        let outcomes = futures_util::future::join_all((0..16).map(upload)).await;
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!(
            failed > 0,
            dialect != Dialect::V1_0,
            "{dialect:?}: uploads at once fail as on the servers"
        );

        let folder = Folder::new("new-folders");
        for at in 0..64 {
            folder.write(&format!("new/deep{}/{at}.txt", at % 2), "content");
        }
        let report = files.sync_up("company.other", folder.path()).await.unwrap();
        report.check().unwrap();
        assert_eq!(report.count(SyncAction::Create), 64);
    }
}
