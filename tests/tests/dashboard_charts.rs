//! The data of charts, through the client.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod on_server;

use kestra::models::{ChartFiltersOverrides, PreviewRequest};
use kestra_testkit::Dialect;
use on_server::{NAMESPACE, failing, flow, server};

const TABLE: &str = "id: states\ntype: io.kestra.plugin.core.dashboard.chart.Table\ndata:\n  \
    type: io.kestra.plugin.core.dashboard.data.Executions\n  columns: {state: {field: STATE}, total: {agg: COUNT}}\n  \
    orderBy: [{column: state, order: ASC}]\n";

const SHARE: &str = "id: share\ntype: io.kestra.plugin.core.dashboard.chart.KPI\nchartOptions: {numberType: PERCENTAGE}\ndata:\n  \
    type: io.kestra.plugin.core.dashboard.data.ExecutionsKPI\n  columns: {field: ID, agg: COUNT}\n  \
    numerator: [{type: IN, field: STATE, values: [SUCCESS]}]\n";

#[tokio::test]
async fn charts_are_validated_previewed_and_read_in_pages() {
    for dialect in [Dialect::V1_0, Dialect::V1_3] {
        let (server, client) = server(dialect).await;
        server.deploy(flow("good", "hi")).unwrap();
        server.deploy(failing("bad")).unwrap();
        for id in ["good", "bad"] {
            client.executions().create_execution(NAMESPACE, id).wait(true).await.unwrap();
        }
        let dashboards = client.dashboards();
        let verdict = dashboards.validate_chart(SHARE).await.unwrap();
        assert_eq!(verdict.constraints, None);
        let verdict = dashboards.validate_chart(SHARE.replace(", agg: COUNT", "")).await.unwrap();
        assert!(verdict.constraints.unwrap().contains("Agg on column is required"));

        let share = dashboards.preview_chart(PreviewRequest::new(SHARE)).await.unwrap();
        assert_eq!(share.results[0]["value"], 50.0);

        let indented = TABLE.trim_end().replace('\n', "\n    ");
        let board = format!("id: board\ntitle: Board\ncharts:\n  - {indented}\n");
        dashboards.create_dashboard(board).await.unwrap();
        let page = ChartFiltersOverrides::default().page_size(1).page_number(2);
        let page = dashboards.get_dashboard_chart_data("board", "states", page).await.unwrap();
        assert_eq!((page.total, page.results.len()), (Some(2), 1), "{dialect:?}");
        assert_eq!(page.results[0]["state"], "SUCCESS");
    }
}
