//! A server deletes the folder above what is named if that has one entry, without asking whether it is the one.

use kestra::{Client, Error, ErrorKind, FilePart, RequestSent, Retry};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};

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
        for (cut, is_folder) in [
            (Cut::AfterProcessing, false),
            (Cut::WithinBody, false),
            (Cut::BeforeRead, false),
            (Cut::AfterRead, false),
            (Cut::AfterProcessing, true),
            (Cut::AfterRead, true),
        ] {
            let (server, client) = serve(dialect).await;
            put(&client, NAMESPACE, &["/dir/b.txt"]).await?;
            let path = if is_folder { "/dir/a/" } else { "/dir/a" };
            put(&client, NAMESPACE, &[if is_folder { "/dir/a/x.txt" } else { "/dir/a" }]).await?;
            server.fail(Fault::cut(cut).on("DELETE", FILES));
            client.files().delete_file(NAMESPACE, path).retry(Retry::standard()).idempotent(true).await?;
            assert_eq!(left(&client).await?, ["/dir/b.txt"], "{dialect:?} {cut:?}");
            let moves = server.requests().iter().filter(|request| request.method == "PUT").count();
            assert_eq!(deletions(&server), 1 + moves, "{dialect:?} {cut:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_second_attempt_survives_lost_answers_as_well() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        for (method, cut) in
            [("PUT", Cut::AfterProcessing), ("PUT", Cut::AfterRead), ("DELETE", Cut::AfterProcessing)]
        {
            let (server, client) = serve(dialect).await;
            put(&client, NAMESPACE, &["/dir/a+b.txt", "/dir/b.txt"]).await?;
            server.fail(Fault::cut(Cut::AfterRead).on("DELETE", FILES));
            server.fail(Fault::cut(cut).on(method, FILES).skip(usize::from(method == "DELETE")));
            client.files().delete_file(NAMESPACE, "/dir/a+b.txt").retry(Retry::standard()).await?;
            assert_eq!(left(&client).await?, ["/dir/b.txt"], "{dialect:?} {method} {cut:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_may_still_come_is_an_error() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        put(&client, NAMESPACE, &["/dir/a.txt", "/dir/b.txt"]).await?;
        server.fail(Fault::status(504).on("DELETE", FILES));
        let deletion = || client.files().delete_file(NAMESPACE, "/dir/a.txt");
        let error = deletion().retry(Retry::standard()).await.unwrap_err();
        assert!(error.to_string().contains("it is still there"), "{error}");
        // Nor is there a second attempt where none is wanted.
        server.fail(Fault::cut(Cut::AfterRead).on("DELETE", FILES));
        let error = deletion().retry(Retry::none()).await.unwrap_err();
        assert!(error.to_string().contains("it is still there"), "{error}");
        assert_eq!((deletions(&server), left(&client).await?.len()), (2, 2));
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
