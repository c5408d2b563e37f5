//! Charts: what is validated, and the rows that servers count for them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::net::SocketAddr;

use kestra_testkit::{Dialect, TestServer};
use raw::{Answer, create_flow, request, send};
use serde_json::{Value, json};

const DASHBOARD: &str = "id: board\ntitle: Board\ntimeWindow: {default: P7D, max: P30D}\ncharts:\n\
    - id: table\n  type: io.kestra.plugin.core.dashboard.chart.Table\n  data:\n    \
        type: io.kestra.plugin.core.dashboard.data.Executions\n    \
        columns: {flow: {field: FLOW_ID}, total: {agg: COUNT}, flows: {field: FLOW_ID, agg: COUNT_DISTINCT}}\n    \
        orderBy: [{column: total, order: DESC}]\n\
    - id: failures\n  type: io.kestra.plugin.core.dashboard.chart.Table\n  data:\n    \
        type: io.kestra.plugin.core.dashboard.data.Executions\n    columns: {total: {agg: COUNT}}\n    \
        where: [{type: EQUAL_TO, field: STATE, value: FAILED}]\n\
    - id: number\n  type: io.kestra.plugin.core.dashboard.chart.KPI\n  data:\n    \
        type: io.kestra.plugin.core.dashboard.data.ExecutionsKPI\n    columns: {field: ID, agg: COUNT}\n    \
        numerator: [{type: IN, field: STATE, values: [SUCCESS]}]\n\
    - id: share\n  type: io.kestra.plugin.core.dashboard.chart.KPI\n  chartOptions: {numberType: PERCENTAGE}\n  data:\n    \
        type: io.kestra.plugin.core.dashboard.data.ExecutionsKPI\n    columns: {field: ID, agg: COUNT}\n    \
        numerator: [{type: IN, field: STATE, values: [SUCCESS]}]\n\
    - id: text\n  type: io.kestra.plugin.core.dashboard.chart.Markdown\n  content: hi\n";

async fn server(dialect: Dialect) -> (TestServer, SocketAddr) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let address = server.address();
    for (id, kind) in [("good", "debug.Return"), ("bad", "execution.Fail")] {
        let source = format!(
            "id: {id}\nnamespace: company.{id}\ntasks: [{{id: a, type: io.kestra.plugin.core.{kind}}}]\n"
        );
        assert_eq!(create_flow(address, &source).await.status, 200);
    }
    for id in ["good", "good", "bad"] {
        let path = format!("/api/v1/main/executions/company.{id}/{id}?wait=true");
        let answer = send(address, &request("POST", &path, &[], "")).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    (server, address)
}

async fn post(address: SocketAddr, route: &str, media_type: &str, body: &str) -> Answer {
    let path = format!("/api/v1/main/dashboards{route}");
    send(address, &request("POST", &path, &[("content-type", media_type)], body)).await.unwrap()
}

async fn store(address: SocketAddr) {
    let created = post(address, "", "application/x-yaml", DASHBOARD).await;
    assert_eq!(created.status, 200, "{}", created.body);
}

async fn data(address: SocketAddr, chart: &str, asked: Value) -> Answer {
    post(address, &format!("/board/charts/{chart}"), "application/json", &asked.to_string()).await
}

const VERSIONS: [Dialect; 2] = [Dialect::V1_0, Dialect::V1_3];

#[tokio::test]
async fn a_table_is_ordered_and_cut_into_pages() {
    for dialect in VERSIONS {
        let (_server, address) = server(dialect).await;
        store(address).await;
        let (good, bad) =
            (json!({"flow": "good", "total": 2, "flows": 1}), json!({"flow": "bad", "total": 1, "flows": 1}));
        let all = data(address, "table", json!({})).await.json();
        assert_eq!(all, json!({"results": [good, bad], "total": 2}));
        let second = data(address, "table", json!({"pageSize": 1, "pageNumber": 2})).await.json();
        assert_eq!(second, json!({"results": [bad], "total": 2}));
        let size_alone = data(address, "table", json!({"pageSize": 1})).await.json();
        assert_eq!(size_alone, all);
    }
}

