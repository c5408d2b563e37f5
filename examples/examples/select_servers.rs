//! Several servers behind one client: by index, with variables in their URLs, and for single operations.
#![allow(clippy::print_stdout)]

use http::Request;
use kestra::{Body, BoxError, CallOptions, Server, Servers, Variable};
use kestra_examples::Server as Kestra;
use tower::util::MapRequestLayer;

const SEARCH_FLOWS: &str = "FlowsAPIService.SearchFlows";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (first, second) = (Kestra::start().await?, Kestra::start().await?);
    let (scheme, address) = second.url().split_once("://").unwrap_or_default();

    let servers = Servers::new([
        Server::new(first.url()).description("primary"),
        Server::new("{scheme}://{address}")
            .description("any other")
            .variable("scheme", Variable::new("https").allowed(["http", "https"]))
            .variable("address", Variable::new("kestra.example.com")),
    ])
    .operation(SEARCH_FLOWS, [first.url(), second.url()]);

    let client = first
        .client()?
        .servers(servers)
        // Below this layer there is only the transport, so it sees where each request goes.
        .attempt_layer(MapRequestLayer::new(|request: Request<Body>| {
            println!("  {} {}", request.method(), request.uri());
            request
        }))
        .build()?;

    println!("the first server, unless something else is said:");
    client.flows().list_distinct_namespaces().await?;

    println!("the second, with values for its variables:");
    let other = CallOptions::new()
        .server_index(1)
        .server_variable("scheme", scheme)
        .server_variable("address", address);
    client.with_options(other.clone()).flows().list_distinct_namespaces().await?;

    println!("an operation with servers of its own, one call to the second of them:");
    client.flows().search_flows().size(1).await?;
    client
        .flows()
        .search_flows()
        .size(1)
        .options(CallOptions::new().operation_server_index(SEARCH_FLOWS, 1))
        .await?;

    println!("what can't be is an error, and nothing is sent:");
    for wrong in [other.clone().server_index(7), other.server_variable("scheme", "ftp")] {
        if let Err(error) = client.flows().list_distinct_namespaces().options(wrong).await {
            println!("  {error}");
        }
    }
    Ok(())
}
