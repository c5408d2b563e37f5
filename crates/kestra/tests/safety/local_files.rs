//! Files that change while they are uploaded, and files that belong to another execution.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use kestra::{Client, Error, ErrorKind, FilePart, Retry};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};

use crate::{NAMESPACE, serve};

const FILES: &str = "/api/v1/{tenant}/namespaces/{namespace}/files";

/// A file of a megabyte in a folder of its own.
fn large_file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kestra-local-files-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("large.bin");
    std::fs::write(&path, vec![7; 1024 * 1024]).expect("a file");
    path
}

/// The part, of which the first piece that is read changes the file.
fn changing(path: &std::path::Path, change: impl Fn(&std::path::Path) + Send + Sync + 'static) -> FilePart {
    let (changed, path) = (AtomicBool::new(false), path.to_owned());
    FilePart::path(path.clone()).on_progress(move |_| {
        if !changed.swap(true, Ordering::Relaxed) {
            change(&path);
        }
    })
}

fn uploads(server: &TestServer) -> usize {
    server.requests().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_file_that_changes_during_its_upload_is_a_local_failure() -> Result<(), Error> {
    type Change = fn(&std::path::Path);
    let changes: [(&str, Change); 2] = [
        ("ended early", |path| std::fs::File::create(path).map(drop).expect("a shorter file")),
        ("grew", |path| {
            let mut file = std::fs::File::options().append(true).open(path).expect("the file");
            file.write_all(&[8; 100_000]).expect("a longer file");
        }),
    ];
    for (how, change) in changes {
        let (server, client) = serve(Dialect::V2_0).await;
        let path = large_file(&how.replace(' ', "-"));
        let part = changing(&path, change);
        let call = client.files().create_namespace_file(NAMESPACE, "/large.bin", part);
        let error = call.retry(Retry::standard()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 1), "{error}");
        assert!(error.to_string().contains("large.bin") && error.to_string().contains(how), "{error}");
        assert_eq!(uploads(&server), 0, "it is never taken for whole");
        let _ = std::fs::remove_dir_all(path.parent().expect("a folder"));
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_gone_at_the_next_attempt_is_a_local_failure() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    server.fail(Fault::cut(Cut::AfterRead).on("POST", FILES));
    let path = large_file("gone");
    let part = changing(&path, |path| std::fs::remove_file(path).expect("the file"));
    let call = client.files().create_namespace_file(NAMESPACE, "/large.bin", part);
    let error = call.retry(Retry::standard()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::File, 2), "{error}");
    let _ = std::fs::remove_dir_all(path.parent().expect("a folder"));
    Ok(())
}

async fn upload(client: &Client, content: &'static str) -> Result<(String, String), Error> {
    let part = FilePart::bytes("my report.csv", content);
    let execution =
        client.executions().create_execution(NAMESPACE, "upload").input_file("data", part).await?;
    let uri = execution.inputs["data"].as_str().expect("an address").to_owned();
    Ok((execution.id, uri))
}

#[tokio::test]
async fn a_file_of_another_execution_is_found_there() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let source = format!(
            "id: upload\nnamespace: {NAMESPACE}\ninputs:\n  - id: data\n    type: FILE\ntasks:\n  - id: log\n    \
             type: io.kestra.plugin.core.log.Log\n    message: hi\n"
        );
        server.deploy(&source).expect("a flow");
        let (first, uri) = upload(&client, "content").await?;
        let (second, _) = upload(&client, "other content").await?;
        server.clear_requests();
        let executions = client.executions();
        let download = executions.download_file_from_execution(&second, &uri).await?;
        assert_eq!(download.file_name(), Some("my report.csv"));
        assert_eq!(download.bytes().await?, "content");
        assert_eq!(executions.get_file_metadata_from_execution(&second, &uri).await?.size, Some(7));
        executions.preview_file_from_execution(&second, &uri).await?;
        let asked: Vec<bool> =
            server.requests().iter().map(|request| request.path.contains(&first)).collect();
        assert_eq!(asked, [false, true, false, true, false, true], "{dialect:?}");

        // A circle has an end, and nothing but the id is taken from where a redirect leads.
        for to in ["https://elsewhere.example/api/v1/main/executions/loop/file", "/executions/loop"] {
            server.heal();
            server.clear_requests();
            let path = "/api/v1/{tenant}/executions/{executionId}/file";
            server.fail(Fault::status(301).header("location", to).on("GET", path).always());
            let error = executions.download_file_from_execution(&second, &uri).await.unwrap_err();
            assert_eq!(error.status().map(|status| status.as_u16()), Some(301));
            assert_eq!(server.requests().len(), 2, "{to}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_log_is_a_download() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let source = format!(
        "id: logs\nnamespace: {NAMESPACE}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: \
         hello there\n"
    );
    server.deploy(&source).expect("a flow");
    let finished = client.executions().run(NAMESPACE, "logs").await?;
    let mut log = client.logs().download_logs_from_execution(&finished.execution.id).await?;
    let mut text = Vec::new();
    while let Some(piece) = log.next().await {
        text.extend_from_slice(&piece?);
    }
    assert!(String::from_utf8_lossy(&text).contains("hello there"));
    Ok(())
}

#[tokio::test]
async fn a_404_of_a_proxy_does_not_empty_a_folder() {
    let page = |content_type: &'static str| {
        let service = tower::service_fn(move |_: http::Request<kestra::Body>| async move {
            let response = http::Response::builder().status(404).header("content-type", content_type);
            response.body(kestra::Body::from("404 page not found"))
        });
        Client::from_service(service)
    };
    let path = large_file("proxy");
    let folder = path.parent().expect("a folder");
    for media in ["text/plain; charset=utf-8", "text/html", "application/json"] {
        let synced = page(media).files().sync_down(NAMESPACE, folder).delete(true).await;
        let is_refused = synced.is_err() || synced.is_ok_and(|report| report.check().is_err());
        assert!(is_refused && path.exists(), "{media}");
    }
}
