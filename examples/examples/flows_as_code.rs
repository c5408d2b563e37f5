//! Builds flows in Rust, deploys and runs them, and changes one that is deployed: by its values, and in its text.
#![allow(clippy::print_stdout)]

use kestra::flow::{Edit, Flow, Input, Output, Task, Trigger};
use kestra::{BoxError, Client};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let namespace = format!("{NAMESPACE}.code{}", std::process::id());
    let done = deploy_and_change(&client, &namespace).await;
    for id in ["typed", "coded"] {
        client.flows().delete_flow(&namespace, id).await?;
    }
    done
}

async fn deploy_and_change(client: &Client, namespace: &str) -> Result<(), BoxError> {
    let (day, dry) = (Input::date("day"), Input::boolean("dry").defaults(false));
    let coded = Flow::new(namespace, "coded")
        .output(Output::new("x", "STRING", day.expression()))
        .task(Task::log("greet", format!("{}: hi", day.expression())))
        .task(Task::parallel("each", [Task::returns("a", "x")]))
        .trigger(Trigger::schedule("daily", "0 6 * * *").input("day", "2026-01-01").disabled(true))
        .input(day);
    let typed = Flow::new(namespace, "typed")
        .input(dry)
        .task(Task::log("say", "--- \"q\"\nand {{ inputs.dry }}"))
        .task(Task::subflow("call", namespace, coded.id()).input("day", "2026-02-03"));
    println!("{typed}");

    for round in ["first", "second"] {
        let report = client.flows().deploy_all([&typed, &coded]).await?;
        report.check()?;
        println!("{round} time: {} changes", report.changes().count());
    }
    let finished = client.executions().run(namespace, "coded").input("day", "2026-02-03").await?;
    println!("outputs {}", serde_json::to_string(finished.outputs())?);

    let deployed = client.flows().get_flow(namespace, "typed").await?;
    let mut read: Flow = deployed.source.parse()?;
    read.task_mut("say")?.set("message", "changed");
    let deployed = client.flows().deploy(&read).await?;
    println!("changed by value: revision {:?}", deployed.revision);

    let mut text = Edit::new(deployed.source);
    text.set(&["tasks", "say", "message"], "again")?.append(&["tasks"], Task::log("done", "over"))?;
    println!("changed in its text: revision {:?}", client.flows().deploy(text).await?.revision);
    Ok(())
}
