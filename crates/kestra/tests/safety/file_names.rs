//! Names that servers read as other names, and names of uploaded files.

use kestra::{Client, Error, ErrorKind, FilePart, RequestSent, Version};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, serve};

/// Characters, and the first version that reads them in a name.
const CHARACTERS: &[(&str, Dialect)] = &[
    ("?", Dialect::V2_0),
    ("#", Dialect::V2_0),
    (":", Dialect::V1_3),
    ("%41", Dialect::V2_0),
    ("%20", Dialect::V2_0),
    ("%", Dialect::V2_0),
    ("[", Dialect::V2_0),
    ("]", Dialect::V2_0),
    ("{", Dialect::V2_0),
    ("}", Dialect::V2_0),
    ("^", Dialect::V2_0),
    ("|", Dialect::V2_0),
    ("\"", Dialect::V2_0),
    ("<", Dialect::V2_0),
    (">", Dialect::V2_0),
    ("`", Dialect::V2_0),
    ("\t", Dialect::V2_0),
    ("\u{202f}", Dialect::V2_0),
    ("ü", Dialect::V1_0),
    ("+", Dialect::V1_0),
    (";", Dialect::V1_0),
    ("&", Dialect::V1_0),
    ("'", Dialect::V1_0),
];

fn part() -> FilePart {
    FilePart::bytes("file", "content")
}

/// Every call that takes the path of a file.
async fn all_of(client: &Client, path: &str) -> Vec<(&'static str, Result<(), Error>)> {
    let files = client.files();
    vec![
        ("create", files.create_namespace_file(NAMESPACE, path, part()).await),
        ("folder", files.create_namespace_directory(NAMESPACE).path(path).await),
        ("read", files.get_file_content(NAMESPACE, path).await.map(drop)),
        ("stats", files.get_file_metadata(NAMESPACE).path(path).await.map(drop)),
        ("list", files.list_namespace_directory_files(NAMESPACE).path(path).await.map(drop)),
        ("move from", files.move_file(NAMESPACE, path, "/to.txt").await),
        ("move to", files.move_file(NAMESPACE, "/from.txt", path).await),
        ("delete", files.delete_file(NAMESPACE, path).await),
    ]
}

