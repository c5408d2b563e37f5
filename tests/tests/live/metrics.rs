//! What tasks measured is found again.

use kestra::jiff::{SignedDuration, Timestamp};
use kestra::models::State;

use crate::server::{eventually, on_every_server};

const MEASURES: &str = "
tasks:
  - id: measure
    type: io.kestra.plugin.core.metric.Publish
    metrics:
      - {type: counter, name: rows.read, value: 3, tags: {source: test}}
      - {type: timer, name: took, value: PT2S}
";

#[tokio::test]
async fn metrics_of_an_execution_are_read_and_summed_up() {
    on_every_server(async |site| {
        site.deploy("measures", MEASURES).await;
        let ended = site.started("measures", State::is_terminal).await;
        assert!(ended.state.unwrap().is_success());
        let (id, metrics) = (ended.id, site.client.metrics());
        let found = eventually("both metrics", async || {
            let found = metrics.search_metrics_by_execution(&id).items().collect().await.unwrap();
            (found.len() == 2).then_some(found)
        })
        .await;
        let rows = found.iter().find(|metric| metric.name == "rows.read").unwrap();
        assert_eq!((rows.value, rows.task_id.as_str()), (Some(3.0), "measure"));
        assert_eq!(rows.tags["source"], "test");
        let mut names = metrics.list_flow_metrics(&site.namespace, "measures").await.unwrap();
        names.sort();
        assert_eq!(names, ["rows.read", "took"]);
        assert_eq!(metrics.list_tasks_with_metrics(&site.namespace, "measures").await.unwrap(), ["measure"]);
        assert_eq!(metrics.list_task_metrics(&site.namespace, "measures", "measure").await.unwrap().len(), 2);
        let sums =
            metrics.aggregate_metrics_from_flow(&site.namespace, "measures", "rows.read").await.unwrap();
        assert!(sums.aggregations.iter().any(|sum| sum.value == Some(3.0)), "{sums:?}");
        // Servers read no other fraction of a second than one of three digits.
        let start = Timestamp::now() - SignedDuration::new(3600, 123_456_789);
        let sums = metrics.aggregate_metrics_from_flow(&site.namespace, "measures", "rows.read");
        let sums = sums.start_date(start).end_date(Timestamp::now()).await.unwrap();
        assert!(sums.aggregations.iter().any(|sum| sum.value == Some(3.0)), "{sums:?}");
    })
    .await;
}
