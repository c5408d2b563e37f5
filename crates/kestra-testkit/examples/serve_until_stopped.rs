//! Serves until it is stopped: `cargo run -p kestra-testkit --example serve_until_stopped -- 1.3 8080`.

use kestra_testkit::{Dialect, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dialect = match arguments.next().as_deref() {
        None | Some("2.0") => Dialect::V2_0,
        Some("1.3") => Dialect::V1_3,
        Some("1.0") => Dialect::V1_0,
        Some(other) => return Err(format!("no dialect {other}: give 1.0, 1.3 or 2.0").into()),
    };
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let server = TestServer::builder()
        .dialect(dialect)
        .basic_auth("admin@kestra.io", "Admin1234!")
        .token("testkit")
        .port(port)
        .start()
        .await?;
    writeln(server.url())?;
    std::future::pending().await
}

fn writeln(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