#[tokio::test]
async fn a_kpi_is_a_number_or_a_share() {
    for dialect in VERSIONS {
        let (_server, address) = server(dialect).await;
        store(address).await;
        let value = |answer: Answer| answer.json()["results"][0]["value"].as_f64();
        assert_eq!(value(data(address, "number", json!({})).await), Some(2.0));
        assert_eq!(value(data(address, "share", json!({})).await), Some(66.67));
        let none = json!({"filters": [{"field": "namespace", "operation": "EQUALS", "value": "nope"}]});
        let share = data(address, "share", none).await;
        assert_eq!((share.json()["total"].as_u64(), value(share)), (Some(1), Some(0.0)));
        let failures = data(address, "failures", json!({})).await.json();
        assert_eq!(failures["results"], json!([{"total": 1}]));
    }
}

#[tokio::test]
async fn only_filters_narrow_a_chart() {
    for dialect in VERSIONS {
        let (_server, address) = server(dialect).await;
        store(address).await;
        let rows = async |asked: Value| data(address, "table", asked).await.json()["total"].clone();
        // The other fields of the body are read by no server.
        let ignored =
            json!({"startDate": "2000-01-01T00:00:00Z", "endDate": "2000-01-02T00:00:00Z", "namespace": "x"});
        assert_eq!(rows(ignored).await, 2);
        let filter = |field: &str, operation: &str, value: &str| json!({"filters": [{"field": field, "operation": operation, "value": value}]});
        assert_eq!(rows(filter("namespace", "EQUALS", "company.bad")).await, 1);
        assert_eq!(rows(filter("state", "NOT_EQUALS", "FAILED")).await, 1);
        assert_eq!(rows(filter("flowId", "STARTS_WITH", "g")).await, 1);
        assert_eq!(rows(filter("timeRange", "EQUALS", "PT1H")).await, 2);
        let long = data(address, "table", filter("timeRange", "EQUALS", "P60D")).await;
        assert_eq!(long.status, 422);
        assert!(long.body.contains("larger than the max allowed one"), "{}", long.body);
        // The filter takes the place of the chart's own condition.
        let asked = filter("state", "EQUALS", "SUCCESS");
        assert_eq!(data(address, "failures", asked).await.json()["results"], json!([{"total": 2}]));
    }
}

#[tokio::test]
async fn tables_alone_are_exported() {
    for dialect in VERSIONS {
        let (_server, address) = server(dialect).await;
        store(address).await;
        let export = async |chart: &str| {
            let route = format!("/board/charts/{chart}/export/to-csv");
            post(address, &route, "application/json", "{}").await
        };
        assert_eq!(export("failures").await.body, "total\r\n1\r\n");
        assert_eq!(export("number").await.status, 422);
        assert_eq!(export("nope").await.status, 404);
        let chart = "id: t\ntype: io.kestra.plugin.core.dashboard.chart.Table\ndata: {type: io.kestra.plugin.core.dashboard.data.Executions, columns: {n: {agg: COUNT}}}";
        let body = json!({"chart": chart}).to_string();
        let exported = post(address, "/charts/export/to-csv", "application/json", &body).await;
        assert_eq!(exported.body, "n\r\n3\r\n");
        assert!(exported.header("content-disposition").unwrap().contains("default-dashboard_t_export.csv"));
        assert_eq!(post(address, "/charts/preview", "application/json", &body).await.json()["total"], 1);
    }
}

#[tokio::test]
async fn unknown_words_of_a_chart_are_refused() {
    for dialect in VERSIONS {
        let (_server, address) = server(dialect).await;
        for (from, to) in [
            ("field: FLOW_ID, agg", "field: FLOW, agg"),
            ("agg: COUNT_DISTINCT", "agg: TOTAL"),
            ("type: EQUAL_TO", "type: EQUALS"),
            ("field: ID, agg: COUNT", "field: ID"),
        ] {
            let broken = DASHBOARD.replace(from, to);
            assert_ne!(broken, DASHBOARD);
            assert_eq!(post(address, "", "application/x-yaml", &broken).await.status, 422, "{to}");
            let verdict = post(address, "/validate", "application/x-yaml", &broken).await.json();
            assert!(verdict["constraints"].is_string(), "{to}: {verdict}");
        }
        let kpi = "id: k\ntype: io.kestra.plugin.core.dashboard.chart.KPI\ndata: {type: io.kestra.plugin.core.dashboard.data.ExecutionsKPI, columns: {field: ID}}";
        let verdict = post(address, "/validate/chart", "application/x-yaml", kpi).await.json();
        assert_eq!(
            verdict["constraints"],
            "Invalid entity: : Invalid data chart: Agg on column is required."
        );
    }
}
