//! The retry loop over transient failures.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::backoff::Backoff;
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::executor::{CallFuture, Executor, SharedExecutor};
use crate::operation::{ACCEPT_JSON, OperationInfo, Replay, ResponseKind, Route};
use crate::options::CallOptions;
use crate::retry::Retry;
use crate::retry_after::read as read_retry_after;
use crate::version::Versions;

/// How many 500s in a row are attributed to a server that shuts down although its health check succeeds.
const INTERNAL_ERRORS: u32 = 5;

/// How long a 401 is attributed to a server that has just started, and a 404 to a proxy in front of a server whose health
/// check succeeds.
const REFUSED: Duration = Duration::from_secs(30);

/// The shortest pause after a 401, for which servers compute an expensive hash, and after a 404 of a proxy.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// The timeout of the health check.
const HEALTH_LIMIT: Duration = Duration::from_secs(10);

/// The health check: every healthy server responds to it with a success, with or without credentials.
static HEALTH: OperationInfo =
    OperationInfo::new("get_configuration", "misc", &[Route::get("/api/v1/configs", Versions::ALL)])
        .go_key("MiscAPIService.Configuration")
        .replay(Replay::Safe)
        .response(ResponseKind::Json, ACCEPT_JSON);

/// Retries a read with growing pauses while it fails with transient errors ([`Error::is_transient`]).
///
/// Gives up after an outage of 10 minutes, unless [`limit`](Self::limit) says otherwise.
pub struct TransientRetry {
    executor: SharedExecutor,
    options: CallOptions,
    backoff: Backoff,
    is_known: bool,
    /// How many 500s came in a row.
    internal_errors: u32,
    /// When the first 401, or 404 of a proxy, in a row came.
    refused_since: Option<Instant>,
}

impl TransientRetry {
    /// Creates a retry loop for what `executor` sends with these options.
    pub fn new<E: Executor>(executor: &E, options: &CallOptions) -> Self {
        Self {
            executor: SharedExecutor::new(executor),
            options: options.clone(),
            backoff: Backoff::default(),
            is_known: false,
            internal_errors: 0,
            refused_since: None,
        }
    }

    /// Sets how long an outage may last.
    pub fn limit(mut self, outage: Duration) -> Self {
        self.backoff = self.backoff.outage(outage);
        self
    }

    /// Marks the resource as known to exist; see [`set_known`](Self::set_known).
    pub fn known(mut self) -> Self {
        self.set_known();
        self
    }

    /// Marks the resource as known to exist: then a 500 or 401 comes from a server that shuts down or has just started, a 404
    /// that isn't Kestra's from a proxy that doesn't find the server, and they are retried, too. A 500 is final after five in
    /// a row from a server whose health check succeeds, a 401 after 30 s, and such a 404 after 30 s if the health check
    /// succeeds.
    pub fn set_known(&mut self) {
        self.is_known = true;
    }

    /// Returns whether an error may be transient; [`wait_after`](Self::wait_after) decides.
    pub fn may_pass(&self, failure: &Error) -> bool {
        failure.is_transient() || (self.is_known && is_of_restart(failure))
    }

    /// Records progress: the pauses start small again.
    pub fn succeeded(&mut self) {
        self.backoff.reset();
        self.recovered();
    }

    /// Records a response without progress: this is no outage, but the pauses go on growing.
    pub fn responded(&mut self) {
        self.backoff.responded();
        self.recovered();
    }

    fn recovered(&mut self) {
        self.internal_errors = 0;
        self.refused_since = None;
    }

    /// Returns how long to pause after a failure, or `None` if it is final or the outage has lasted too long.
    pub async fn wait_after(&mut self, failure: &Error) -> Option<Duration> {
        let least = match failure.status() {
            _ if failure.is_transient() => {
                self.internal_errors = 0;
                asked_for(failure)
            }
            Some(status) if status.is_client_error() && self.may_pass(failure) => {
                let since = *self.refused_since.get_or_insert_with(Instant::now);
                let is_final = since.elapsed() >= REFUSED
                    && (status == StatusCode::UNAUTHORIZED || self.is_healthy().await);
                if is_final {
                    return None;
                }
                AFTER_REFUSAL
            }
            Some(_) if self.may_pass(failure) => {
                self.internal_errors += 1;
                if self.internal_errors >= INTERNAL_ERRORS && self.is_healthy().await {
                    return None;
                }
                // A pause, so that the five aren't sent at once.
                Duration::from_millis(100).saturating_mul(1 << self.internal_errors.min(5))
            }
            _ => return None,
        };
        let (wait, left) = (self.backoff.next_wait()?, self.backoff.time_left());
        (least <= left).then_some(wait.max(least).min(left))
    }

