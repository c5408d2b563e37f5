//! A service on three servers of one Kestra, of which two die while it works: no job is lost, and none is started twice.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::{BoxError, Client, ClientEvent, Observer, Servers};
use kestra_examples::NAMESPACE;
use kestra_testkit::TestServer;

const FLOW: &str = "id: job\nnamespace: sdk.examples\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

/// How many jobs the service does.
const JOBS: usize = 60;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // Three servers of one Kestra: what one of them stores, all of them have.
    let mut first = TestServer::start().await?;
    let mut second = TestServer::builder().beside(&first).start().await?;
    let third = TestServer::builder().beside(&first).start().await?;

    let servers = Servers::cluster([first.url(), second.url(), third.url()])
        .round_robin()
        .eject_for(Duration::from_millis(500), Duration::from_secs(5));
    let ports = [first.address().port(), second.address().port(), third.address().port()];
    let name = move |port| ports.iter().position(|known| *known == port).map_or(0, |index| index + 1);
    let client = Client::builder()
        .servers(servers)
        .observe(Observer::new(move |event| match event {
            ClientEvent::ServerEjected { server, duration, .. } => {
                println!("  server {} fails and is left out for {duration:?}", name(server.port));
            }
            ClientEvent::ServerReturned { server, .. } => {
                println!("  server {} works again", name(server.port))
            }
            _ => {}
        }))
        .build()?;
    client.flows().deploy(FLOW).await?;

    let service = tokio::spawn(work(client));
    tokio::time::sleep(Duration::from_millis(300)).await;
    println!("server 1 dies");
    first.stop().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    println!("server 2 dies");
    second.stop().await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    println!("server 1 is started again");
    first.restart().await?;
    service.await??;

    let started = third.executions_of(NAMESPACE, "job").len();
    println!("{JOBS} jobs are done, {started} executions were started");
    Ok(())
}

/// Does one job after the other. A key makes sure that a job is started once, whatever happens in between.
async fn work(client: Client) -> Result<(), kestra::Error> {
    for number in 0..JOBS {
        client.executions().run(NAMESPACE, "job").idempotency_key(format!("order-{number}")).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
