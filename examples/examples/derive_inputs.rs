//! Declares a flow's inputs and outputs as Rust types: the flow is deployed from them, called with them and compared with them.
#![allow(clippy::print_stdout)]

use jiff::civil::{Date, date};
use kestra::flow::{Flow, Output, Task};
use kestra::{BoxError, Client, FlowInputs as _};
use kestra_examples::{NAMESPACE, Server};

#[derive(Debug, kestra::Select)]
enum Mode {
    Fast,
    #[select(rename = "very slow")]
    VerySlow,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report", outputs = ReportOutputs)]
struct Report {
    /// The day to report on.
    day: Date,
    #[input(default = false, display_name = "Dry run")]
    dry_run: bool,
    #[input(default = 10, min = 1, max = 100)]
    limit: Option<i32>,
    mode: Mode,
}

#[derive(Debug, kestra::Outputs)]
struct ReportOutputs {
    rows: i32,
    mode: Mode,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    // On a server with flows of others; without it the namespace is that of the type.
    let namespace = format!("{NAMESPACE}.derive{}", std::process::id());
    let done = deploy_and_run(&client, &namespace).await;
    client.flows().delete_flow(&namespace, Report::FLOW).await?;
    done
}

async fn deploy_and_run(client: &Client, namespace: &str) -> Result<(), BoxError> {
    let flow = Report::add_to(Flow::new(namespace, Report::FLOW))
        .task(Task::log("log", "{{ inputs.day }}"))
        .output(Output::new("rows", "INT", "{{ inputs.limit }}"))
        .output(Output::new("mode", "STRING", "{{ inputs.mode }}"));
    println!("{flow}");
    client.flows().deploy(&flow).await?;

    for limit in [None, Some(3)] {
        let report = Report { day: date(2026, 11, 30), dry_run: true, limit, mode: Mode::VerySlow };
        let done = client.run(report).namespace(namespace).await?;
        println!("limit {limit:?}: {} rows, {:?}", done.outputs.rows, done.outputs.mode);
    }

    // Somebody changes the flow: a program finds that out when it starts.
    client.verify::<Report>().namespace(namespace).await?;
    let mut changed = flow.to_yaml().replace("type: DATE", "type: STRING");
    changed = changed.replace("- Fast", "- Slow");
    client.flows().deploy(changed).await?;
    if let Err(error) = client.verify::<Report>().namespace(namespace).await {
        error.failures().iter().for_each(|difference| println!("{difference}"));
    }
    Ok(())
}
