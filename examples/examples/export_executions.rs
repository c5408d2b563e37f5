//! Writes executions as CSV, one page at a time, on servers that have no such export as well.
#![allow(clippy::print_stdout)]

use kestra::models::Execution;
use kestra::{BoxError, Filter};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let id = format!("export-{}", std::process::id());
    let source = format!(
        "id: {id}\nnamespace: {NAMESPACE}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    \
         message: hi\n"
    );
    client.flows().deploy(source).await?;
    for number in 0..5 {
        client.executions().run(NAMESPACE, &id).label("number", number.to_string()).await?;
    }

    println!("id,state,start,seconds,labels");
    let search = client.executions().search_executions().filter(Filter::flow_id().equals(&id));
    let mut rows = search.look_back("P90D").size(2).items();
    let mut ids = Vec::new();
    while let Some(execution) = rows.next().await {
        let execution = execution?;
        println!("{}", row(&execution));
        ids.push(execution.id);
    }
    println!(
        "\n{} of {:?} rows; a later run goes on from `{}`",
        ids.len(),
        rows.total(),
        rows.continuation()
    );

    client.executions().delete_executions_by_ids(ids).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    Ok(())
}

fn row(execution: &Execution) -> String {
    let state = execution.state.as_ref();
    let start = state.and_then(|state| state.start_date);
    let end = state.and_then(|state| state.end_date);
    let seconds = start.zip(end).map(|(start, end)| end.duration_since(start).as_secs_f64());
    let labels: Vec<String> = execution.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let columns = [
        execution.id.clone(),
        state.map(|state| state.current.to_string()).unwrap_or_default(),
        start.map(|start| start.to_string()).unwrap_or_default(),
        seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default(),
        labels.join(";"),
    ];
    columns.map(|column| quoted(&column)).join(",")
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
