//! A future that is dropped leaves nothing behind, at whichever poll: no socket, no task, no memory, and nothing that is started twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use kestra::layers::{ConnectRequest, ConnectService, ConnectedStream};
use kestra::{Body, BoxError, Client, Error, FilePart, Filter, Transport};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use on_server::{Folder, NAMESPACE, eventually, flow};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Handle, Runtime};
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

/// More than any call takes.
const MOST_POLLS: usize = 500;

type Done = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// The flow that typed calls run.
#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "hello")]
struct Hello {}

const SCHEDULE: &str = "{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 * * *'}";

/// What is dropped, and how it is called. The string is the label of an execution, if it starts one.
type Case = (&'static str, fn(Client, Files, String) -> Done);

const CASES: &[Case] = &[
    ("get_flow", |client, _, _| {
        Box::pin(async move { client.flows().get_flow(NAMESPACE, "hello").await.map(drop) })
    }),
    ("search", |client, _, _| Box::pin(async move { client.flows().search_flows().await.map(drop) })),
    ("check", |client, _, _| Box::pin(async move { client.check().await.map(drop) })),
    ("create_execution", |client, _, label| {
        Box::pin(async move {
            client.executions().create_execution(NAMESPACE, "hello").label("call", label).await.map(drop)
        })
    }),
    ("create_execution with a key", |client, _, label| {
        Box::pin(async move {
            let create = client.executions().create_execution(NAMESPACE, "hello").label("call", &label);
            create.idempotency_key(label).await.map(drop)
        })
    }),
    ("start", |client, _, label| {
        Box::pin(
            async move { client.executions().start(NAMESPACE, "hello").label("call", label).await.map(drop) },
        )
    }),
    ("run", |client, _, label| {
        Box::pin(
            async move { client.executions().run(NAMESPACE, "hello").label("call", label).await.map(drop) },
        )
    }),
    ("start and wait", |client, _, label| {
        Box::pin(async move {
            let started = client.executions().start(NAMESPACE, "hello").label("call", label).await?;
            client.executions().wait(started.id()).await.map(drop)
        })
    }),
    ("start and follow", |client, _, label| {
        Box::pin(async move {
            let started = client.executions().start(NAMESPACE, "hello").label("call", label).await?;
            let mut states = client.executions().follow_execution(started.id()).stream();
            while let Some(state) = states.next().await {
                state?;
            }
            Ok(())
        })
    }),
    ("follow_logs", |client, _, label| {
        Box::pin(async move {
            let started = client.executions().start(NAMESPACE, "hello").label("call", label).await?;
            let mut lines = client.logs().follow_logs_from_execution(started.id()).stream();
            while let Some(line) = lines.next().await {
                line?;
            }
            Ok(())
        })
    }),
    ("tail of logs", |client, _, label| {
        Box::pin(async move {
            let started = client.executions().start(NAMESPACE, "hello").label("call", label).await?;
            let tail = client.logs().tail().namespace(NAMESPACE).poll_interval(Duration::from_millis(5));
            let mut lines = tail.since(started.execution.state.clone().unwrap().start_date.unwrap()).stream();
            // It has no end.
            lines.next().await.map_or(Ok(()), |line| line.map(drop))
        })
    }),
    ("start and add_labels", |client, _, label| {
        Box::pin(async move {
            let started = client.executions().start(NAMESPACE, "hello").label("call", label).await?;
            client.executions().wait(started.id()).await?;
            client.executions().add_labels(started.id(), [("more", "yes")]).await.map(drop)
        })
    }),
    ("resolve", |client, _, label| {
        Box::pin(async move { client.executions().resolve(label).await.map(drop) })
    }),
    ("request", |client, _, _| {
        Box::pin(async move {
            let request = http::Request::get("/api/v1/main/flows/search").body(Body::empty()).unwrap();
            client.request(request).await?.into_body().bytes().await.map(drop)
        })
    }),
    ("items", |client, _, _| {
        Box::pin(async move { client.flows().search_flows().items().collect().await.map(drop) })
    }),
    ("keys and values", |client, _, label| {
        Box::pin(async move {
            client.kv().replace_value(NAMESPACE, &label, 1).await?;
            client.kv().keys(NAMESPACE).await?;
            client.kv().value_as::<i32>(NAMESPACE, &label).await.map(drop)
        })
    }),
    ("sync of keys", |client, _, label| {
        Box::pin(async move { client.kv().sync(NAMESPACE, [(label, 1)]).await.map(drop) })
    }),
    ("outcome of a deployment", |client, _, label| {
        Box::pin(async move { client.flows().deploy(flow("outcome", &label)).outcome().await.map(drop) })
    }),
    ("bytes of a download", |client, _, _| {
        Box::pin(async move {
            let download = client.files().get_file_content(NAMESPACE, "/large.bin").await?;
            download.bytes().await.map(drop)
        })
    }),
    ("lines of a download", |client, _, _| {
        Box::pin(async move {
            let mut lines = client.files().get_file_content(NAMESPACE, "/lines.txt").await?.lines();
            while let Some(line) = lines.next().await {
                line?;
            }
            Ok(())
        })
    }),
    ("deploy", |client, _, label| {
        Box::pin(async move { client.flows().deploy(flow("deployed", &label)).await.map(drop) })
    }),
    ("sync of flows", |client, _, label| {
        Box::pin(async move { client.flows().sync_sources([flow("synced", &label)]).await.map(drop) })
    }),
    ("sync of files", |client, files, _| {
        Box::pin(async move { client.files().sync_up(NAMESPACE, files.folder.path()).await.map(drop) })
    }),
    ("upload", |client, _, label| {
        Box::pin(async move {
            let part = FilePart::bytes("data.bin", vec![0; 300_000]);
            client.files().create_namespace_file(NAMESPACE, format!("/{label}.bin"), part).await.map(drop)
        })
    }),
    ("download", |client, files, _| {
        Box::pin(async move {
            let download = client.files().get_file_content(NAMESPACE, "/large.bin").await?;
            download.to_file(files.target.path().join("large.bin")).await.map(drop)
        })
    }),
    ("typed run", |client, _, label| {
        Box::pin(async move { client.run(Hello {}).label("call", label).await.map(drop) })
    }),
    ("typed start and wait", |client, _, label| {
        Box::pin(async move {
            let started = client.start(Hello {}).label("call", label).await?;
            client.verify::<Hello>().await?;
            started.wait().await.map(drop)
        })
    }),
    ("file of an execution", |client, _, _| {
        Box::pin(async move {
            let uri = "kestra:///company/team/hello/executions/4xYkRyHSfWhzTRKWTMTeML/a.csv";
            match client.executions().download(uri).await {
                Err(error) if error.is_not_found() => Ok(()),
                result => result.map(drop),
            }
        })
    }),
    ("outputs of a task run", |client, _, label| {
        Box::pin(async move {
            let finished = client.executions().run(NAMESPACE, "hello").label("call", label).await?;
            let run = finished.execution.task_run_list.iter().flatten().next().unwrap();
            match client.outputs().of_task_run(finished.id(), &run.id).await {
                // Its task has none.
                Err(error) if error.is_not_found() => Ok(()),
                result => result.map(drop),
            }
        })
    }),
    ("bulk by ids", |client, _, _| {
        Box::pin(async move {
            let ids = client
                .executions()
                .search_executions()
                .filter(Filter::namespace().equals("company.none"))
                .ids()
                .await?;
            client.executions().delete_executions_by_ids(ids).await.map(drop)
        })
    }),
    ("dry run", |client, _, _| {
        Box::pin(async move {
            let query =
                client.executions().kill_executions_by_query().filter(Filter::namespace().equals(NAMESPACE));
            query.dry_run().await.map(drop)
        })
    }),
    ("switch of a trigger", |client, _, _| {
        Box::pin(async move {
            client.triggers().enable(NAMESPACE, "timed", "daily").await?;
            client.triggers().disable(NAMESPACE, "timed", "daily").await.map(drop)
        })
    }),
    ("backfill", |client, _, _| {
        Box::pin(async move {
            let backfill = client.triggers().backfill(NAMESPACE, "timed", "daily");
            if backfill.state().await?.is_some_and(|state| state.backfill.is_some()) {
                // Of a call that was dropped.
                let _ = backfill.cancel().await;
            }
            backfill.start(jiff::Timestamp::now() - Duration::from_hours(50)).await.map(drop)
        })
    }),
    ("pause of a backfill", |client, _, _| {
        Box::pin(async move {
            let backfill = client.triggers().backfill(NAMESPACE, "timed", "daily");
            // Each fails if the backfill has ended already.
            let _ = backfill.pause().await;
            let _ = backfill.resume().await;
            let _ = backfill.cancel().await;
            backfill.watch().await.map(drop)
        })
    }),
    ("backup", |client, files, _| {
        Box::pin(async move {
            client.namespaces().backup(NAMESPACE, files.backup.path()).delete(true).await.map(drop)
        })
    }),
    ("restore", |client, files, _| {
        Box::pin(
            async move { client.namespaces().restore("company.copy", files.backup.path()).await.map(drop) },
        )
    }),
];

/// Folders of the calls that need one.
#[derive(Clone)]
struct Files {
    folder: Arc<Folder>,
    target: Arc<Folder>,
    backup: Arc<Folder>,
}

/// A connection that is counted while it is open.
struct Counted {
    stream: ConnectedStream,
    open: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A client whose open connections are counted.
fn client(url: &str, open: &Arc<AtomicUsize>) -> Client {
    let open = Arc::clone(open);
    let counting = layer_fn(move |tcp: ConnectService| {
        let open = Arc::clone(&open);
        service_fn(move |request: ConnectRequest| {
            let (tcp, open) = (tcp.clone(), Arc::clone(&open));
            async move {
                let stream = tcp.oneshot(request).await?;
                open.fetch_add(1, Ordering::SeqCst);
                Ok::<_, BoxError>(ConnectedStream::new(Counted { stream, open }))
            }
        })
    });
    // The task that closes idle connections sees that they are gone when it would have closed them.
    let transport = Transport::builder().no_proxy().pool_idle_timeout(Duration::from_millis(20));
    let transport = transport.connector_layer(counting).build().unwrap();
    Client::builder().server(url).transport(transport).build().unwrap()
}

/// Polls a future so many times, and drops it then. Returns the result if it ended before.
async fn drop_after(polls: usize, mut future: Done) -> Option<Result<(), Error>> {
    let mut polled = 0;
    poll_fn(move |cx| {
        polled += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if polled == polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The cases that give memory to threads for files, where it can't be counted.
const ON_OTHER_THREADS: &[&str] = &["sync of files", "download", "backup", "restore"];

/// How often each drop is repeated, and how many allocations may be new after all: fewer than one each time.
const REPETITIONS: usize = 12;
const TOLERATED: i64 = 8;

/// Counts the allocations of this thread that are left after drops at the same poll, which has been tried before.
fn count_memory(runtime: &Runtime, server: &TestServer, files: &Files) {
    for (name, call) in CASES.iter().filter(|(name, _)| !ON_OTHER_THREADS.contains(name)) {
        let open = Arc::new(AtomicUsize::new(0));
        let mut number = 0;
        let mut drop_once = |polls| {
            number += 1;
            let label = format!("{}-memory-{number}", name.replace(' ', "-"));
            runtime.block_on(async {
                let client = client(server.url(), &open);
                let result = drop_after(polls, call(client.clone(), files.clone(), label)).await;
                drop(client);
                gone(name, polls, &open).await;
                result.is_some()
            })
        };
        for polls in (0..).map(|exponent| 1 << exponent) {
            let mut has_ended = false;
            (0..3).for_each(|_| has_ended = drop_once(polls));
            let left = allocation_counter::measure(|| {
                for _ in 0..REPETITIONS {
                    has_ended |= drop_once(polls);
                }
            });
            assert!(left.count_current <= TOLERATED, "{name} after {polls} polls: {left:?}");
            if has_ended {
                break;
            }
        }
    }
}

/// Waits until all sockets are closed and all tasks have ended.
async fn gone(name: &str, polls: usize, open: &AtomicUsize) {
    eventually(&format!("the end of sockets and tasks of {name} after {polls} polls"), async || {
        let tasks = Handle::current().metrics().num_alive_tasks();
        (tasks == 0 && open.load(Ordering::SeqCst) == 0).then_some(())
    })
    .await;
    // The runtime frees what it knew of a socket when it looks at the others.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Drops each case at its first poll, at its second, and so on until it ends before that.
async fn drop_all(server: &TestServer, files: &Files, faults: Option<fn(usize) -> Fault>) {
    for (name, call) in CASES {
        let open = Arc::new(AtomicUsize::new(0));
        for polls in 1.. {
            assert!(polls < MOST_POLLS, "{name} does not end");
            if let Some(fault) = faults {
                server.heal();
                server.fail(fault(polls));
            }
            let client = client(server.url(), &open);
            let label = format!("{}-{polls}-{}", name.replace(' ', "-"), faults.is_some());
            let result = drop_after(polls, call(client.clone(), files.clone(), label)).await;
            drop(client);
            gone(name, polls, &open).await;
            if let Some(result) = result {
                // What became of a creation may be unclear when the response was lost.
                assert!(result.is_ok() || faults.is_some(), "{name}: {result:?}");
                break;
            }
        }
    }
}

/// A server on threads of its own, so that all tasks and allocations of the test's runtime are the client's.
fn setup() -> (Runtime, TestServer, Runtime, Files) {
    let elsewhere = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = elsewhere.block_on(TestServer::builder().dialect(Dialect::ALL[2]).start()).unwrap();
    server.deploy(flow("hello", "hi")).unwrap();
    server.deploy(format!("{}triggers:\n  - {SCHEDULE}\n", flow("timed", "hi"))).unwrap();
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    let files = Files {
        folder: Folder::new("cancel-up").into(),
        target: Folder::new("cancel-down").into(),
        backup: Folder::new("cancel-backup").into(),
    };
    files.folder.write("a.txt", "a");
    files.folder.write("deep/b.txt", "b");
    here.block_on(async {
        let setup = client(server.url(), &Arc::default());
        for (path, bytes) in
            [("/large.bin", vec![1; 300_000]), ("/lines.txt", b"one\ntwo\n".repeat(1000).to_vec())]
        {
            let part = FilePart::bytes(&path[1..], bytes);
            setup.files().create_namespace_file(NAMESPACE, path, part).await.unwrap();
        }
    });
    (elsewhere, server, here, files)
}

fn against_a_server(faults: Option<fn(usize) -> Fault>) {
    let (_elsewhere, server, here, files) = setup();
    here.block_on(drop_all(&server, &files, faults));
    assert!(files.target.names().iter().all(|name| name == "large.bin"), "{:?}", files.target.names());
    let mut started = BTreeMap::<_, usize>::new();
    for execution in server.executions_of(NAMESPACE, "hello") {
        let label = execution.labels.iter().find(|(key, _)| key == "call").map(|(_, call)| call.clone());
        *started.entry(label).or_default() += 1;
    }
    assert!(started.len() > 10 && started.values().all(|count| *count == 1), "{started:?}");
}

#[test]
fn a_dropped_future_leaves_no_socket_and_no_task_and_starts_nothing_twice() {
    against_a_server(None);
}

#[test]
fn nor_does_one_that_met_a_broken_connection() {
    // The response to one request is lost: to the first, the second, or the third.
    against_a_server(Some(|polls| Fault::cut(Cut::AfterProcessing).skip(polls % 3)));
}

#[test]
fn memory_does_not_grow_by_dropped_futures() {
    let (_elsewhere, server, here, files) = setup();
    count_memory(&here, &server, &files);
}

/// The builders of several calls and the async methods of the crate `kestra`, with the case that awaits each.
const AWAITED: &[(&str, &str)] = &[
    ("AddLabels", "start and add_labels"),
    ("Backup", "backup"),
    ("Deploy", "deploy"),
    ("DownloadFile", "file of an execution"),
    ("FileSync", "sync of files"),
    ("FlowSync", "sync of flows"),
    ("KvSync", "sync of keys"),
    ("Resolve", "resolve"),
    ("Restore", "restore"),
    ("Run", "run"),
    ("Start", "start"),
    ("StartBackfill", "backfill"),
    ("SwitchTrigger", "switch of a trigger"),
    ("TypedRun", "typed run"),
    ("TypedStart", "typed start and wait"),
    ("TypedWait", "typed start and wait"),
    ("Verify", "typed start and wait"),
    ("Wait", "start and wait"),
    ("WatchBackfill", "pause of a backfill"),
    ("cancel", "pause of a backfill"),
    ("check", "check"),
    ("keys", "keys and values"),
    ("of_task_run", "outputs of a task run"),
    ("outcome", "outcome of a deployment"),
    ("pause", "pause of a backfill"),
    ("replace_value", "keys and values"),
    ("request", "request"),
    ("resume", "pause of a backfill"),
    ("state", "backfill"),
    ("value_as", "keys and values"),
];

#[test]
fn every_builder_of_several_calls_and_every_async_method_is_among_the_cases() {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/kestra/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for line in fs::read_to_string(path).unwrap().lines() {
                let builder =
                    ["several_calls!(", "sync_settings!("].iter().find_map(|start| line.strip_prefix(start));
                // The bounds of a generic builder stand before its name.
                let builder = builder.map(|rest| rest.rsplit_once("] ").map_or(rest, |(_, name)| name));
                let builder = builder.filter(|rest| rest.starts_with(char::is_uppercase));
                let method = line.trim_start().strip_prefix("pub async fn ");
                let name = builder
                    .or(method)
                    .and_then(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
                found.extend(name.map(str::to_owned));
            }
        }
    }
    let awaited: BTreeSet<_> = AWAITED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, awaited);
    for (name, case) in AWAITED {
        assert!(CASES.iter().any(|(known, _)| known == case), "{name} names the case {case}");
    }
}
