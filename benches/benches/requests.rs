//! Requests a second, CPU and allocations a request, and heap bytes of a call in flight, side by side in one run.
//!
//! `cargo bench -p kestra-bench --bench requests`
#![allow(clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use cpu_time::ThreadTime;
use kestra_bench::contenders::{Contender, Failure, all};
use kestra_bench::server::{self, SILENT};
use tokio::runtime::Runtime;

const ROUNDS: usize = 15;
const REQUESTS: u32 = 400;

#[derive(Default)]
struct Figures {
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
    allocations: AllocationInfo,
    in_flight: i64,
}

fn main() -> Result<(), Failure> {
    let address = server::spawn()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let contenders = all(address)?;
    let mut figures: Vec<Figures> = contenders.iter().map(|_| Figures::default()).collect();
    for (_, contender) in &contenders {
        send(&runtime, contender, 50)?;
    }
    // In turn, so that what else the machine does hits all alike.
    for _ in 0..ROUNDS {
        for ((_, contender), figures) in contenders.iter().zip(&mut figures) {
            let (wall, cpu) = (Instant::now(), ThreadTime::now());
            send(&runtime, contender, REQUESTS)?;
            figures.cpu.push(cpu.elapsed() / REQUESTS);
            figures.wall.push(wall.elapsed() / REQUESTS);
        }
    }
    for ((_, contender), figures) in contenders.iter().zip(&mut figures) {
        let mut result = Ok(());
        figures.allocations = measure(|| result = send(&runtime, contender, 100));
        result?;
        figures.in_flight = in_flight(&runtime, contender);
    }
    report(&contenders, &mut figures);
    Ok(())
}

fn send(runtime: &Runtime, contender: &Contender, count: u32) -> Result<(), Failure> {
    runtime.block_on(async {
        for _ in 0..count {
            contender.get("hello").await?;
        }
        Ok(())
    })
}

/// Heap bytes that a call holds while its answer is waited for, on a connection that is open already.
fn in_flight(runtime: &Runtime, contender: &Contender) -> i64 {
    let mut held = None;
    let info = measure(|| {
        runtime.block_on(async {
            let mut call = Box::pin(contender.get(SILENT));
            let waited = tokio::time::timeout(Duration::from_millis(100), &mut call).await;
            held = Some((call, waited.is_ok()));
        });
    });
    drop(held);
    info.bytes_current
}

fn report(contenders: &[(&str, Contender)], figures: &mut [Figures]) {
    println!(
        "{:<10} {:>8} {:>9} {:>7} {:>7} {:>8} {:>9}",
        "", "req/s", "cpu µs", "cpu/raw", "allocs", "bytes", "in flight"
    );
    let raw = median(&mut figures[0].cpu);
    for ((name, _), figures) in contenders.iter().zip(figures) {
        let (wall, cpu) = (median(&mut figures.wall), median(&mut figures.cpu));
        println!(
            "{name:<10} {:>8.0} {:>9.1} {:>7.2} {:>7.1} {:>8.0} {:>9}",
            1.0 / wall.as_secs_f64(),
            cpu.as_secs_f64() * 1e6,
            cpu.as_secs_f64() / raw.as_secs_f64(),
            figures.allocations.count_total as f64 / 100.0,
            figures.allocations.bytes_total as f64 / 100.0,
            figures.in_flight,
        );
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
