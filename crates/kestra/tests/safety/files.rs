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
async fn an_archive_does_not_become_a_file() {
    let (server, client) = serve(Dialect::V2_0).await;
    for (path, name) in [("/data.zip", "data"), ("/data", "data.ZIP")] {
        let part = FilePart::bytes(name, &b"PK"[..]);
        let error = client.files().create_namespace_file(NAMESPACE, path, part).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains("unpacked"), "{error}");
    }
    assert!(server.requests().is_empty());
}
