//! Checks the flows of a server for an upgrade to Kestra 2.0, without a server of 2.0. The command `kestra-flowgen check` does the
//! same for the files of a folder.
#![allow(clippy::print_stdout)]

use futures_util::TryStreamExt as _;
use kestra::flow::{Severity, check};
use kestra::{BoxError, Client, Version};
use kestra_testkit::{Dialect, TestServer};

const FLOWS: [&str; 2] = [
    "id: hello
namespace: sdk.examples.check
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: '{{ inputs.nmae }}'}
inputs:
  - {id: name, type: STRING}
",
    "id: each
namespace: sdk.examples.check
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b]
    tasks:
      - {id: log, type: io.kestra.plugin.core.log.Log, message: '{{ taskrun.value }}'}
",
];

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = TestServer::builder().dialect(Dialect::V1_3).start().await?;
    let client = Client::builder().server(server.url()).build()?;
    for source in FLOWS {
        client.flows().deploy(source).await?;
    }

    let mut errors = 0;
    let mut flows = client.flows().search_flows().items();
    while let Some(flow) = flows.try_next().await? {
        let stored = client.flows().get_flow(&flow.namespace, &flow.id).source(true).await?;
        for finding in check(&stored.source, Version::new(2, 0, 0)) {
            println!("{}.{}:{finding}", flow.namespace, flow.id);
            errors += usize::from(finding.severity == Severity::Error);
        }
    }
    println!("{errors} errors");
    Ok(())
}
