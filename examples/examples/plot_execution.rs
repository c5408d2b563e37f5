//! Draws when the tasks of an execution ran, as an SVG on standard output.
//!
//! `plot_execution [EXECUTION]`; without an id it runs a flow of its own.
#![allow(clippy::print_stdout)]

use std::fmt::Write as _;

use jiff::Timestamp;
use kestra::models::Execution;
use kestra::{BoxError, Client};
use kestra_examples::{NAMESPACE, Server};

const WIDTH: f64 = 800.0;
const ROW: f64 = 24.0;
const NAMES: f64 = 160.0;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    if let Some(id) = std::env::args().nth(1) {
        println!("{}", draw(&client.executions().get_execution(id).await?));
        return Ok(());
    }
    let id = format!("plot-{}", std::process::id());
    let execution = run(&client, &id).await?;
    println!("{}", draw(&execution));
    client.executions().delete_execution(execution.id).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}

async fn run(client: &Client, id: &str) -> Result<Execution, BoxError> {
    let source = format!(
        r#"
id: {id}
namespace: {NAMESPACE}
tasks:
  - id: wait
    type: io.kestra.plugin.core.flow.Sleep
    duration: PT0.1S
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - id: short
        type: io.kestra.plugin.core.flow.Sleep
        duration: PT0.1S
      - id: long
        type: io.kestra.plugin.core.flow.Sleep
        duration: PT0.3S
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: done
"#
    );
    client.flows().deploy(source).await?;
    let finished = client.executions().run(NAMESPACE, id).await?;
    Ok(client.executions().get_execution(finished.id()).await?)
}

struct Bar {
    name: String,
    state: String,
    start: Timestamp,
    end: Timestamp,
}

fn draw(execution: &Execution) -> String {
    let mut bars: Vec<Bar> = execution
        .task_run_list
        .iter()
        .flatten()
        .filter_map(|run| {
            let state = run.state.as_ref()?;
            let start = state.start_date.or_else(|| state.histories.first()?.date)?;
            let end = state.end_date.or_else(|| state.histories.last()?.date).unwrap_or(start);
            Some(Bar { name: run.task_id.clone(), state: state.current.to_string(), start, end })
        })
        .collect();
    bars.sort_by_key(|bar| bar.start);
    let start = bars.iter().map(|bar| bar.start).min().unwrap_or_default();
    let end = bars.iter().map(|bar| bar.end).max().unwrap_or_default();
    let all = end.duration_since(start).as_secs_f64().max(0.001);
    let x = |time: Timestamp| NAMES + time.duration_since(start).as_secs_f64() / all * (WIDTH - NAMES - 80.0);

    let height = ROW * (bars.len() as f64 + 1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         style=\"background: white\" font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    for (place, bar) in bars.iter().enumerate() {
        let y = ROW * (place as f64 + 0.5);
        let (left, width) = (x(bar.start), (x(bar.end) - x(bar.start)).max(1.0));
        let seconds = bar.end.duration_since(bar.start).as_secs_f64();
        let (name, colour) = (escaped(&bar.name), colour(&bar.state));
        // Writing to a string can't fail.
        let _ = writeln!(svg, "  <text x=\"4\" y=\"{:.1}\">{name}</text>", y + 12.0);
        let _ = writeln!(
            svg,
            "  <rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"3\" fill=\"{colour}\"/>"
        );
        let _ = writeln!(
            svg,
            "  <text x=\"{:.1}\" y=\"{:.1}\">{seconds:.2} s</text>",
            left + width + 4.0,
            y + 12.0
        );
    }
    svg.push_str("</svg>");
    svg
}

fn colour(state: &str) -> &'static str {
    match state {
        "SUCCESS" => "#2e9e5b",
        "WARNING" => "#d9a400",
        "FAILED" | "KILLED" | "CANCELLED" => "#cc3340",
        _ => "#6b7a90",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
