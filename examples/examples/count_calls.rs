//! A layer of one's own: counts calls and attempts by operation.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Request;
use kestra::layers::CallContext;
use kestra::{Body, BoxError};
use kestra_examples::{NAMESPACE, Server};
use tower::util::MapRequestLayer;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let counts = Arc::new(Mutex::new(BTreeMap::new()));
    let count = |what: &'static str| {
        let counts = Arc::clone(&counts);
        MapRequestLayer::new(move |request: Request<Body>| {
            if let Some(operation) = CallContext::of(&request).and_then(CallContext::operation) {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                *counts.entry((operation.area, operation.name, what)).or_insert(0) += 1;
            }
            request
        })
    };

    let server = Server::start().await?;
    let client = server.client()?.layer(count("calls")).attempt_layer(count("attempts")).build()?;
    for _ in 0..3 {
        client.flows().search_flows().size(1).await?;
    }
    if let Err(error) = client.flows().get_flow(NAMESPACE, "missing").await {
        println!("{error}\n");
    }

    for ((area, operation, what), count) in &*counts.lock().unwrap_or_else(PoisonError::into_inner) {
        println!("{area}.{operation}: {count} {what}");
    }
    Ok(())
}
