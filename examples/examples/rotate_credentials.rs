//! Credentials that rotate while the program runs: tokens of a vault, and a token in a file.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kestra::{Auth, BoxError, Client, Token};
use kestra_testkit::{Fault, TestServer};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = TestServer::start().await?;

    // Something that issues tokens: here a number, elsewhere a vault or an identity provider.
    let vault = Arc::new(AtomicU32::new(1));
    let issued_by = Arc::clone(&vault);
    let source = move || {
        let number = issued_by.load(Ordering::Relaxed);
        // The next token is requested a minute before this one expires, by one call for all.
        async move { Ok::<_, BoxError>(Token::new(format!("vault-{number}")).expires_in(Duration::from_mins(15))) }
    };
    let client = Client::builder().server(server.url()).auth(Auth::provider(source)).build()?;
    client.flows().search_flows().await?;
    // The token is revoked long before it expires: the server refuses it, and the client requests another and repeats the call.
    vault.store(2, Ordering::Relaxed);
    server.fail(Fault::status(401));
    client.flows().search_flows().await?;

    // A file that something else replaces, such as a secret that Kubernetes mounts: it is read every 10 s, and after a 401.
    let path = std::env::temp_dir().join(format!("kestra-token-{}", std::process::id()));
    std::fs::write(&path, "file-1\n")?;
    let client = Client::builder().server(server.url()).auth(Auth::file(&path)).build()?;
    client.flows().search_flows().await?;
    std::fs::write(&path, "file-2\n")?;
    server.fail(Fault::status(401));
    client.flows().search_flows().await?;
    std::fs::remove_file(&path)?;

    for request in server.requests() {
        println!("{} with {}", request.path, request.header("authorization").unwrap_or("nothing"));
    }
    Ok(())
}