    /// Pauses after a failure.
    pub async fn pause(&mut self, failure: Error) -> Result<(), Error> {
        match self.wait_after(&failure).await {
            Some(wait) if self.wait_for_server(wait).await => Ok(()),
            _ => Err(failure),
        }
    }

    /// Waits this long and then until the server is reachable, which one task probes for all calls of a client. Returns
    /// whether the server is reachable before the outage has lasted too long.
    pub async fn wait_for_server(&self, wait: Duration) -> bool {
        tokio::time::sleep(wait).await;
        let (executor, options) = (self.executor.clone(), self.options.clone());
        let ask = Box::new(move || -> Pin<Box<dyn Future<Output = bool> + Send>> {
            let asked = ask_health(&executor, &options);
            // A response of any status shows that the server is reachable.
            Box::pin(async move { asked.await.map_or_else(|failure| !failure.is_transient(), |_| true) })
        });
        self.executor.outages().wait(&self.options, self.backoff.time_left(), ask).await
    }

    /// Reads until a read succeeds.
    pub async fn run<T, F>(&mut self, mut read: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        loop {
            match read().await {
                Ok(read) => {
                    self.succeeded();
                    return Ok(read);
                }
                Err(failure) => self.pause(failure).await?,
            }
        }
    }

    /// Returns whether the server responds to a request that needs neither credentials nor a database.
    async fn is_healthy(&self) -> bool {
        ask_health(&self.executor, &self.options).await.is_ok()
    }
}

fn ask_health(executor: &SharedExecutor, options: &CallOptions) -> CallFuture {
    let mut call = Call::new(&HEALTH);
    call.change_options(|_| options.clone().retry(Retry::none()).timeout(HEALTH_LIMIT));
    executor.execute(call)
}

/// Returns the pause that the server requests with `Retry-After`.
fn asked_for(failure: &Error) -> Duration {
    let response = failure.response().map(|response| &response.parts);
    response.and_then(|parts| read_retry_after(parts.status, &parts.headers)).unwrap_or_default()
}

/// Returns whether a server that shuts down or has just started, or a proxy in front of it, responds so.
fn is_of_restart(failure: &Error) -> bool {
    failure.kind() == ErrorKind::Status
        && (matches!(failure.status(), Some(StatusCode::INTERNAL_SERVER_ERROR | StatusCode::UNAUTHORIZED))
            || failure.is_gateway_not_found())
}

