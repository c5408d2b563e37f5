//! Sends an operation with a client a number of times, for a profiler that counts instructions.
//!
//! `send-requests ADDRESS OPERATION CLIENT COUNT`

use kestra_bench::contenders::{Contender, Failure, contender};
use kestra_bench::operation::Operation;
use tokio::runtime::Runtime;

/// Calls before the measurement: they open the connection and fill caches.
const WARM_UP: usize = 5;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: send-requests ADDRESS OPERATION CLIENT COUNT");
    let (address, operation, name, count) = (next()?.parse()?, next()?, next()?, next()?.parse()?);
    let operation = Operation::ALL.into_iter().find(|known| known.name() == operation);
    let contender = contender(&name, operation.ok_or("there is no such operation")?, address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(send(&contender, WARM_UP))?;
    measured_row(&runtime, &contender, count)
}

/// The function whose instructions are counted.
#[inline(never)]
fn measured_row(runtime: &Runtime, contender: &Contender, count: usize) -> Result<(), Failure> {
    runtime.block_on(send(contender, count))
}

async fn send(contender: &Contender, count: usize) -> Result<(), Failure> {
    for _ in 0..count {
        contender.send().await?;
    }
    Ok(())
}
