//! What is retried, how often, and who is told; the embedded server fails on purpose.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use kestra::{BoxError, CallOptions, Client, Retry, Timeouts, Verdict};
use kestra_testkit::{Cut, Fault, TestServer};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = TestServer::start().await?;
    let retry = Retry::standard()
        .max_attempts(4)
        .backoff(Duration::from_millis(20), Duration::from_secs(1))
        // 500 is final unless one knows better: say, a proxy that responds so while Kestra restarts.
        .classify_fn("restarting", |attempt| match attempt.status() {
            Some(status) if status == 500 => Verdict::RetryAfter(Duration::from_millis(50)),
            _ => Verdict::NoOpinion,
        })
        .on_retry(|event| {
            let (attempt, wait) = (event.attempt, event.wait);
            match (attempt.error(), attempt.status()) {
                (Some(error), _) => println!("  attempt {}: {error}; the next in {wait:.0?}", attempt.number),
                (None, status) => {
                    println!("  attempt {}: {status:?}; the next in {wait:.0?}", attempt.number)
                }
            }
        });
    let client = Client::builder()
        .server(server.url())
        .retry(retry)
        .timeouts(Timeouts::default().attempt(Duration::from_millis(300)))
        .build()?;

    println!("a search: refused, broken off and slow, then successful");
    server.fail(Fault::status(503));
    server.fail(Fault::cut(Cut::WithinBody));
    server.fail(Fault::delay(Duration::from_secs(1)).skip(2));
    client.flows().search_flows().size(1).await?;

    println!("a 500, which the classifier knows");
    server.fail(Fault::status(500));
    client.flows().search_flows().size(1).await?;

    println!("an execution may have been started when the response is lost, so its creation is not repeated");
    server
        .flow("company.team", "hello")
        .on_run(|_| kestra_testkit::Outcome::success(serde_json::Value::Null));
    server.fail(Fault::cut(Cut::AfterProcessing).on("POST", "/api/v1/{tenant}/executions/**"));
    if let Err(error) = client.executions().create_execution("company.team", "hello").await {
        println!("  {error}");
        println!("  sent: {:?}, retryable: {}", error.request_sent(), error.is_retryable());
    }
    println!("  executions: {}", server.executions_of("company.team", "hello").len());

    println!("a server that is down: the last error comes back");
    server.fail(Fault::status(502).always());
    if let Err(error) = client.flows().search_flows().size(1).await {
        println!("  {error:#}");
    }

    println!("one call without retries");
    let once = CallOptions::new().retry(Retry::none());
    if let Err(error) = client.flows().search_flows().size(1).options(once).await {
        println!("  {error:#}");
    }
    Ok(())
}
