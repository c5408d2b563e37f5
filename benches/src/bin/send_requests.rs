//! Sends an operation with a client a number of times, for a profiler that counts instructions.
//!
//! `send-requests OPERATION CLIENT COUNT`

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use kestra_bench::contenders::{Contender, Failure, contender};
use kestra_bench::lockstep::Lockstep;
use kestra_bench::operation::Operation;
use tokio::runtime::{Builder, Runtime};

/// Calls before the measurement: they open the connection and fill caches.
const WARM_UP: usize = 5;

/// Whether instructions are counted.
static IS_COUNTED: AtomicBool = AtomicBool::new(false);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: send-requests OPERATION CLIENT COUNT");
    let (operation, name, count) = (next()?, next()?, next()?.parse()?);
    let operation = Operation::ALL.into_iter().find(|known| known.name() == operation);
    let server = Lockstep::bind()?;
    let address = server.lock().unwrap_or_else(PoisonError::into_inner).address()?;
    let contender = contender(&name, operation.ok_or("there is no such operation")?, address)?;
    let serve = move || match IS_COUNTED.load(Ordering::Relaxed) {
        true => uncounted_server(&server),
        false => server.lock().unwrap_or_else(PoisonError::into_inner).respond(),
    };
    let runtime = Builder::new_current_thread().enable_all().on_thread_park(serve).build()?;
    runtime.block_on(send(&contender, WARM_UP))?;
    counted_calls(&runtime, &contender, count)
}

/// The function whose instructions are counted.
#[inline(never)]
fn counted_calls(runtime: &Runtime, contender: &Contender, count: usize) -> Result<(), Failure> {
    IS_COUNTED.store(true, Ordering::Relaxed);
    runtime.block_on(send(contender, count))
}

/// The function within, whose instructions aren't.
#[inline(never)]
fn uncounted_server(server: &Mutex<Lockstep>) {
    server.lock().unwrap_or_else(PoisonError::into_inner).respond();
}

async fn send(contender: &Contender, count: usize) -> Result<(), Failure> {
    for _ in 0..count {
        contender.send().await?;
    }
    Ok(())
}
