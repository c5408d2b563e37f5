//! Sends a number of requests with one contender, for a profiler that counts instructions.
//!
//! `send-requests ADDRESS CONTENDER COUNT`

use kestra_bench::contenders::{Failure, contender};

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: send-requests ADDRESS CONTENDER COUNT");
    let (address, name, count) = (next()?.parse()?, next()?, next()?.parse::<usize>()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let contender = contender(&name, address)?;
        for _ in 0..count {
            contender.get("hello").await?;
        }
        Ok(())
    })
}
