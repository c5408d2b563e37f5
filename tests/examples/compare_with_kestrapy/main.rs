//! Runs `tests/interop/kestrapy_operations.py` against one embedded server, the same operations with our client against
//! another, and compares what both servers got: method, path, query, content type and body.
//!
//! `cargo run -p kestra-tests --example compare_with_kestrapy -- PYTHON`
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod differences;
mod normal;
mod operations;
mod steps;
mod stubbed_responses;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use kestra_testkit::{Dialect, TestServer};

use crate::differences::Differences;
use crate::normal::Operation;
use crate::steps::Steps;

type Failure = Box<dyn Error + Send + Sync>;

const USER: &str = "user@example.com";
const PASSWORD: &str = "Password1";

/// Fewer operations than these compare too little.
const AT_LEAST: usize = 40;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let python = std::env::args().nth(1).ok_or("usage: compare_with_kestrapy PYTHON")?;
    let (theirs, ours) = (server().await?, server().await?);

    let (script, url) = (folder().join("kestrapy_operations.py"), theirs.url().to_owned());
    let ran =
        tokio::task::spawn_blocking(move || Command::new(python).arg(script).arg(url).status()).await??;
    if !ran.success() {
        return Err(format!("kestrapy's operations ended with {ran}").into());
    }
    let mut steps = Steps::new(&ours)?;
    operations::all(&mut steps).await?;

    let (theirs, ours) = (normal::named(&theirs.requests()), steps.operations());
    Ok(compare(&theirs, &ours))
}

/// Two servers that answer the same.
async fn server() -> Result<TestServer, Failure> {
    let server = TestServer::builder().dialect(Dialect::V2_0).basic_auth(USER, PASSWORD).start().await?;
    stubbed_responses::give(&server);
    Ok(server)
}

/// Where the script and the sources of flows are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

fn compare(theirs: &[Operation], ours: &[Operation]) -> ExitCode {
    let mut known = Differences::default();
    let (mut requests, mut differing) = (0, 0);
    let nothing = Operation::default();
    for place in 0..theirs.len().max(ours.len()) {
        let (a, b) = (theirs.get(place).unwrap_or(&nothing), ours.get(place).unwrap_or(&nothing));
        if a.name != b.name {
            println!("operation {place} is {:?} of kestrapy and {:?} of ours", a.name, b.name);
            return ExitCode::FAILURE;
        }
        requests += a.requests.len().max(b.requests.len());
        for (theirs, ours) in a.beside(b).filter(|(theirs, ours)| theirs != ours) {
            match known.explain(&a.name, theirs, ours) {
                Some(reason) => println!("{} differs as known: {reason}", a.name),
                None => {
                    differing += 1;
                    println!("{} differs\n  kestrapy: {theirs}\n  ours:     {ours}", a.name);
                }
            }
        }
    }
    let unmet: Vec<&str> = known.unmet().collect();
    if !unmet.is_empty() {
        println!("known to differ, but the same: {}", unmet.join(", "));
    }
    let operations = theirs.iter().map(|operation| &operation.name).collect::<BTreeSet<_>>().len();
    println!("{operations} operations, {requests} requests compared, {differing} differ");
    if differing == 0 && unmet.is_empty() && operations >= AT_LEAST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
