//! A server that cuts each of its streams of events so many times, in a process of its own, so that a test can tell the
//! client's memory from the server's: `cutting_server 2.0 2 42` cuts each twice, at places that the seed 42 gives.
//!
//! It says its address, and serves until its input ends.

use std::io::{self, Write as _};
use std::time::Duration;

use kestra_testkit::{Dialect, Fault, TestServer};
use tokio::io::AsyncReadExt as _;

/// How long a stream that is to be cut may be silent.
const SILENCE: Duration = Duration::from_millis(300);

/// Eight tasks that log three lines each, two of them the same, a pause in the middle, and an end that an input chooses.
fn chatty() -> String {
    let mut source = "id: chatty
namespace: company.team
inputs:
  - {id: fails, type: BOOL, defaults: false}
tasks:
"
    .to_owned();
    for task in 0..8 {
        if task == 4 {
            source.push_str("  - {id: gate, type: io.kestra.plugin.core.flow.Pause}\n");
        }
        source.push_str(&format!(
            "  - {{id: t{task}, type: io.kestra.plugin.core.log.Log, message: [\"line {task}\", \"same\", \"same\"]}}\n"
        ));
    }
    source + "  - {id: end, type: io.kestra.plugin.core.execution.Fail, condition: \"{{ inputs.fails }}\"}\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dialect, cuts, seed] = arguments.as_slice() else {
        return Err("give a dialect, how often to cut and a seed".into());
    };
    let dialect = match dialect.as_str() {
        "1.0" => Dialect::V1_0,
        "1.3" => Dialect::V1_3,
        "2.0" => Dialect::V2_0,
        other => return Err(format!("there is no dialect {other}").into()),
    };
    let server = TestServer::builder().dialect(dialect).start().await?;
    server.deploy(chatty())?;
    let cut = Fault::cut_streams(seed.parse()?).or_after_silence(SILENCE);
    server.fail(cut.times(cuts.parse()?).on_each_target());
    let mut out = io::stdout().lock();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
