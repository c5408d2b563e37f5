//! Sends everything through a proxy, or past it.
#![allow(clippy::print_stdout)]

use kestra::{BoxError, Proxy};
use kestra_examples::Server;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let proxy = kestra_examples::Proxy::start().await?;

    // Without a setting, a client goes by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case. Loopback
    // addresses are reached directly unless one says otherwise, as here.
    let through = Proxy::all(&proxy.url())?.include_loopback();
    let client = server.client()?.proxy(through.clone()).build()?;
    client.flows().search_flows().size(1).await?;
    println!("through the proxy: it saw {} requests", proxy.seen());

    // What NO_PROXY does: hosts, domains and networks that are reached directly.
    let before = proxy.seen();
    let past = through.no_proxy("127.0.0.0/8, localhost, *");
    let client = server.client()?.proxy(past).build()?;
    client.flows().search_flows().size(1).await?;
    println!("past the proxy: it saw {} more", proxy.seen() - before);

    // What the variables would say, with the same rules.
    let variables = |name: &str| match name {
        "HTTP_PROXY" | "HTTPS_PROXY" => Some("http://user:secret@127.0.0.1:9".to_owned()),
        "NO_PROXY" => Some("*".to_owned()),
        _ => None,
    };
    let client = server.client()?.proxy(Proxy::from_env_with(variables)?.include_loopback()).build()?;
    client.flows().search_flows().size(1).await?;
    println!("NO_PROXY=*: reached directly");

    // A proxy that isn't there is an error of its own kind.
    let nowhere = Proxy::all("http://127.0.0.1:9")?.include_loopback();
    let client = server.client()?.proxy(nowhere).retry(kestra::Retry::none()).build()?;
    if let Err(error) = client.flows().search_flows().size(1).await {
        println!("no proxy there: {error:#}");
    }
    Ok(())
}
