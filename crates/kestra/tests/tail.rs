//! Following the log entries of many executions, on a server that finds them late, not in order, and is away at times.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use kestra::models::LogEntry;
use kestra::{Body, Client, Error, Retry};
use tokio::time::Instant;
use tower::service_fn;

/// The time at which the clock of the server begins.
fn beginning() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn at(millisecond: u64) -> Timestamp {
    beginning() + SignedDuration::from_millis(i64::try_from(millisecond).unwrap())
}

/// An entry, by the milliseconds since the beginning at which it is written and found.
#[derive(Clone, Debug)]
struct Written {
    at: u64,
    found_at: u64,
    execution: &'static str,
    message: String,
}

impl Written {
    fn json(&self) -> String {
        format!(
            r#"{{"namespace":"company.team","flowId":"f","executionId":"{}","timestamp":"{}","level":"INFO","message":"{}"}}"#,
            self.execution,
            at(self.at),
            self.message
        )
    }
}

const LATENCY: Duration = Duration::from_millis(20);

/// The sizes of the requested pages.
type Sizes = Arc<Mutex<Vec<usize>>>;

/// A server with these entries that searches only after the latency, and responds to every so-manieth request with 503.
fn server(entries: Vec<Written>, latency: Duration, failing: u32) -> (Client, Sizes) {
    let (begun, count, sizes) = (Instant::now(), Arc::new(AtomicU32::new(0)), Sizes::default());
    let (entries, asked) = (Arc::new(entries), Arc::clone(&sizes));
    let client = Client::builder()
        .service(service_fn(move |request: Request<Body>| {
            let (entries, sizes) = (Arc::clone(&entries), Arc::clone(&asked));
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                tokio::time::sleep(latency).await;
                if failing > 0 && number.is_multiple_of(failing) {
                    return Ok::<_, std::convert::Infallible>(
                        Response::builder().status(503).body(Body::empty()).unwrap(),
                    );
                }
                let now = u64::try_from(begun.elapsed().as_millis()).unwrap();
                let query = request.uri().query().unwrap_or_default();
                let body = match request.uri().path().ends_with("/logs/search") {
                    true => search(&entries, query, now, &sizes),
                    false => r#"{"version":"2.0.0"}"#.to_owned(),
                };
                let clock = u64::try_from(at(now).as_millisecond()).unwrap();
                let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_millis(clock));
                Ok(Response::builder().header("Date", date).body(Body::from(body)).unwrap())
            }
        }))
        .retry(Retry::none())
        .build()
        .unwrap();
    (client, sizes)
}

fn search(entries: &[Written], query: &str, now: u64, sizes: &Sizes) -> String {
    let (mut from, mut size) = (None, 10);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "filters[startDate][GREATER_THAN_OR_EQUAL_TO]" => {
                from = Some(value.parse::<Timestamp>().unwrap())
            }
            "size" => size = value.parse::<usize>().unwrap(),
            "sort" => assert_eq!(value, "timestamp:asc"),
            name => panic!("{name}"),
        }
    }
    sizes.lock().unwrap().push(size);
    let from = from.expect("no search depends on the last 8 days");
    let mut found: Vec<_> =
        entries.iter().filter(|entry| entry.found_at <= now && at(entry.at) >= from).collect();
    found.sort_by_key(|entry| entry.at);
    let rows: Vec<String> = found.iter().take(size).map(|entry| entry.json()).collect();
    format!(r#"{{"results":[{}],"total":{}}}"#, rows.join(","), found.len())
}

/// How often each entry was returned.
type Counts = BTreeMap<(Timestamp, String, String), u32>;

fn count(counts: &mut Counts, entry: &LogEntry) {
    let key = (entry.timestamp.unwrap(), entry.execution_id.clone(), entry.message.clone());
    *counts.entry(key).or_default() += 1;
}