crate::debug_fields! { TransientRetry, this => { backoff: this.backoff, known: this.is_known } }

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use bytes::Bytes;
    use http::Response;

    use super::*;
    use crate::body::Body;
    use crate::error::ErrorResponse;
    use crate::executor::CallFuture;

    /// A server that responds to the health check only.
    #[derive(Clone, Default)]
    struct Health {
        is_good: bool,
        asked: Arc<AtomicU32>,
    }

    impl crate::internal::Sealed for Health {}

    impl Executor for Health {
        fn execute(&self, call: Call) -> CallFuture {
            assert_eq!(call.info().newest_route().map(|route| route.path), Some("/api/v1/configs"));
            self.asked.fetch_add(1, Ordering::Relaxed);
            let is_good = self.is_good;
            Box::pin(
                async move { if is_good { Ok(Response::new(Body::from("{}"))) } else { Err(refused()) } },
            )
        }
    }

    fn refused() -> Error {
        Error::new(ErrorKind::Connect, "refused")
    }

    fn responded(status: u16) -> Error {
        let (parts, ()) = Response::builder().status(status).body(()).unwrap().into_parts();
        Error::from_response(ErrorResponse::new(parts, Bytes::new()))
    }

    fn retry(health: &Health) -> TransientRetry {
        TransientRetry::new(health, &CallOptions::new())
    }

    /// Counts the attempts of a read that fails with these errors, and then always with the last of them.
    async fn tries(mut retry: TransientRetry, failures: &[fn() -> Error]) -> (u32, Duration) {
        let (mut tries, begun) = (0, Instant::now());
        let result: Result<(), Error> = retry
            .run(|| {
                let failure = failures[failures.len().min(tries as usize + 1) - 1];
                tries += 1;
                async move { Err(failure()) }
            })
            .await;
        assert!(result.is_err());
        (tries, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_transient_is_outlasted_until_the_limit() {
        let fails: [fn() -> Error; 4] =
            [refused, || responded(503), || responded(429), || Error::new(ErrorKind::Transport, "reset")];
        for fail in fails {
            let limit = Duration::from_secs(60);
            let good = Health { is_good: true, ..Health::default() };
            let (count, lasted) = tries(retry(&good).limit(limit), &[fail]).await;
            assert!(count > 5 && lasted >= limit && lasted < limit * 2, "{count} {lasted:?}");
            // The server is down: only the health request is sent, and the read isn't retried.
            let down = Health::default();
            let (count, lasted) = tries(retry(&down).limit(limit), &[fail]).await;
            assert_eq!((count, lasted.as_secs()), (1, limit.as_secs()));
            assert!(down.asked.load(Ordering::Relaxed) > 5);
        }
        let fails: [fn() -> Error; 4] = [
            || responded(500),
            || responded(401),
            || responded(404),
            || Error::new(ErrorKind::Connect, "refused for good").with_transient(false),
        ];
        for fail in fails {
            assert_eq!(tries(retry(&Health::default()), &[fail]).await.0, 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_what_is_known_five_500s_in_a_row_are_final_if_the_server_is_in_good_health() {
        let good = Health { is_good: true, ..Health::default() };
        let (count, lasted) = tries(retry(&good).known(), &[|| responded(500)]).await;
        assert_eq!(count, 5);
        assert!(lasted >= Duration::from_secs(2), "a server takes a moment to go down: {lasted:?}");
        let row: [fn() -> Error; 6] = [
            || responded(500),
            || responded(500),
            || responded(500),
            || responded(500),
            refused,
            || responded(500),
        ];
        assert_eq!(tries(retry(&good).known(), &row).await.0, 10, "the row was broken");

        let bad = Health::default();
        let (count, lasted) = tries(retry(&bad).known(), &[|| responded(500)]).await;
        assert!(count == 1 && lasted >= Duration::from_secs(600), "{count} {lasted:?}");
        assert!(bad.asked.load(Ordering::Relaxed) > 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_401_of_what_is_known_is_outlasted_for_30_s() {
        let health = Health { is_good: true, ..Health::default() };
        let (count, lasted) = tries(retry(&health).known(), &[|| responded(401)]).await;
        assert!((3..32).contains(&count), "each is costly for the server: {count}");
        assert!(lasted >= Duration::from_secs(30) && lasted < Duration::from_secs(41), "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_404_of_a_proxy_is_outlasted_for_30_s_or_as_long_as_the_server_is_away() {
        let good = Health { is_good: true, ..Health::default() };
        let (count, lasted) = tries(retry(&good).known(), &[|| responded(404)]).await;
        assert!((3..32).contains(&count), "{count}");
        assert!(lasted >= Duration::from_secs(30) && lasted < Duration::from_secs(41), "{lasted:?}");
        // Nobody responds to the health check either.
        let away = Health::default();
        let (_, lasted) = tries(retry(&away).known(), &[|| responded(404)]).await;
        assert!(lasted >= Duration::from_secs(600), "{lasted:?}");
        let kestra = || {
            let (parts, ()) = Response::builder().status(404).body(()).unwrap().into_parts();
            let body = r#"{"message":"Not Found","_links":{"self":{"href":"/x","templated":false}}}"#;
            Error::from_response(ErrorResponse::new(parts, Bytes::from_static(body.as_bytes())))
        };
        assert_eq!(tries(retry(&good).known(), &[kestra]).await.0, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_begins_anew() {
        let health = Health { is_good: true, ..Health::default() };
        let mut retry = retry(&health).known();
        for _ in 0..3 {
            for _ in 0..4 {
                assert!(retry.pause(responded(500)).await.is_ok());
            }
            retry.succeeded();
        }
    }
}
