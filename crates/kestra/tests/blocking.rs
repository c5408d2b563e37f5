//! Calls from threads that have no runtime.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{BufRead as _, Read as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::blocking::Client;
use kestra::{Error, ErrorKind, FilePart, Filter};
use kestra_testkit::{Cut, Dialect, Fault, Outcome, TestServer};

const NAMESPACE: &str = "company.team";
const FLOW: &str = "\
id: hello
namespace: company.team
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: [one, two, three]
";

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A server on threads of its own, and a blocking client.
struct Site {
    server: TestServer,
    client: Client,
    _threads: tokio::runtime::Runtime,
}

fn site(dialect: Dialect) -> Site {
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let start = TestServer::builder().dialect(dialect).pace(Duration::from_millis(5)).start();
    let server = threads.block_on(start).unwrap();
    server.deploy(FLOW).unwrap();
    let client = kestra::Client::builder().server(server.url()).build().unwrap();
    Site { server, client: Client::new(client).unwrap(), _threads: threads }
}

/// Ends when the runtime of the client does, as a task of it holds the sender.
fn end_of_thread(client: &Client) -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    let spawned = client.block_on(async move {
        drop(tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(sender);
        }));
        Ok::<_, Error>(())
    });
    spawned.unwrap();
    receiver
}

fn is_running(thread: &mpsc::Receiver<()>) -> bool {
    thread.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout)
}

#[test]
fn many_threads_call_at_once() {
    for dialect in Dialect::ALL {
        let Site { server, client, .. } = &site(dialect);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let finished = client.executions().run(NAMESPACE, "hello").call().unwrap();
                        assert!(finished.is_success());
                        let read = client.executions().get_execution(finished.id()).call().unwrap();
                        assert_eq!(read.id, finished.id());
                    }
                });
            }
        });
        assert_eq!(server.executions_of(NAMESPACE, "hello").len(), 40);
        assert!(client.check().unwrap().version_text.starts_with(char::is_numeric));
    }
}

#[test]
fn within_a_runtime_every_call_is_an_error_and_nothing_is_sent() {
    let Site { server, client, _threads: threads } = &site(Dialect::V2_0);
    let download = client.files();
    download.create_namespace_file(NAMESPACE, "/a.txt", FilePart::bytes("a.txt", "a")).call().unwrap();
    let download = client.files().get_file_content(NAMESPACE, "/a.txt").call().unwrap();
    server.clear_requests();
    let all = {
        let client = client.clone();
        move || {
            let delete =
                client.executions().delete_executions_by_query().filter(Filter::state().equals("FAILED"));
            let mut reader = client.reader(download);
            let read = reader.read(&mut [0; 8]).unwrap_err();
            let mut items = client.iter(client.flows().search_flows().items());
            let errors = [
                client.flows().search_flows().call().unwrap_err(),
                client.executions().run(NAMESPACE, "hello").call().unwrap_err(),
                client.executions().kill_executions_by_ids(["x"]).skipping_invalid().call().unwrap_err(),
                delete.dry_run().call().unwrap_err(),
                items.next().unwrap().unwrap_err(),
                client.check().unwrap_err(),
                client.block_on(async { Ok::<_, Error>(()) }).unwrap_err(),
                *read.into_inner().unwrap().downcast::<Error>().unwrap(),
            ];
            assert!(items.next().is_none());
            errors.map(|error| (error.kind(), error.to_string()))
        }
    };
    let errors = threads.block_on(async { tokio::task::spawn(async move { all() }).await.unwrap() });
    for (kind, text) in errors {
        assert!(kind == ErrorKind::Build && text.contains("await"), "{text}");
    }
    // Also where waiting would do no harm, since it can't be told apart.
    let other = client.clone();
    let blocking = tokio::runtime::Handle::clone(threads.handle()).spawn_blocking(move || other.check());
    assert_eq!(threads.block_on(blocking).unwrap().unwrap_err().kind(), ErrorKind::Build);
    assert!(server.requests().is_empty());

    // A callback runs on the thread of the client.
    let seen = Arc::new(Mutex::new(None));
    let (other, kept) = (client.clone(), Arc::clone(&seen));
    let run = client.executions().run(NAMESPACE, "hello").on_progress(move |_| {
        *kept.lock().unwrap() = other.flows().search_flows().call().err();
    });
    assert!(run.call().unwrap().is_success());
    assert_eq!(seen.lock().unwrap().take().unwrap().kind(), ErrorKind::Build);
}

#[test]
fn a_client_that_is_not_blocking_says_so() {
    let client = kestra::Client::builder().server("http://127.0.0.1:1").build().unwrap();
    let single = client.flows().search_flows().call().unwrap_err();
    let several = client.executions().run(NAMESPACE, "hello").call().unwrap_err();
    for error in [single, several] {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("kestra::blocking::Client::new"), "{error}");
    }
}

#[test]
fn the_thread_ends_with_the_last_clone() {
    let Site { client, _threads, server } = site(Dialect::V2_0);
    client.executions().run(NAMESPACE, "hello").call().unwrap();
    let thread = end_of_thread(&client);
    let clone = client.clone().with_options(kestra::CallOptions::new().tenant("main"));
    drop(client);
    let builder = clone.flows().search_flows();
    let mut items = clone.iter(clone.executions().search_executions().items());
    drop(clone);
    assert!(is_running(&thread));
    assert_eq!(builder.call().unwrap().total, Some(1));
    assert!(items.next().unwrap().is_ok());
    assert!(is_running(&thread), "an iterator holds it");
    drop(items);
    assert_eq!(thread.recv_timeout(LIMIT), Err(RecvTimeoutError::Disconnected));
    drop(server);
}

