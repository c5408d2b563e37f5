use kestra::{Error, ErrorKind, Filter};
use kestra_testkit::Dialect;

use crate::{executions, flow, run, serve};

#[tokio::test]
async fn an_action_without_a_filter_takes_everything_and_has_to_be_told() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        run(&client, "hello").await?;
        run(&client, "hello").await?;
        server.clear_requests();
        let forgotten = client.executions().delete_executions_by_query().await.unwrap_err();
        assert_eq!(forgotten.kind(), ErrorKind::Refused);
        assert!(forgotten.to_string().contains("`.all()`"), "{forgotten}");
        // How far to look back is no filter.
        let wide = client.executions().delete_executions_by_query().look_back("P30D").await.unwrap_err();
        assert_eq!(wide.kind(), ErrorKind::Refused);
        assert!(server.requests().is_empty());
        // What the server does when it is asked so: it takes all.
        let all = http::Request::delete("/api/v1/main/executions/by-query").body("").unwrap();
        client.request(all).await?;
        assert_eq!(executions(&client).await?, Some(0));
        run(&client, "hello").await?;
        run(&client, "hello").await?;

        let few = client.executions().delete_executions_by_query().filter(Filter::state().equals("FAILED"));
        assert_eq!(few.await?.total(), Some(0));
        assert_eq!(client.executions().delete_executions_by_query().all().await?.total(), Some(2));
        assert_eq!(executions(&client).await?, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_without_a_value_is_none() {
    let (server, client) = serve(Dialect::V2_0).await;
    for filter in [Filter::namespace().prefix(""), Filter::state().is_in(Vec::<String>::new())] {
        let error = client.flows().delete_flows_by_query().filter(filter).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
    }
    assert!(server.requests().is_empty());
}
