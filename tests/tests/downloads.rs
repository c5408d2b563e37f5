//! Files are read as they come, saved whole or not at all, and under no name that leaves the folder.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kestra::{ErrorKind, FilePart, Filter};
use kestra_testkit::{Cut, Dialect, Fault};
use on_server::{Folder, NAMESPACE, ended, flow, server};

const FLOW: &str = "id: takes\nnamespace: company.team\ninputs:\n  - id: file\n    type: FILE\ntasks:\n  - id: log\n    \
                    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

#[tokio::test]
async fn a_file_of_an_execution_comes_by_its_address() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("execution-file");
        server.deploy(FLOW).unwrap();
        let mut ids = Vec::new();
        for content in ["a,b\n1,2\n", "other"] {
            let part = FilePart::bytes("data.csv", content);
            let created = client
                .executions()
                .create_execution(NAMESPACE, "takes")
                .input_file("file", part)
                .await
                .unwrap();
            ids.push(created.id);
        }
        ended(&client, &ids[0]).await;
        let execution = client.executions().get_execution(&ids[0]).await.unwrap();
        let uri = execution.inputs["file"].as_str().unwrap();

        let saved = client.executions().download(uri).await.unwrap().to_file(folder.path()).await.unwrap();
        assert_eq!(std::fs::read_to_string(&saved).unwrap(), "a,b\n1,2\n");
        assert_eq!(saved.parent().unwrap(), folder.path(), "the server's name, in the folder");
        assert_eq!(folder.names().len(), 1, "nothing else is left: {:?}", folder.names());

        // Another execution redirects; the operation follows to the same server.
        server.clear_requests();
        let followed = client.executions().download(uri).of_execution(&ids[1]).await.unwrap();
        assert_eq!(followed.bytes().await.unwrap(), "a,b\n1,2\n");
        assert_eq!(server.requests().iter().filter(|request| request.path.ends_with("/file")).count(), 2);

        let error = client.executions().download("kestra:///nothing").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        let gone = uri.replace("data", "nothing");
        assert_ne!(gone, uri);
        assert!(client.executions().download(gone).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn a_redirect_leads_to_no_other_server() {
    let (server, client) = server(Dialect::ALL[0]).await;
    let route = "/api/v1/{tenant}/executions/first/file";
    let away = "https://elsewhere.example/api/v1/main/executions/second/file?path=x";
    server.stub("GET", route).status(301).header("Location", away);
    server.stub("GET", "/api/v1/{tenant}/executions/second/file").body("text/plain", "here");
    let download = client.executions().download("kestra:///a/executions/first/x").await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), "here");

    // One that leads round in circles ends.
    server
        .stub("GET", "/api/v1/{tenant}/executions/a/file")
        .status(301)
        .header("Location", "/executions/b/file");
    server
        .stub("GET", "/api/v1/{tenant}/executions/b/file")
        .status(301)
        .header("Location", "/executions/a/file");
    let error = client.executions().download("kestra:///a/executions/a/x").await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(301));
}

#[tokio::test]
async fn a_cut_download_is_an_error_and_leaves_what_was_there() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let folder = Folder::new("cut");
        let target = folder.write("report.txt", "before");
        let content = "x".repeat(300_000);
        let part = FilePart::bytes("big.txt", content.clone());
        client.files().create_namespace_file(NAMESPACE, "/big.txt", part).await.unwrap();
        server.fail(Fault::cut(Cut::WithinBody).on("GET", "/api/v1/{tenant}/namespaces/{namespace}/files"));
        let download = client.files().get_file_content(NAMESPACE, "/big.txt").await.unwrap();
        let error = download.to_file(&target).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(error.to_string().contains("start it again"), "{error}");
        assert_eq!(folder.read("report.txt"), "before");
        assert_eq!(folder.names(), ["report.txt"]);

        // Dropped half way it leaves nothing either.
        let mut download = client.files().get_file_content(NAMESPACE, "/big.txt").await.unwrap();
        assert!(download.next().await.unwrap().unwrap().len() < content.len());
        drop(download);

        let read = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&read);
        let download = client.files().get_file_content(NAMESPACE, "/big.txt").await.unwrap();
        assert_eq!(download.length(), Some(300_000));
        download
            .on_progress(move |progress| {
                assert_eq!(progress.total, Some(300_000));
                assert!(seen.swap(progress.bytes, Ordering::Relaxed) < progress.bytes);
            })
            .to_file(&target)
            .await
            .unwrap();
        assert_eq!((folder.read("report.txt"), read.load(Ordering::Relaxed)), (content, 300_000));
    }
}

