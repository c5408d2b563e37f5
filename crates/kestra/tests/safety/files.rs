use kestra::{Error, ErrorKind, FilePart};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, flow, serve};

#[tokio::test]
async fn a_file_among_the_flows_becomes_one() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        let files = client.files();
        let part = || FilePart::bytes("hello.yml", flow("hello"));
        for path in ["/_flows/hello.yml", "_flows/hello.yml", "/a/../_flows/hello.yml"] {
            let error = files.create_namespace_file(NAMESPACE, path, part()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{path}");
            assert!(error.to_string().contains("becomes a flow"), "{error}");
        }
        assert!(server.requests().is_empty());
        files.create_namespace_file(NAMESPACE, "/_flows/hello.yml", part()).unchecked().await?;
        client.flows().get_flow(NAMESPACE, "hello").await?;
        files.create_namespace_file(NAMESPACE, "/flows/hello.yml", part()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_archive_does_not_become_a_file() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let files = client.files();
        let text = FilePart::bytes("inner.txt", &b"hello"[..]);
        files.create_namespace_file("company.other", "/inner.txt", text).await?;
        let archive = files.export_namespace_files("company.other").await?.bytes().await?;
        server.clear_requests();
        for (path, name) in [("/all.zip", "all.zip"), ("/all", "all.ZIP")] {
            let part = FilePart::bytes(name, archive.clone());
            let error = files.create_namespace_file(NAMESPACE, path, part).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("servers unpack an archive"), "{error}");
        }
        assert!(server.requests().is_empty());

        // It is gone, and what was in it lies about.
        let part = FilePart::bytes("all.zip", archive.clone());
        files.create_namespace_file(NAMESPACE, "/all.zip", part).unchecked().await?;
        assert_eq!(files.search_namespace_files(NAMESPACE, "all").await?, Vec::<String>::new());
        let found = files.get_file_content(NAMESPACE, "/inner.txt").await?.bytes().await?;
        assert_eq!(found, "hello");

        // The name of the part is what counts, so it can be kept whole.
        let part = FilePart::bytes("all", archive.clone());
        files.create_namespace_file(NAMESPACE, "/all.zip", part).await?;
        assert_eq!(files.get_file_content(NAMESPACE, "/all.zip").await?.bytes().await?, archive);
    }
    Ok(())
}