#[test]
fn the_thread_outlives_a_panic() {
    let Site { client, _threads, server } = &site(Dialect::V2_0);
    let run = client.executions().run(NAMESPACE, "hello").on_progress(|_| panic!("a callback that panics"));
    assert_eq!(run.call().unwrap_err().kind(), ErrorKind::Service);
    assert!(client.executions().run(NAMESPACE, "hello").call().unwrap().is_success());
    assert_eq!(server.executions_of(NAMESPACE, "hello").len(), 2);
}

#[test]
fn streams_are_iterators_that_may_end_early() {
    for dialect in Dialect::ALL {
        let Site { server, client, .. } = &site(dialect);
        let mut ids = Vec::new();
        for _ in 0..7 {
            ids.push(client.executions().run(NAMESPACE, "hello").call().unwrap().id().to_owned());
        }
        let search = || client.executions().search_executions().size(2);
        let found: Result<Vec<_>, _> =
            client.iter(search().items()).map(|row| row.map(|row| row.id)).collect();
        let mut found = found.unwrap();
        found.sort();
        ids.sort();
        assert_eq!(found, ids, "{dialect:?}");
        assert_eq!(client.block_on(search().ids()).unwrap().len(), 7);

        let lines: Result<Vec<_>, _> =
            client.iter(client.logs().follow_logs_from_execution(&ids[0]).stream()).collect();
        let lines: Vec<_> = lines.unwrap().into_iter().map(|line| line.message).collect();
        assert_eq!(lines, ["one", "two", "three"], "{dialect:?}");

        // A stream without an end: dropped, it closes its connection, and the client goes on.
        server.flow(NAMESPACE, "gate").on_run(|_| Outcome::paused());
        let id = client.executions().create_execution(NAMESPACE, "gate").call().unwrap().id;
        let mut states = client.iter(client.executions().follow_execution(&id).stream());
        assert_eq!(states.next().unwrap().unwrap().id, id);
        assert!(states.stream().is_some());
        drop(states);
        client.executions().resume_execution(&id).call().unwrap();
        client.executions().wait(&id).call().unwrap();
    }
}

kestra::flow_inputs! {
    /// The flow of [`FLOW`].
    flow Hello("company.team", "hello") -> ();
    new {}
    set {}
}

#[test]
fn flows_are_called_by_types() {
    let site = site(Dialect::V2_0);
    site.client.verify::<Hello>().call().unwrap();
    assert!(site.client.run(Hello::new()).call().unwrap().is_success());
    let started = site.client.start(Hello::new()).call().unwrap();
    assert_eq!(started.wait().call().unwrap().id(), started.id());
}

#[test]
fn files_are_readers() {
    for dialect in Dialect::ALL {
        let Site { server, client, .. } = &site(dialect);
        let content: Vec<u8> =
            (0..300_000_u32).flat_map(|number| format!("{number}\n").into_bytes()).collect();
        let files = client.files();
        let part = FilePart::reader("numbers.txt", std::io::Cursor::new(content.clone()));
        files.create_namespace_file(NAMESPACE, "/numbers.txt", part).call().unwrap();

        let mut read = Vec::new();
        let mut reader = client.reader(files.get_file_content(NAMESPACE, "/numbers.txt").call().unwrap());
        reader.read_to_end(&mut read).unwrap();
        assert!(read == content, "{dialect:?}: {} of {} bytes", read.len(), content.len());
        assert_eq!(reader.read(&mut [0; 8]).unwrap(), 0, "the end stays the end");
        let reader = client.reader(files.get_file_content(NAMESPACE, "/numbers.txt").call().unwrap());
        assert_eq!(reader.lines().nth(1000).unwrap().unwrap(), "1000");

        server.fail(Fault::cut(Cut::WithinBody).on_path("/api/v1/{tenant}/namespaces/{namespace}/files"));
        let broken = files.get_file_content(NAMESPACE, "/numbers.txt").call();
        let broken = broken.and_then(|download| {
            let read = client.reader(download).read_to_end(&mut Vec::new());
            read.map_err(|problem| *problem.into_inner().unwrap().downcast::<Error>().unwrap())
        });
        assert_eq!(broken.unwrap_err().kind(), ErrorKind::Transport);

        // A download is uploaded as the stream that it is: its reader would be read within the runtime.
        let download = files.get_file_content(NAMESPACE, "/numbers.txt").call().unwrap();
        let part = FilePart::stream("copy.txt", download);
        files.create_namespace_file(NAMESPACE, "/copy.txt", part).call().unwrap();
        let mut copy = Vec::new();
        let download = files.get_file_content(NAMESPACE, "/copy.txt").call().unwrap();
        client.reader(download).read_to_end(&mut copy).unwrap();
        assert!(copy == content, "{dialect:?}: {} of {} bytes", copy.len(), content.len());
        let download = files.get_file_content(NAMESPACE, "/numbers.txt").call().unwrap();
        let part = FilePart::reader("copy.txt", client.reader(download));
        let error = files.create_namespace_file(NAMESPACE, "/copy.txt", part).call().unwrap_err();
        assert!(format!("{error:#}").contains("a blocking call would stop"), "{error:#}");

        // What the reader fails with ends the upload.
        let failing = std::io::Cursor::new("begin").chain(Failing);
        let part = FilePart::reader("bad.txt", failing);
        let error = files.create_namespace_file(NAMESPACE, "/bad.txt", part).call().unwrap_err();
        assert!(format!("{error:#}").contains("the disk is gone"), "{error:#}");
    }
}

/// A reader that fails.
struct Failing;

impl std::io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the disk is gone"))
    }
}
