use std::time::Duration;

use kestra::{Error, ErrorKind, Filter};
use kestra_testkit::Dialect;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::Traces;
use crate::{flow, run, serve};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn how_far_to_look_back_is_said() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        run(&client, "hello").await?;
        let executions = client.executions();
        // Nothing said is eight days, by the server's choice.
        executions.search_executions().await?;
        assert!(server.requests().pop().unwrap().query.is_empty());

        let found = executions.search_executions().look_back(DAY * 30).await?;
        assert_eq!(found.total, Some(1));
        let expected = ("filters[timeRange][EQUALS]".to_owned(), "PT720H".to_owned());
        assert_eq!(server.requests().pop().unwrap().query, [expected]);

        let since = "2020-01-01T00:00:00Z";
        executions.search_executions().since(since.parse().unwrap()).await?;
        client.logs().search_logs().since(since.parse().unwrap()).await?;
        for request in &server.requests()[server.requests().len() - 2..] {
            assert_eq!(request.query_value("filters[startDate][GREATER_THAN_OR_EQUAL_TO]"), Some(since));
        }
        let future = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(executions.search_executions().since(future).await?.total, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_older_than_eight_days_is_not_found_unless_asked_for() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        run(&client, "hello").await?;
        server.age_executions(DAY * 20);
        let executions = client.executions();
        assert_eq!(executions.search_executions().await?.total, Some(0));
        assert_eq!(executions.search_executions().look_back("P30D").await?.total, Some(1));
        let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 30);
        assert_eq!(executions.search_executions().since(since).await?.total, Some(1));
        // Everything is everything of eight days.
        assert_eq!(executions.delete_executions_by_query().all().await?.total(), Some(0));
        assert_eq!(executions.delete_executions_by_query().all().since(since).await?.total(), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn two_ways_to_say_it_are_refused() {
    let (server, client) = serve(Dialect::V2_0).await;
    let since = jiff::Timestamp::UNIX_EPOCH;
    let both = client.executions().search_executions().since(since).look_back("P1D").await.unwrap_err();
    let end = Filter::end_date().at_most(since);
    let ended = client.logs().search_logs().filter(end).look_back("P1D").await.unwrap_err();
    for error in [both, ended] {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("can't be combined"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_action_that_misses_what_is_old_is_a_warning() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        run(&client, "hello").await?;
        server.age_executions(DAY * 20);
        let executions = client.executions();
        let delete =
            || executions.delete_executions_by_query().filter(Filter::namespace().equals(crate::NAMESPACE));
        let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 30);
        let warned =
            || traces.of("kestra::bulk").iter().filter(|trace| trace.level == tracing::Level::WARN).count();

        // As it is, counted, by ids, and limited: once each.
        let before = warned();
        assert_eq!(delete().await?.total(), Some(0));
        assert_eq!(delete().dry_run().await?, 0);
        assert_eq!(delete().by_ids().await?.total(), 0);
        assert_eq!(delete().at_most(3).await?.total(), Some(0));
        let by_label = delete().filter(Filter::label("team").not_equals("x"));
        assert_eq!(by_label.await?.total(), Some(0));
        let ended = delete().filter(Filter::end_date().less_than(jiff::Timestamp::now()));
        assert_eq!(ended.await?.total(), Some(0));
        assert_eq!(warned() - before, 6, "{dialect:?}");

        // Nothing is missed, or nothing is done.
        let before = warned();
        executions.search_executions().await?;
        client.flows().disable_flows_by_query().namespace(crate::NAMESPACE).await?;
        executions.delete_executions_by_query().await.unwrap_err();
        assert_eq!(delete().look_back("P1D").await?.total(), Some(0));
        assert_eq!(delete().filter(Filter::start_date().less_than(since)).await?.total(), Some(0));
        assert_eq!(delete().since(since).dry_run().await?, 1);
        assert_eq!(delete().since(since).await?.total(), Some(1));
        assert_eq!(warned(), before, "{dialect:?}");
    }
    Ok(())
}
