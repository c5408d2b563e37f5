//! A server that fails a part of its requests, cuts connections and restarts every few seconds, in a process of its own, so that a
//! test can tell the client's memory from the server's: `failing_server 42` takes its chances from the seed 42.
//!
//! It says its address, and serves until its input ends.

use std::io::{self, Write as _};
use std::time::Duration;

use kestra_testkit::{Cut, Fault, TestServer};
use tokio::io::AsyncReadExt as _;

/// How long it is up, and how long it is down.
const UP: Duration = Duration::from_secs(3);
const DOWN: Duration = Duration::from_millis(200);

const FLOW: &str = "
id: job
namespace: company.team
tasks:
  - {id: one, type: io.kestra.plugin.core.log.Log, message: [one, same, same]}
  - {id: two, type: io.kestra.plugin.core.log.Log, message: two}
  - {id: three, type: io.kestra.plugin.core.log.Log, message: three}
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).ok_or("give a seed")?.parse()?;
    let mut server = TestServer::builder().start().await?;
    server.deploy(FLOW)?;
    for cut in [Cut::Connection, Cut::BeforeRead, Cut::AfterRead, Cut::AfterProcessing, Cut::WithinBody] {
        server.fail(Fault::cut(cut).chance(0.01, seed));
    }
    server.fail(Fault::status(503).chance(0.02, seed));
    server.fail(Fault::delay(Duration::from_millis(50)).chance(0.05, seed));
    server.fail(Fault::cut_streams(seed).chance(0.3, seed));
    let mut out = io::stdout().lock();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    let mut input = tokio::io::stdin();
    let mut end = Vec::new();
    let mut ended = std::pin::pin!(input.read_to_end(&mut end));
    loop {
        if tokio::time::timeout(UP, &mut ended).await.is_ok() {
            return Ok(());
        }
        server.stop().await;
        // What it would keep for a test that looks at it.
        server.clear_requests();
        tokio::time::sleep(DOWN).await;
        // The port may be that of somebody's connection for a moment.
        while server.restart().await.is_err() {
            tokio::time::sleep(DOWN).await;
        }
    }
}
