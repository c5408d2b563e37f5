use kestra::{Error, ErrorKind, FilePart, RequestSent};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, flow, serve};

#[tokio::test]
async fn an_import_that_left_something_out_is_an_error() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect).await;
        let mixed = format!("{}---\nid: broken\nnamespace: company.team\n", flow("good"));
        let error = client.flows().import_flows(FilePart::bytes("flows.yaml", mixed)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incomplete);
        // The server said success.
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
        assert_eq!(error.request_sent(), RequestSent::Yes);
        assert_eq!(error.failures(), ["flows.yaml(flow number: 1)"]);
        assert!(error.to_string().contains("flow number: 1"), "{error}");
        assert!(!error.is_retryable());
        client.flows().get_flow(NAMESPACE, "good").await?;
        let whole = client.flows().import_flows(FilePart::bytes("flows.yaml", flow("other"))).await?;
        assert!(whole.is_empty());
    }
    Ok(())
}
