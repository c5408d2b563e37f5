//! Decoding a page of executions as the client does against structs written by hand for the same fields.
//!
//! `cargo bench -p kestra-bench --bench decode`
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use allocation_counter::measure;
use cpu_time::ThreadTime;
use kestra_bench::contenders::Failure;
use kestra_bench::decoding;
use kestra_core::internal::json::from_slice;

const ROUNDS: usize = 41;

type Ours = kestra::models::Page<kestra::models::Execution>;

fn main() -> Result<(), Failure> {
    let page = decoding::page(200);
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    // As the client reads a response.
    let read = |page: &str| from_slice::<Ours>(page.as_bytes());
    for _ in 0..ROUNDS {
        ours.push(time(|| read(&page))?);
        plain.push(time(|| serde_json::from_str::<decoding::Page>(&page))?);
    }
    let ours_allocations = measure(|| drop(read(&page))).count_total;
    let plain_allocations = measure(|| drop(serde_json::from_str::<decoding::Page>(&page))).count_total;
    let ratios: Vec<f64> = ours.iter().zip(&plain).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    println!("{} bytes, 200 executions", page.len());
    println!("ours  {:>8.1} µs {ours_allocations:>7} allocations", median(&mut ours).as_secs_f64() * 1e6);
    println!("plain {:>8.1} µs {plain_allocations:>7} allocations", median(&mut plain).as_secs_f64() * 1e6);
    println!("ratio {:>8.2} (median of {ROUNDS} pairs)", middle(ratios));
    Ok(())
}

fn time<T, E: std::error::Error + Send + Sync + 'static>(
    read: impl Fn() -> Result<T, E>,
) -> Result<Duration, Failure> {
    const TIMES: u32 = 5;
    let begun = ThreadTime::now();
    for _ in 0..TIMES {
        drop(black_box(read()?));
    }
    Ok(begun.elapsed() / TIMES)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn middle(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_unstable_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
