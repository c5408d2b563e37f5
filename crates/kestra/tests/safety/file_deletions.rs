//! A server deletes the folder above what is named if that has one entry, without asking whether it is the one.

use std::time::Duration;

use kestra::{Client, Error, ErrorKind, FilePart, RequestSent, Retry, Timeouts};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use tokio::task::JoinSet;

use crate::{NAMESPACE, serve};

const FILES: &str = "/api/v1/{tenant}/namespaces/{namespace}/files";

async fn put(client: &Client, namespace: &str, paths: &[&str]) -> Result<(), Error> {
    for path in paths {
        let part = FilePart::bytes("file", path.as_bytes().to_vec());
        client.files().create_namespace_file(namespace, *path, part).await?;
    }
    Ok(())
}

async fn left(client: &Client) -> Result<Vec<String>, Error> {
    let mut found = client.files().search_namespace_files(NAMESPACE, "").await?;
    found.sort();
    Ok(found)
}

fn deletions(server: &TestServer) -> usize {
    server.requests().iter().filter(|request| request.method == "DELETE").count()
}

#[tokio::test]
async fn what_the_server_does_to_the_neighbour() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        put(&client, NAMESPACE, &["/dir/a.txt", "/dir/b.txt", "/other.txt"]).await?;
        for _ in 0..2 {
            client.files().delete_file(NAMESPACE, "/dir/a.txt").unchecked().await?;
        }
        assert_eq!(left(&client).await?, ["/other.txt"], "{dialect:?}");

        // A folder of that path in another namespace keeps later versions from climbing.
        put(&client, NAMESPACE, &["/dir/b.txt"]).await?;
        put(&client, "company.other", &["/dir/c.txt"]).await?;
        client.files().delete_file(NAMESPACE, "/dir/a.txt").unchecked().await?;
        let expected: &[&str] =
            if dialect == Dialect::V1_0 { &["/other.txt"] } else { &["/dir/b.txt", "/other.txt"] };
        assert_eq!(left(&client).await?, expected, "{dialect:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_loses_no_neighbour() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        for (cut, is_folder) in
            [(Cut::AfterProcessing, false), (Cut::WithinBody, false), (Cut::AfterProcessing, true)]
        {
            let (server, client) = serve(dialect).await;
            put(&client, NAMESPACE, &["/dir/b.txt"]).await?;
            let path = if is_folder { "/dir/a/" } else { "/dir/a" };
            put(&client, NAMESPACE, &[if is_folder { "/dir/a/x.txt" } else { "/dir/a" }]).await?;
            server.fail(Fault::cut(cut).on("DELETE", FILES));
            client.files().delete_file(NAMESPACE, path).retry(Retry::standard()).idempotent(true).await?;
            assert_eq!(left(&client).await?, ["/dir/b.txt"], "{dialect:?} {cut:?}");
            assert_eq!(deletions(&server), 1, "{dialect:?} {cut:?}");
        }
    }
    Ok(())
}

/// What a client gets instead of the response to a deletion that the server, or a proxy in between, still has.
fn unclear() -> [Fault; 7] {
    [
        Fault::cut(Cut::AfterRead),
        Fault::status(502),
        Fault::status(503).retry_after(0),
        Fault::status(504),
        Fault::status(500),
        Fault::status(404).header("content-type", "text/html").body("<html><title>404</title></html>"),
        Fault::hang(),
    ]
}