#[tokio::test]
async fn names_from_the_server_stay_in_the_folder() {
    let (server, client) = server(Dialect::ALL[1]).await;
    let folder = Folder::new("names");
    let route = "/api/v1/{tenant}/namespaces/{namespace}/files/export";
    for (given, name) in [
        ("attachment; filename=\"../../evil.sh\"", "evil.sh"),
        ("attachment; filename=\"x\"; filename*=utf-8''..%5C..%2Fna%C3%AFve.zip", "naïve.zip"),
        ("attachment; filename=\"/etc/passwd\"", "passwd"),
    ] {
        server
            .stub("GET", route)
            .body("application/octet-stream", "x")
            .header("Content-Disposition", given)
            .times(1);
        let download = client.files().export_namespace_files(NAMESPACE).await.unwrap();
        let saved = download.to_file(folder.path()).await.unwrap();
        assert_eq!(saved, folder.path().join(name));
    }
    server
        .stub("GET", route)
        .body("application/octet-stream", "x")
        .header("Content-Disposition", "attachment");
    let error = client
        .files()
        .export_namespace_files(NAMESPACE)
        .await
        .unwrap()
        .to_file(folder.path())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
}

#[tokio::test]
async fn a_file_of_an_execution_is_resumed_where_it_was_cut() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(FLOW).unwrap();
        let content: String = (0..60_000).map(|number| format!("{number}\n")).collect();
        let part = FilePart::bytes("data.csv", content.clone());
        let create = client.executions().create_execution(NAMESPACE, "takes").input_file("file", part);
        let id = create.await.unwrap().id;
        let execution = client.executions().get_execution(&id).await.unwrap();
        let uri = execution.inputs["file"].as_str().unwrap();

        server.clear_requests();
        server.fail(
            Fault::cut(Cut::WithinBody).on("GET", "/api/v1/{tenant}/executions/{executionId}/file").times(2),
        );
        let read = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&read);
        let download = client.executions().download(uri).await.unwrap();
        let download = download.on_progress(move |progress| {
            assert!(seen.swap(progress.bytes, Ordering::Relaxed) < progress.bytes)
        });
        assert!(download.bytes().await.unwrap() == content, "{dialect:?}: no byte lost or doubled");
        assert_eq!(read.load(Ordering::Relaxed), content.len() as u64);
        let asked: Vec<_> =
            server.requests().iter().map(|request| request.header("range").is_some()).collect();
        assert_eq!(asked, [false, true, true]);

        // What is cut again and again is an error in the end.
        server.fail(
            Fault::cut(Cut::WithinBody).on("GET", "/api/v1/{tenant}/executions/{executionId}/file").always(),
        );
        let error = client.executions().download(uri).await.unwrap().bytes().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(error.to_string().contains("resuming it failed"), "{error}");
    }
}

#[tokio::test]
async fn exports_and_rows_of_files_are_read_as_they_come() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("hello", "hi")).unwrap();
        let created = client.executions().create_execution(NAMESPACE, "hello").await.unwrap();
        ended(&client, created.id.as_str()).await;
        let folder = Folder::new("exports");

        // Servers of 1.0 have no such exports.
        let all = (Filter::namespace().equals(NAMESPACE), Filter::namespace().equals(NAMESPACE));
        let executions = client.executions().export_executions().filter(all.0).await;
        let flows = client.flows().export_flows().filter(all.1).await;
        if dialect == Dialect::V1_0 {
            assert_eq!(executions.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(flows.unwrap_err().kind(), ErrorKind::Unsupported);
        } else {
            let csv = String::from_utf8(executions.unwrap().bytes().await.unwrap().to_vec()).unwrap();
            assert!(csv.lines().count() == 2 && csv.contains("hello"), "{csv}");
            let saved = flows.unwrap().to_file(folder.path().join("flows.csv")).await.unwrap();
            assert!(std::fs::read_to_string(saved).unwrap().contains("hello"));
        }

        let rows = "/api/v1/{tenant}/executions/one/file";
        server.stub("GET", rows).body("application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n");
        let download =
            client.executions().download("kestra:///a/executions/one/rows.ion").format("JSONL").await;
        match dialect {
            Dialect::V2_0 => assert_eq!(download.unwrap().bytes().await.unwrap(), "{\"a\":1}\n{\"a\":2}\n"),
            _ => assert_eq!(download.unwrap_err().kind(), ErrorKind::Unsupported),
        }
    }
}
