use std::time::Duration;

use kestra::{Error, RequestSent, Timeouts};
use kestra_testkit::{Dialect, Fault};

use crate::{NAMESPACE, flow, serve, support};

#[tokio::test]
async fn an_update_of_what_is_missing_would_hang() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::early_errors_hang());
        let update = || client.flows().update_flow(NAMESPACE, "hello", support::flow_of(60_000));
        // The client asks for the version before the time counts.
        assert!(client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err().is_not_found());
        let brief = Timeouts::default().attempt(Duration::from_secs(1));
        let hangs = update().unchecked().timeouts(brief).await.unwrap_err();
        assert!(hangs.is_timeout(), "{hangs}");
        assert_eq!((hangs.attempts(), hangs.request_sent()), (1, RequestSent::Maybe));

        // Asked first, the server answers; `deploy` creates what isn't there.
        assert!(update().await.unwrap_err().is_not_found());
        client.flows().deploy(support::flow_of(60_000)).await?;
        update().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_small_body_leaves_with_its_head() {
    let (server, client) = serve(Dialect::V2_0).await;
    server.fail(Fault::early_errors_hang());
    let update = client.flows().update_flow(NAMESPACE, "hello", flow("hello"));
    let error = update.unchecked().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let update = server.requests().pop().unwrap();
    assert_eq!(update.method, "PUT");
    assert!(update.header("content-length").is_some());
}