/// Deletes a file whose deletion is carried out late, after each of these failures; all at once, as they mostly wait.
async fn delete_late(
    delay: Duration,
    limit: Duration,
    check: impl Fn(&str, &TestServer, Result<(), Error>) + Clone + Send + 'static,
) {
    let mut cases = JoinSet::new();
    for dialect in Dialect::ALL {
        for fault in unclear() {
            let check = check.clone();
            cases.spawn(async move {
                let (server, client) = serve(dialect).await;
                put(&client, NAMESPACE, &["/dir/a.txt", "/dir/b.txt"]).await.unwrap();
                let what = format!("{dialect:?} {fault:?}");
                server.clear_requests();
                server.fail(fault.carried_out_after(delay).on("DELETE", FILES));
                let timeouts = Timeouts::default().attempt(delay / 2).total(limit);
                let deletion = client.files().delete_file(NAMESPACE, "/dir/a.txt").timeouts(timeouts);
                let deleted = deletion.retry(Retry::standard()).idempotent(true).await;
                check(&what, &server, deleted);
                while left(&client).await.unwrap().contains(&"/dir/a.txt".to_owned()) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                assert_eq!(left(&client).await.unwrap(), ["/dir/b.txt"], "{what}");
            });
        }
    }
    cases.join_all().await;
}

#[tokio::test]
async fn a_deletion_that_comes_late_is_waited_for_and_loses_no_neighbour() {
    delete_late(Duration::from_secs(1), Duration::from_secs(60), |what, server, deleted| {
        deleted.unwrap();
        let changes = server.requests().into_iter().filter(|request| request.method != "GET").count();
        assert_eq!((deletions(server), changes), (1, 1), "{what}");
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_comes_after_the_end_of_the_call_loses_no_neighbour() {
    delete_late(Duration::from_secs(4), Duration::from_millis(2500), |what, _, deleted| {
        let error = deleted.unwrap_err();
        assert_ne!(error.request_sent(), RequestSent::No, "{what}");
        assert!(!error.is_not_found(), "{what}");
        assert!(error.to_string().contains("the server may still delete it"), "{what}: {error}");
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_did_not_arrive_is_sent_again() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        put(&client, NAMESPACE, &["/dir/a.txt", "/dir/b.txt"]).await?;
        server.fail(Fault::status(429).on("DELETE", FILES));
        let deletion = || client.files().delete_file(NAMESPACE, "/dir/a.txt");
        // Unless no second attempt is wanted.
        let error = deletion().retry(Retry::none()).await.unwrap_err();
        assert_eq!((error.status().map(|status| status.as_u16()), deletions(&server)), (Some(429), 1));
        server.fail(Fault::status(429).on("DELETE", FILES));
        deletion().retry(Retry::standard()).await?;
        assert_eq!((deletions(&server), left(&client).await?), (3, vec!["/dir/b.txt".to_owned()]));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_not_deleted() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        put(&client, NAMESPACE, &["/dir/only.txt"]).await?;
        for path in ["/dir/nope.txt", "/dir/nope/", "dir/nope.txt"] {
            let error = client.files().delete_file(NAMESPACE, path).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
        }
        assert_eq!((deletions(&server), left(&client).await?.len()), (0, 1));
    }
    Ok(())
}

#[tokio::test]
async fn all_files_are_deleted_only_if_that_is_confirmed() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        put(&client, NAMESPACE, &["/dir/a.txt", "/b.txt"]).await?;
        server.clear_requests();
        for path in ["", "/", "//", "/./", "\\", "//a//b.txt", "/dir/./a.txt", "/dir/../b.txt", "/dir//a.txt"]
        {
            let error = client.files().delete_file(NAMESPACE, path).await.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No), "{path}");
        }
        assert!(server.requests().is_empty());
        server.fail(Fault::cut(Cut::AfterProcessing).on("DELETE", FILES));
        client.files().delete_file(NAMESPACE, "/").all().await?;
        assert!(left(&client).await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_doubled_slash_deletes_the_folder() -> Result<(), Error> {
    let (_server, client) = serve(Dialect::V1_0).await;
    put(&client, NAMESPACE, &["/a/b.txt", "/a/c.txt", "/d.txt"]).await?;
    client.files().delete_file(NAMESPACE, "/a//b.txt").unchecked().await?;
    assert_eq!(left(&client).await?, ["/d.txt"]);
    client.files().delete_file(NAMESPACE, "//d.txt/x").unchecked().await?;
    assert!(left(&client).await?.is_empty());
    Ok(())
}
