//! Deploys the flows of a folder as a pipeline does: check, plan, apply; a failure ends it with a status.
//!
//! `deploy_flows [FOLDER [NAMESPACE…]]`; flows of the namespaces named that the folder lacks are deleted. Without a folder it
//! makes one.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use kestra::BoxError;
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let mut arguments = std::env::args();
    let given = arguments.nth(1).map(PathBuf::from);
    let own = format!("{NAMESPACE}.deploy{}", std::process::id());
    let folder = match &given {
        Some(folder) => folder.clone(),
        None => example(&own)?,
    };
    let namespaces: Vec<String> = if given.is_some() { arguments.collect() } else { vec![own] };
    let sync = || {
        let sync = client.flows().sync(&folder);
        namespaces.iter().fold(sync, |sync, namespace| sync.delete_in(namespace))
    };

    let plan = sync().dry_run(true).await?;
    println!("{plan:#}");
    plan.check()?;
    let done = sync().await?;
    done.check()?;
    println!("{done}");
    println!("a second time: {} changes", sync().await?.changes().count());

    if given.is_none() {
        std::fs::remove_dir_all(&folder)?;
        std::fs::create_dir_all(&folder)?;
        sync().allow_empty(true).await?.check()?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn example(namespace: &str) -> Result<PathBuf, BoxError> {
    let folder = std::env::temp_dir().join(format!("kestra-flows-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    for id in ["extract", "load"] {
        let source = format!(
            "id: {id}\nnamespace: {namespace}\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    \
             message: {id}\n"
        );
        std::fs::write(folder.join(format!("{id}.yml")), source)?;
    }
    Ok(folder)
}
