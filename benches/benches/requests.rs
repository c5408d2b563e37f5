//! What calls cost with each client, side by side in one run, against a loopback server in a process of its own.
//!
//! `cargo bench -p kestra-bench --bench requests`. With 2,000 calls in flight, each process has as many sockets: `ulimit -n`
//! must allow that.
#![allow(clippy::print_stdout, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use cpu_time::ThreadTime;
use futures_util::StreamExt as _;
use kestra_bench::contenders::{Contender, Failure, NAMES, contender};
use kestra_bench::operation::Operation;
use tokio::runtime::Runtime;

const ROUNDS: usize = 9;

const LEGEND: &str = "\
raw        hyper-util's client, the request prepared once, the bytes of the response collected
transport  the client's transport without layers, the same request
client     the client with its default layers, from the builder to the bytes of the response
decoded    the same, with the response decoded
reqwest    reqwest, the same request, the response decoded into the same model by serde_json

in flight  how many calls are in flight at once, on one thread
calls/s    calls a second
cpu µs     CPU time of the client's thread, a call
cpu/raw    the same as a multiple of that of `raw`, the median of the rounds
allocs     allocations a call
peak KB    heap at its peak, connections included, a call in flight
";

fn main() -> Result<(), Failure> {
    let (mut server, address) = spawn_server()?;
    let result = compare(address);
    // It ends when its standard input closes.
    drop(server.stdin.take());
    server.wait()?;
    result
}

fn spawn_server() -> Result<(Child, SocketAddr), Failure> {
    let mut server = Command::new(env!("CARGO_BIN_EXE_loopback-server"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = server.stdout.take().ok_or("the server has no output")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, line.trim().parse()?))
}

fn compare(address: SocketAddr) -> Result<(), Failure> {
    println!("{LEGEND}");
    println!(
        "{:<17} {:>9} {:<10} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "operation", "in flight", "", "calls/s", "cpu µs", "cpu/raw", "allocs", "peak KB"
    );
    for operation in Operation::ALL {
        table(address, operation, 1)?;
    }
    for in_flight in [32, 256, 2000] {
        table(address, Operation::GetFlow, in_flight)?;
    }
    table(address, Operation::Search, 32)
}

/// What one client took in each round.
#[derive(Default)]
struct Row {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    ratio: Vec<f64>,
}

fn table(address: SocketAddr, operation: Operation, in_flight: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let contenders =
        NAMES.into_iter().map(|name| contender(name, operation, address)).collect::<Result<Vec<_>, _>>()?;
    let calls = if operation == Operation::Search { 50.max(in_flight) } else { 400.max(2 * in_flight) };
    let mut rows: Vec<Row> = NAMES.iter().map(|_| Row::default()).collect();
    for contender in &contenders {
        send(&runtime, contender, in_flight, in_flight)?;
    }
    // In turn, so that what else the machine does hits all alike.
    for _ in 0..ROUNDS {
        let mut raw = None;
        for (contender, row) in contenders.iter().zip(&mut rows) {
            let (wall, cpu) = (Instant::now(), ThreadTime::now());
            send(&runtime, contender, calls, in_flight)?;
            let (wall, cpu) = (each(wall.elapsed(), calls), each(cpu.elapsed(), calls));
            row.wall.push(wall);
            row.cpu.push(cpu);
            row.ratio.push(cpu / *raw.get_or_insert(cpu));
        }
    }
    for ((name, contender), row) in NAMES.iter().zip(&contenders).zip(&mut rows) {
        let mut result = Ok(());
        let allocations = measure(|| result = send(&runtime, contender, calls, in_flight)).count_total;
        result?;
        println!(
            "{:<17} {in_flight:>9} {name:<10} {:>9.0} {:>8.1} {:>8.2} {:>8.1} {:>8.1}",
            operation.name(),
            1.0 / median(&mut row.wall),
            median(&mut row.cpu) * 1e6,
            median(&mut row.ratio),
            allocations as f64 / calls as f64,
            peak(name, operation, address, in_flight)? / 1e3 / in_flight as f64,
        );
    }
    Ok(())
}

/// Returns the heap of a client at its peak, connections included.
fn peak(name: &str, operation: Operation, address: SocketAddr, in_flight: usize) -> Result<f64, Failure> {
    let mut result = Ok(());
    let info = measure(|| {
        result =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Into::into).and_then(
                |runtime| {
                    let contender = contender(name, operation, address)?;
                    send(&runtime, &contender, in_flight, in_flight)
                },
            );
    });
    result.map(|()| info.bytes_max as f64)
}

fn send(runtime: &Runtime, contender: &Contender, calls: usize, in_flight: usize) -> Result<(), Failure> {
    runtime.block_on(async {
        let mut results =
            futures_util::stream::iter((0..calls).map(|_| contender.send())).buffer_unordered(in_flight);
        while let Some(result) = results.next().await {
            result?;
        }
        Ok(())
    })
}

fn each(time: Duration, calls: usize) -> f64 {
    time.as_secs_f64() / calls as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
