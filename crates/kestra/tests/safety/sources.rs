use kestra::{Error, ErrorKind};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, flow, serve};

#[tokio::test]
async fn updates_keep_what_they_do_not_name() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, client) = serve(dialect).await;
        let flows = client.flows();
        for id in ["a", "b"] {
            flows.create_flow(flow(id)).await?;
        }
        flows.bulk_update_flows(flow("a")).await?;
        flows.update_flows_in_namespace(NAMESPACE, flow("a")).await?;
        assert_eq!(flows.search_flows().await?.total, Some(2));
        flows.bulk_update_flows(flow("a")).delete(true).await?;
        assert_eq!(flows.search_flows().await?.total, Some(1));
        // What the server does when nothing is said.
        flows.create_flow(flow("b")).await?;
        let silent =
            http::Request::post("/api/v1/main/flows/bulk").header("content-type", "application/x-yaml");
        client.request(silent.body(flow("a")).unwrap()).await?;
        assert_eq!(flows.search_flows().await?.total, Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn several_flows_are_split_only_between_them() -> Result<(), Error> {
    let script = format!("{}description: |\n  first\n  ---\n  second\n", flow("a"));
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        let flows = client.flows();
        let both = format!("---\n{}---\n{}", flow("a"), flow("b"));
        assert_eq!(flows.bulk_update_flows(&both).await?.len(), 2);
        server.clear_requests();
        for error in [
            flows.bulk_update_flows(&script).await.unwrap_err(),
            flows.update_flows_in_namespace(NAMESPACE, &script).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.to_string().contains("line 9"), "{error}");
        }
        assert!(server.requests().is_empty());
        // The server takes the rest of the text for another flow.
        let harm = flows.bulk_update_flows(&script).unchecked().await.unwrap_err();
        assert_eq!(harm.kind(), ErrorKind::Status);
        assert_eq!(flows.deploy(&*script).await?.source.as_deref(), Some(&*script));
    }
    Ok(())
}
