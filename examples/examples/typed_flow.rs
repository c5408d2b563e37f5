//! Runs a flow whose inputs and outputs are Rust types, which `kestra-flowgen` has written for the folder `flows`, and tells what the
//! deployed flow has otherwise after somebody changed it.
//!
//! ```sh
//! cargo run -p kestra-flowgen -- examples/examples/typed_flow/flows examples/examples/typed_flow/flows.rs
//! ```
#![allow(clippy::print_stdout)]

#[path = "typed_flow/flows.rs"]
mod flows;

use flows::sdk_examples_typed::{Report, ReportMode};
use jiff::civil::date;
use kestra::{BoxError, Client};
use kestra_examples::Server;

const SOURCE: &str = include_str!("typed_flow/flows/report.yaml");

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let done = run_and_verify(&client).await;
    client.flows().delete_flow("sdk.examples.typed", "report").await?;
    done
}

async fn run_and_verify(client: &Client) -> Result<(), BoxError> {
    client.flows().deploy(SOURCE).await?;
    client.verify_all(flows::ALL).await?;

    let report = Report::new(date(2026, 11, 30)).mode(ReportMode::VerySlow).limit(7);
    let done = client.run(report).label("team", "data").await?;
    println!("{}: {} rows", done.outputs.title, done.outputs.rows);
    println!("execution {}", done.id());

    let changed =
        SOURCE.replace("id: limit, type: INT, defaults: 100", "id: limit, type: STRING, defaults: all");
    client.flows().deploy(changed.replace("inputs:", "inputs:\n  - {id: who, type: STRING}")).await?;
    if let Err(error) = client.verify::<Report>().await {
        for sentence in error.failures() {
            println!("{sentence}");
        }
    }
    Ok(())
}
