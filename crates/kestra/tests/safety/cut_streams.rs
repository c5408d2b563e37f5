//! A server that cuts a stream before any event isn't asked for it again and again without a rest.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::channel::Channel;
use kestra::sse::FollowStream;
use kestra::{Body, Client, Error};
use tokio::time::{Instant, sleep_until, timeout};
use tower::service_fn;

const STUB: &str = "id: start\ndata: {}\n\n";
/// A server gives up here, so that a client that never rests is told from one that does.
const TOO_OFTEN: u32 = 3000;

type Asked = Arc<Mutex<BTreeMap<String, u32>>>;

fn execution(state: &str) -> String {
    format!(r#"{{"id": "one", "state": {{"current": "{state}", "histories": []}}}}"#)
}

/// A client of a server that knows an execution which goes on, of whose states it tells nothing and of whose lines this; and
/// what it was asked for.
fn client(lines: &'static str) -> (Client, Asked) {
    let asked = Asked::default();
    let counted = Arc::clone(&asked);
    let service = service_fn(move |request: Request<Body>| {
        let path = request.uri().path();
        let mut response = Response::<Body>::new(match path.contains("/follow") {
            true if path.contains("/logs/") => lines.into(),
            true => STUB.into(),
            false => execution("RUNNING").into(),
        });
        let mut counted = counted.lock().unwrap();
        let count = counted.entry(path.to_owned()).or_default();
        *count += 1;
        if *count > TOO_OFTEN {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
        }
        async { Ok::<_, Infallible>(response) }
    });
    (Client::from_service(service), asked)
}

/// Reads a stream for an hour, in which each of so many is opened now and then: once in five seconds on average.
async fn read<T: Send + 'static>(mut stream: FollowStream<T>, asked: &Asked, streams: usize) {
    let end = timeout(Duration::from_secs(3600), async {
        while let Some(item) = stream.next().await {
            item?;
        }
        Ok::<_, Error>(())
    });
    let end = end.await;
    assert!(end.is_err(), "it goes on as long as the server answers: {end:?}");
    let asked = asked.lock().unwrap();
    let counts: Vec<_> =
        asked.iter().filter(|(path, _)| path.contains("/follow")).map(|(_, count)| *count).collect();
    assert!(counts.len() == streams && counts.iter().all(|count| (400..1500).contains(count)), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn streams_that_give_nothing_are_opened_less_and_less_often() {
    let (states, asked) = client(STUB);
    read(states.executions().follow_execution("one").stream(), &asked, 1).await;
    let (states, asked) = client(STUB);
    read(states.executions().follow_execution_dependencies("one").stream(), &asked, 1).await;
    // The execution's own stream is followed beside its lines.
    let (lines, asked) = client(STUB);
    read(lines.logs().follow_logs_from_execution("one").stream(), &asked, 2).await;
}

#[tokio::test(start_paused = true)]
async fn an_end_of_the_lines_before_their_execution_s_is_a_cut() {
    let (lines, asked) = client("id: end-all\ndata: {}\n\n");
    read(lines.logs().follow_logs_from_execution("one").stream(), &asked, 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_execution_ends_a_rest_of_its_lines() {
    for _ in 0..5 {
        let end = Instant::now() + Duration::from_secs(60);
        let client = Client::from_service(service_fn(move |request: Request<Body>| {
            let body = match request.uri().path() {
                path if path.contains("/logs/") && path.ends_with("/follow") => STUB.into(),
                path if path.contains("/logs/") => "[]".into(),
                path if path.ends_with("/follow") => {
                    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
                    tokio::spawn(async move {
                        sleep_until(end).await;
                        let event = format!("id: end\ndata: {}\n\n", execution("SUCCESS"));
                        sender.send_data(event.into()).await
                    });
                    Body::new(body)
                }
                _ => execution(if Instant::now() < end { "RUNNING" } else { "SUCCESS" }).into(),
            };
            async { Ok::<_, Infallible>(Response::new(body)) }
        }));
        let mut lines = client.logs().follow_logs_from_execution("one").stream();
        assert!(lines.next().await.is_none());
        // What was logged last is given half a second to be stored.
        let late = end.elapsed();
        assert!(late >= Duration::from_millis(500) && late < Duration::from_millis(600), "{late:?}");
    }
}