fn expected(entries: &[Written]) -> Counts {
    let mut counts = Counts::new();
    for entry in entries {
        let key = (at(entry.at), entry.execution.to_owned(), entry.message.clone());
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn entries_come_once_however_late_they_are_found() {
    for (seed, latency) in [(0, 20), (1, 1000), (2, 3000)] {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut entries = Vec::new();
        for _ in 0..3000 {
            let at = random.u64(0..60_000);
            let execution = random.choice(["a", "b", "c", "d"]).unwrap();
            // Some are written several times at once.
            let message = format!("line {}", random.u32(0..3));
            let entry = Written { at, found_at: at + random.u64(0..9_000), execution, message };
            entries.extend(std::iter::repeat_n(entry, random.usize(1..3)));
        }
        // More than a page in a millisecond.
        entries.extend((0..1300).map(|number| Written {
            at: 30_000,
            found_at: 31_000 + number % 2 * 1000,
            execution: "e",
            message: format!("burst {number}"),
        }));
        let (client, sizes) = server(entries.clone(), Duration::from_millis(latency), 7);
        let mut stream = client.logs().tail().since(beginning()).stream();
        let mut counts = Counts::new();
        let end = Instant::now() + Duration::from_secs(400);
        while let Ok(entry) = tokio::time::timeout_at(end, stream.next()).await {
            count(&mut counts, &entry.unwrap().unwrap());
        }
        assert!(counts == expected(&entries), "some were lost or doubled");
        assert!(
            sizes.lock().unwrap().iter().any(|size| *size > 500),
            "a page was too small for a millisecond"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn entries_of_one_search_are_in_order_and_the_past_ends_if_asked() {
    let entries: Vec<_> = (0..1200)
        .map(|number| Written {
            at: 1200 - number,
            found_at: 0,
            execution: if number % 2 == 0 { "a" } else { "b" },
            message: format!("line {number}"),
        })
        .collect();
    let (client, _) = server(entries.clone(), LATENCY, 0);
    let mut stream = client.logs().tail().since(beginning()).follow(false).stream();
    let (mut counts, mut last) = (Counts::new(), beginning());
    while let Some(entry) = stream.next().await {
        let entry = entry.unwrap();
        assert!(entry.timestamp.unwrap() >= last);
        last = entry.timestamp.unwrap();
        count(&mut counts, &entry);
    }
    assert!(counts == expected(&entries));
}

#[tokio::test(start_paused = true)]
async fn without_a_time_it_begins_now_by_the_clock_of_the_server() {
    let written =
        |at, message: &str| Written { at, found_at: at, execution: "a", message: message.to_owned() };
    let (client, _) = server(vec![written(1000, "before"), written(21_500, "after")], LATENCY, 0);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let mut stream = client.logs().tail().stream();
    assert_eq!(stream.next().await.unwrap().unwrap().message, "after");
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_it_only_after_the_limit() -> Result<(), Error> {
    let (client, _) = server(Vec::new(), LATENCY, 1);
    let mut stream = client.logs().tail().outage_limit(Duration::from_secs(60)).stream();
    assert!(stream.next().await.unwrap().is_err(), "it was never reached");

    // The second request is answered, and no other.
    let count = Arc::new(AtomicU32::new(0));
    let client = Client::builder()
        .service(service_fn(move |_: Request<Body>| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            async move {
                let status = if number == 0 { 200 } else { 503 };
                let body = Body::from(r#"{"results":[],"total":0}"#);
                Ok::<_, std::convert::Infallible>(Response::builder().status(status).body(body).unwrap())
            }
        }))
        .build()?;
    let begun = Instant::now();
    let mut stream = client.logs().tail().outage_limit(Duration::from_secs(60)).stream();
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    assert!(begun.elapsed() >= Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(stream.next().await.is_none());
    Ok(())
}

#[tokio::test]
async fn a_filter_on_a_date_is_refused() {
    let (client, _) = server(Vec::new(), LATENCY, 1);
    for filter in
        [kestra::Filter::start_date().less_than(Timestamp::now()), kestra::Filter::time_range("P1D")]
    {
        let error = client.logs().tail().filter(filter).stream().next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), kestra::ErrorKind::Build, "{error}");
    }
}
