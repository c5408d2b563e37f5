//! Makes a dashboard and exports one of its charts as CSV, on servers that keep dashboards of API clients.
//!
//! Those are all of 1.x, and from 2.0 on the Enterprise ones.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use jiff::Timestamp;
use kestra::models::ChartFiltersOverrides;
use kestra::{BoxError, Client};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start_before_2().await?;
    let client = server.client()?.build()?;
    let id = format!("dashboard-{}", std::process::id());
    client.flows().deploy(flow(&id)).await?;
    for _ in 0..3 {
        client.executions().run(NAMESPACE, &id).await?;
    }

    let exported = export(&client, &id).await;

    let ids = client.executions().search_executions_by_flow_id(NAMESPACE, &id).ids().await?;
    client.executions().delete_executions_by_ids(ids).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    match exported {
        Ok(csv) => println!("{csv}"),
        // The routes are not there, or not for us; 501 is what the embedded server says.
        Err(error)
            if error.status().is_some_and(|status| [403, 404, 405, 501].contains(&status.as_u16())) =>
        {
            println!("this server keeps no dashboards for API clients: {error}");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The rows of the chart: executions of the last hour by flow and state.
async fn export(client: &Client, id: &str) -> Result<String, kestra::Error> {
    let dashboards = client.dashboards();
    dashboards.create_dashboard(dashboard(id)).await?;
    let now = Timestamp::now();
    let within = ChartFiltersOverrides::new().start_date(now - Duration::from_secs(3600)).end_date(now);
    let csv = match dashboards.export_dashboard_chart(id, "by_flow", within).await {
        Ok(download) => download.bytes().await,
        Err(error) => Err(error),
    };
    dashboards.delete_dashboard(id).await?;
    Ok(String::from_utf8_lossy(&csv?).into_owned())
}

fn flow(id: &str) -> String {
    format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
    )
}

fn dashboard(id: &str) -> String {
    format!(
        r#"
id: {id}
title: Executions by flow
timeWindow:
  default: P1D
  max: P30D
charts:
  - id: by_flow
    type: io.kestra.plugin.core.dashboard.chart.Table
    chartOptions:
      displayName: By flow
    data:
      type: io.kestra.plugin.core.dashboard.data.Executions
      columns:
        flow:
          field: FLOW_ID
        state:
          field: STATE
        total:
          agg: COUNT
"#
    )
}
