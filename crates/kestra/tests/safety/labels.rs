use kestra::{Client, Error, ErrorKind, Filter};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, flow, serve};

/// A client of a server with an execution for each team.
async fn teams(dialect: Dialect) -> Result<(kestra_testkit::TestServer, Client), Error> {
    let (server, client) = serve(dialect).await;
    client.flows().create_flow(flow("hello")).await?;
    for team in ["data", "ops", "web"] {
        client.executions().create_execution(NAMESPACE, "hello").label("team", team).await?;
    }
    Ok((server, client))
}

async fn found(client: &Client, name: &str, value: &str) -> Result<Option<i64>, Error> {
    Ok(client.executions().search_executions().query_pair(name, value).await?.total)
}

#[tokio::test]
async fn the_values_of_a_list_would_be_one() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, client) = teams(dialect).await?;
        // What is in the list isn't left out, nor found.
        assert_eq!(found(&client, "filters[labels][NOT_IN][team]", "data,ops").await?, Some(3));
        assert_eq!(found(&client, "filters[labels][IN][team]", "data,ops").await?, Some(0));

        let count = |filter| async {
            Ok::<_, Error>(client.executions().search_executions().filter(filter).await?.total)
        };
        assert_eq!(count(Filter::label("team").not_in(["data"])).await?, Some(2));
        assert_eq!(count(Filter::label("team").is_in(["data"])).await?, Some(1));
        let others = || Filter::label("team").not_in(["data", "ops"]);
        let some = || Filter::label("team").is_in(["data", "ops"]);
        if dialect == Dialect::V2_0 {
            assert_eq!(count(others()).await?, Some(1));
            assert_eq!(count(some()).await?, Some(2));
            assert_eq!(count(Filter::all([some(), Filter::label("team").not_equals("ops")])).await?, Some(1));
        } else {
            assert_eq!(count(some()).await.unwrap_err().kind(), ErrorKind::Unsupported);
        }
        // An action finds the ids first, on any version.
        let delete = |filter| {
            client.executions().delete_executions_by_query().filter(filter).include_non_terminated(true)
        };
        assert_eq!((delete(some()).dry_run().await?, delete(others()).dry_run().await?), (2, 1));
        assert_eq!(delete(others()).await?.total(), Some(1));
        assert_eq!(count(Filter::label("team").equals("web")).await?, Some(0));
        assert_eq!(count(Filter::namespace().equals(NAMESPACE)).await?, Some(2));
    }
    Ok(())
}

#[tokio::test]
async fn a_name_of_two_lines_would_be_no_filter() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = teams(dialect).await?;
        assert_eq!(found(&client, "filters[labels][EQUALS][te\nam]", "none").await?, Some(3));
        server.clear_requests();
        let filter = Filter::label("te\nam").equals("none");
        let error = client.executions().delete_executions_by_query().filter(filter).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("line break"), "{error}");
        assert!(server.requests().is_empty());
    }
    Ok(())
}
