//! A program that Kestra runs as a task, and what a server sees of it.
//!
//! Started by itself it prints the flow, starts itself again as the task, and prints each line of its output.
#![allow(clippy::print_stdout)]

use std::env;
use std::process::{Command, ExitCode};

use kestra::BoxError;
use kestra::flow::{Flow, Input, Map, Task};
use kestra_task::{Context, Level, counter, env_variables, input, log, output, timer};

fn main() -> ExitCode {
    if env::var_os("KESTRA_TASK_RUN_ID").is_some() {
        return kestra_task::main(sum);
    }
    kestra_task::main(show)
}

/// What the task does.
fn sum() -> Result<(), kestra_task::Error> {
    let context = Context::from_env()?;
    let numbers: Vec<i64> = input("numbers")?;
    let scale: Option<i64> = input("scale")?;
    let add = timer("add");
    log(Level::Info, format_args!("{}: adding {} numbers", context.flow_id, numbers.len()))?;
    let sum: i64 = numbers.iter().sum();
    add.stop()?;
    counter("numbers", numbers.len())?;
    output("sum", sum * scale.unwrap_or(1))
}

fn show() -> Result<(), BoxError> {
    let variables: Map = env_variables(&["numbers", "scale"])?.into_iter().collect();
    let task = Task::new("sum", "io.kestra.plugin.scripts.shell.Commands")
        .set("taskRunner", Map::new().with("type", "io.kestra.plugin.core.runner.Process"))
        .set("env", variables)
        .set("commands", vec!["/opt/tasks/sum"]);
    let flow = Flow::new("company.team", "sums")
        .input(Input::new("numbers", "ARRAY").set("itemType", "INT"))
        .input(Input::int("scale").required(false))
        .task(task);
    println!("{flow}");

    // As Kestra would render it.
    let rendered = [
        ("KESTRA_EXECUTION_ID", "5cFXCoQ2Q8G7bXcDgKfkNV"),
        ("KESTRA_FLOW_NAMESPACE", "company.team"),
        ("KESTRA_FLOW_ID", "sums"),
        ("KESTRA_FLOW_REVISION", "1"),
        ("KESTRA_TASK_ID", "sum"),
        ("KESTRA_TASK_RUN_ID", "1WPeQYGmMzRkZMfKVVcgCM"),
        ("KESTRA_INPUT_NUMBERS", "[1,2,3]"),
        ("KESTRA_INPUT_SCALE", "null"),
    ];
    let task = Command::new(env::current_exe()?).envs(rendered).output()?;
    for line in String::from_utf8(task.stdout)?.lines().filter(|line| !line.is_empty()) {
        println!("{line}");
    }
    if task.status.success() { Ok(()) } else { Err(format!("the task failed: {}", task.status).into()) }
}
