//! A creation with a key of the caller's own happens once; one with a file is sent again where it provably wasn't sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::operations::CreateExecution;
use kestra::{Client, ErrorKind, FilePart, RequestSent};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use on_server::{Folder, NAMESPACE, flow};
use tokio_util::io::ReaderStream;

const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";
const READS: &str = "id: reads\nnamespace: company.team\ninputs:\n  - id: report\n    type: FILE\n  - id: name\n    type: STRING\n    \
                     defaults: none\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

async fn server(dialect: Dialect) -> (TestServer, Client) {
    let (server, client) = on_server::server(dialect).await;
    server.deploy(flow("hello", "hi")).unwrap();
    server.deploy(READS).unwrap();
    (server, client)
}

fn count(server: &TestServer, flow: &str) -> usize {
    server.executions_of(NAMESPACE, flow).len()
}

fn creations(server: &TestServer) -> usize {
    server.requests().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_key_starts_one_execution_however_often_it_is_used() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let create = || client.executions().create_execution(NAMESPACE, "hello").idempotency_key("order-17");
        let first = create().await.unwrap();
        assert_eq!(first.labels.get("system.correlationId"), Some("order-17"));
        let again = create().label("team", "data").send().await.unwrap();
        assert_eq!((again.status().as_u16(), &again.body().id), (200, &first.id));
        let other =
            client.executions().create_execution(NAMESPACE, "hello").idempotency_key("order-18").await;
        assert!(other.unwrap().id != first.id);
        assert_eq!((count(&server, "hello"), creations(&server)), (2, 2));

        // What is older than is looked for is another order.
        server.age_executions(Duration::from_hours(10 * 24));
        assert!(create().key_look_back(Duration::from_hours(20 * 24)).await.unwrap().id == first.id);
        assert!(create().await.unwrap().id != first.id);
        assert_eq!(count(&server, "hello"), 3);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_and_a_request_that_is_lost_is_told() {
    for dialect in Dialect::ALL {
        for cut in [Cut::AfterProcessing, Cut::WithinBody] {
            let (server, client) = server(dialect).await;
            server.fail(Fault::cut(cut).on("POST", CREATE));
            let create = client.executions().create_execution(NAMESPACE, "hello").idempotency_key("k");
            let execution = create.await.unwrap();
            assert_eq!(execution.flow_id, "hello");
            assert_eq!((count(&server, "hello"), creations(&server)), (1, 1));
        }
        let (server, client) = server(dialect).await;
        server.fail(Fault::cut(Cut::AfterRead).on("POST", CREATE));
        let create = client.executions().create_execution(NAMESPACE, "hello").idempotency_key("k");
        let error = create.look_up_for(Duration::from_millis(100)).await.unwrap_err();
        assert_eq!((error.kind(), error.idempotency_key()), (ErrorKind::UnclearOutcome, Some("k")));

        // What the server refuses is clear, and has the key as well.
        let missing = client.executions().create_execution(NAMESPACE, "nothing").idempotency_key("k").await;
        let error = missing.unwrap_err();
        assert!(error.is_not_found() && error.idempotency_key() == Some("k"), "{error}");
        assert_eq!(count(&server, "hello"), 0);

        // Without a key it is never sent again.
        server.fail(Fault::cut(Cut::AfterProcessing).on("POST", CREATE));
        let error = client.executions().create_execution(NAMESPACE, "hello").await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Transport, RequestSent::Maybe));
        assert_eq!(count(&server, "hello"), 1);
    }
}

#[tokio::test]
async fn a_key_and_a_label_of_its_name_exclude_each_other() {
    let (server, client) = server(Dialect::ALL[2]).await;
    let create = || client.executions().create_execution(NAMESPACE, "hello");
    let refused = [
        create().label("system.correlationId", "mine").idempotency_key("k"),
        create().idempotency_key("k").label("system.correlationId", "mine"),
        create().idempotency_key("k").idempotency_key("l"),
        create().idempotency_key(""),
        create().idempotency_key(" k"),
    ];
    for call in refused {
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Build);
    }
    let start = client.executions().start(NAMESPACE, "hello").label("system.correlationId", "mine");
    assert_eq!(start.idempotency_key("k").await.unwrap_err().kind(), ErrorKind::Build);
    assert_eq!((count(&server, "hello"), server.requests().len()), (0, 0));

    // A builder alone sends the label, which is all that a request can say.
    let request = CreateExecution::new(NAMESPACE, "hello").idempotency_key("a:b").into_request().unwrap();
    assert!(request.uri().query().unwrap().ends_with("labels=system.correlationId:a:b"), "{}", request.uri());
}

#[tokio::test]
async fn a_start_with_a_file_waits_for_a_server_that_is_away() {
    for dialect in Dialect::ALL {
        let (mut server, client) = server(dialect).await;
        let folder = Folder::new("away");
        let path = folder.write("report.csv", "a,b\n1,2\n");
        // The client has asked for the version before.
        client.executions().start(NAMESPACE, "hello").await.unwrap();
        server.stop().await;
        let start =
            |file| client.executions().start(NAMESPACE, "reads").unchecked().input_file("report", file);
        let of_path = start(FilePart::path(&path));
        let of_bytes = start(FilePart::bytes("report.csv", "a,b\n1,2\n"));
        let keyed = client.executions().create_execution(NAMESPACE, "reads");
        let keyed = keyed.idempotency_key("k").input_file("report", FilePart::path(&path));
        let of_reader =
            start(FilePart::stream("report.csv", ReaderStream::new(&b"a,b\n1,2\n"[..]))).await.unwrap_err();
        assert_eq!((of_reader.kind(), of_reader.request_sent()), (ErrorKind::Connect, RequestSent::No));
        let back = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            server.restart().await.unwrap();
        };
        let (path, bytes, keyed, ()) =
            tokio::join!(of_path.into_future(), of_bytes.into_future(), keyed.into_future(), back);
        let keyed = keyed.unwrap();
        for id in [path.unwrap().id().to_owned(), bytes.unwrap().id().to_owned(), keyed.id] {
            let execution = client.executions().get_execution(&id).await.unwrap();
            let uri = execution.inputs["report"].as_str().unwrap();
            let content = client.executions().download(uri).await.unwrap().bytes().await.unwrap();
            assert_eq!(content, "a,b\n1,2\n");
        }
        assert_eq!(count(&server, "reads"), 3);
    }
}

#[tokio::test]
async fn what_is_read_before_a_start_is_read_again_after_cuts() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        // More cuts than one call takes, and each request may have been sent.
        let flow = "/api/v1/{tenant}/flows/{namespace}/{id}";
        server.fail(Fault::cut(Cut::AfterRead).on("GET", flow).times(4));
        let report = FilePart::bytes("report.csv", "a,b\n");
        client.executions().start(NAMESPACE, "reads").input_file("report", report).await.unwrap();
        assert_eq!((count(&server, "reads"), creations(&server)), (1, 1));

        server.fail(Fault::cut(Cut::AfterRead).on("GET", "/api/v1/{tenant}/executions/search").times(4));
        client.executions().start(NAMESPACE, "hello").idempotency_key("order-19").await.unwrap();
        assert_eq!((count(&server, "hello"), creations(&server)), (1, 2));
    }
}