#[tokio::test]
async fn a_name_that_the_version_reads_otherwise_is_refused() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        for (characters, since) in CHARACTERS {
            let path = format!("/p{characters}q.txt");
            if dialect >= *since {
                // Whole: it is listed, read, moved and deleted under just this name.
                let files = client.files();
                files.create_namespace_file(NAMESPACE, &path, part()).await?;
                assert_eq!(
                    files.search_namespace_files(NAMESPACE, "/p").await?,
                    std::slice::from_ref(&path),
                    "{dialect:?}"
                );
                let moved = format!("/moved{characters}.txt");
                files.move_file(NAMESPACE, &path, &moved).await?;
                assert_eq!(files.get_file_content(NAMESPACE, &moved).await?.bytes().await?, "content");
                files.delete_file(NAMESPACE, &moved).await?;
                assert!(files.search_namespace_files(NAMESPACE, "").await?.is_empty(), "{dialect:?} {path}");
                continue;
            }
            server.clear_requests();
            for (call, result) in all_of(&client, &path).await {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{dialect:?} {call} {path}: {error}");
                assert_eq!(error.request_sent(), RequestSent::No);
            }
            let is_version = |request: &kestra_testkit::RecordedRequest| request.path.ends_with("/configs");
            assert!(server.requests().iter().all(is_version), "{dialect:?} {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_backslash_is_a_slash_to_every_version() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        for (call, result) in all_of(&client, "/a\\b.txt").await {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No), "{call}");
        }
        assert!(server.requests().is_empty());
        let error = client.files().create_namespace_file(NAMESPACE, "/|a.txt", part()).await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No));
        client.files().create_namespace_file(NAMESPACE, "/a\\b.txt", part()).unchecked().await?;
        assert_eq!(client.files().search_namespace_files(NAMESPACE, "").await?, ["/a/b.txt"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_sync_sends_what_servers_read_otherwise_if_it_is_told_to() -> Result<(), Error> {
    let folder = std::env::temp_dir().join(format!("kestra-names-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a\\b.txt"), "text").unwrap();
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let refused = client.files().sync_up(NAMESPACE, &folder).await?;
        assert!(refused.check().is_err());
        let sent = client.files().sync_up(NAMESPACE, &folder).unchecked().await?;
        sent.check()?;
        assert_eq!(client.files().search_namespace_files(NAMESPACE, "").await?, ["/a/b.txt"]);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    Ok(())
}

#[tokio::test]
async fn a_blank_that_is_stored_as_a_plus_is_found_again() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let files = client.files();
        files.create_namespace_file(NAMESPACE, "/dir/a b.txt", part()).await?;
        files.create_namespace_file(NAMESPACE, "/dir/c.txt", part()).await?;
        assert_eq!(files.get_file_content(NAMESPACE, "/dir/a b.txt").await?.bytes().await?, "content");
        // A move alone would not find it.
        let moved = files.move_file(NAMESPACE, "/dir/a b.txt", "/dir/d.txt").await;
        if dialect.version().starts_with('1') {
            assert_eq!(moved.unwrap_err().kind(), ErrorKind::Unsupported);
        } else {
            files.move_file(NAMESPACE, "/dir/d.txt", "/dir/a b.txt").await?;
        }
        let path = "/api/v1/{tenant}/namespaces/{namespace}/files";
        server.fail(kestra_testkit::Fault::cut(kestra_testkit::Cut::AfterProcessing).on("DELETE", path));
        files.delete_file(NAMESPACE, "/dir/a b.txt").retry(kestra::Retry::standard()).await?;
        assert_eq!(files.search_namespace_files(NAMESPACE, "").await?, ["/dir/c.txt"], "{dialect:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_servers_make_of_the_names() -> Result<(), Error> {
    let (_server, client) = serve(Dialect::V1_0).await;
    let files = client.files();
    for path in ["/one?a.txt", "/two#a.txt", "/p%41.txt", "/c:d.txt", "/e f.txt"] {
        files.create_namespace_file(NAMESPACE, path, part()).any_version().await?;
    }
    let mut found = files.search_namespace_files(NAMESPACE, "").await?;
    found.sort();
    assert_eq!(found, ["/cd.txt", "/e+f.txt", "/one", "/pA.txt", "/two"]);
    files.create_namespace_file(NAMESPACE, "/x%20y.txt", part()).any_version().await?;
    let error = files.search_namespace_files(NAMESPACE, "").await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(422));
    let (_server, client) = serve(Dialect::V1_3).await;
    let files = client.files();
    for (path, content) in [("/r#1.csv", "one"), ("/r#2.csv", "two"), ("/c:d", "three"), ("/cd", "four")] {
        let part = FilePart::bytes("file", content);
        files.create_namespace_file(NAMESPACE, path, part).any_version().await?;
    }
    for (path, content) in [("/r#1.csv", "two"), ("/c:d", "four")] {
        let found = files.get_file_content(NAMESPACE, path).any_version().await?.bytes().await?;
        assert_eq!(found, content, "{path}");
    }
    for dialect in [Dialect::V1_0, Dialect::V1_3] {
        let (_server, client) = serve(dialect).await;
        for path in ["/a[.txt", "/a%.txt", "/a\"b"] {
            let error = client
                .files()
                .create_namespace_file(NAMESPACE, path, part())
                .any_version()
                .await
                .unwrap_err();
            assert_eq!(error.status().map(|status| status.as_u16()), Some(422), "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_name_of_an_uploaded_file_stays_as_it_is() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let source = format!(
            "id: upload\nnamespace: {NAMESPACE}\ninputs:\n  - id: data\n    type: FILE\ntasks:\n  - id: log\n    \
             type: io.kestra.plugin.core.log.Log\n    message: hi\n"
        );
        server.deploy(&source).expect("a flow");
        for name in [
            "plain.csv",
            "a b.csv",
            "a#b.csv",
            "a?b.csv",
            "100%.csv",
            "50%25.csv",
            "a[1].csv",
            "{x}^;|\"<>`.csv",
            "Über+uns&'x'.csv",
            "a..b.csv",
            "3.45\u{202f}PM.png",
        ] {
            let part = FilePart::bytes(name, "content");
            let call = client.executions().create_execution(NAMESPACE, "upload").input_file("data", part);
            let execution = call.await?;
            let uri = execution.inputs["data"].as_str().expect("an address").to_owned();
            let download = client.executions().download(&uri).await?;
            // A colon and such are replaced in the name of a local file.
            let expected = name.replace(['<', '>', '|', '"', '?'], "_");
            assert_eq!(download.file_name(), Some(expected.as_str()), "{dialect:?}");
            assert_eq!(download.bytes().await?, "content");
        }
        server.clear_requests();
        for name in ["", "..", "../x", "a/b", "a\\b", &"n".repeat(201)] {
            let part = FilePart::bytes(name, "content");
            let call = client.executions().create_execution(NAMESPACE, "upload").input_file("data", part);
            let error = call.await.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No), "{name}");
        }
        assert!(server.requests().iter().all(|request| request.method == "GET"));
    }
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_set_needs_no_question() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let client = client.with_options(kestra::CallOptions::new().api_version(Version::new(1, 3, 25)));
    let error = client.files().create_namespace_file(NAMESPACE, "/a[1].txt", part()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("`[` in `path` requires Kestra 2.0.0"), "{error}");
    assert!(server.requests().is_empty());
    Ok(())
}
