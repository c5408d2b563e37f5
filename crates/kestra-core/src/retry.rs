//! The retry policy of a client or a call, and what classifiers and observers of it see.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode};

use crate::error::Error;
pub use crate::error::{RetryNote, is_transient_status};
use crate::macros::setters;
use crate::operation::OperationInfo;

/// A retry policy.
///
/// Safe and idempotent operations are repeated after a failed or broken connection, an attempt timeout and the statuses of
/// [`is_transient_status`]. A non-idempotent operation is retried only if the request was provably not sent, or
/// after a 429. Waits grow exponentially with full jitter; a `Retry-After` makes them longer, up to a cap beyond which
/// the call ends instead. A budget that all calls of a client share keeps retries from multiplying the load on a server that
/// is down.
///
/// ```
/// use std::time::Duration;
/// use kestra_core::{Retry, Verdict};
///
/// let retry = Retry::standard()
///     .max_attempts(4)
///     .classify_fn("internal-errors", |attempt| match attempt.status() {
///         Some(status) if status.as_u16() == 500 => Verdict::Retry,
///         _ => Verdict::NoOpinion,
///     })
///     .on_retry(|event| println!("{event:?}"));
/// # let _ = retry;
/// ```
#[derive(Clone)]
pub struct Retry {
    max_attempts: u32,
    base: Duration,
    max_backoff: Duration,
    max_retry_after: Duration,
    budget: Option<u32>,
    after_503: bool,
    classifiers: Option<Arc<Vec<Classifier>>>,
    observer: Option<Arc<Observer>>,
}

#[derive(Clone)]
struct Classifier {
    name: &'static str,
    classify: Arc<Classify>,
}

type Classify = dyn Fn(&Attempt<'_>) -> Verdict + Send + Sync;
type Observer = dyn Fn(&RetryEvent<'_>) + Send + Sync;

impl Retry {
    /// Returns the default policy: three attempts, waits of up to 100 ms, 200 ms, 400 ms … 20 s, `Retry-After` of up to 60
    /// s, a budget of 400 tokens.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(100),
            max_backoff: Duration::from_secs(20),
            max_retry_after: Duration::from_mins(1),
            budget: Some(400),
            after_503: false,
            classifiers: None,
            observer: None,
        }
    }

    /// Returns a policy of one attempt.
    #[must_use]
    pub const fn none() -> Self {
        let mut retry = Self::standard();
        retry.max_attempts = 1;
        retry
    }

    fn inner_mut(&mut self) -> &mut Self {
        self
    }

    setters! {
        /// Sets the maximum number of attempts, the first included. At least 1. Defaults to 3.
        max_attempts(attempts: u32) retry => retry.max_attempts = attempts.max(1);

        /// Sets the upper bound of the first wait, which doubles with each attempt, and the cap of all waits. Default to
        /// 100 ms and 20 s.
        backoff(base: Duration, cap: Duration) retry => {
            retry.base = base;
            retry.max_backoff = cap.max(base);
        };

        /// Sets the longest `Retry-After` that is waited for; a longer one ends the call. Defaults to 60 s.
        max_retry_after(cap: Duration) retry => retry.max_retry_after = cap;

        /// Sets the retry budget that the calls of a client share, in tokens. Defaults to 400. A retry takes 14 tokens, or
        /// 5 after a 429, and a success gives back what its own retries took, or 1.
        budget(tokens: u32) retry => retry.budget = Some(tokens);

        /// Disables the retry budget: retries take no tokens.
        no_budget() retry => retry.budget = None;

        /// Also retries non-idempotent operations after a 503 with a `Retry-After`, for a proxy that responds so only if it
        /// did not forward the request.
        non_idempotent_after_503() retry => retry.after_503 = true;
    }

    /// Adds a classifier, which is called after the built-in one. The last verdict other than `NoOpinion` counts; after
    /// `Forbid` no other classifier is called.
    #[must_use]
    pub fn classify_fn<F>(mut self, name: &'static str, classify: F) -> Self
    where
        F: Fn(&Attempt<'_>) -> Verdict + Send + Sync + 'static,
    {
        let mut classifiers = self.classifiers.take().unwrap_or_default();
        Arc::make_mut(&mut classifiers).push(Classifier { name, classify: Arc::new(classify) });
        self.classifiers = Some(classifiers);
        self
    }

    /// Calls `observer` with every retry, before its wait.
    #[must_use]
    pub fn on_retry<F>(mut self, observer: F) -> Self
    where
        F: Fn(&RetryEvent<'_>) + Send + Sync + 'static,
    {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Returns the maximum number of attempts.
    #[must_use]
    pub fn attempts_limit(&self) -> u32 {
        self.max_attempts
    }

    /// Returns the longest wait before the retry that follows this many attempts.
    #[must_use]
    pub fn backoff_limit(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.max_backoff)
    }

    /// Returns the longest `Retry-After` that is waited for.
    #[must_use]
    pub fn retry_after_limit(&self) -> Duration {
        self.max_retry_after
    }

    /// Returns the retry budget in tokens, or `None` if there is none.
    #[must_use]
    pub fn budget_tokens(&self) -> Option<u32> {
        self.budget
    }

    /// Returns whether non-idempotent operations are retried after a 503 with `Retry-After`.
    #[must_use]
    pub fn retries_non_idempotent_after_503(&self) -> bool {
        self.after_503
    }

    /// Asks the added classifiers, with the name of the one that decided.
    #[doc(hidden)]
    pub fn classify(&self, attempt: &Attempt<'_>) -> (Verdict, Option<&'static str>) {
        let mut answer = (Verdict::NoOpinion, None);
        for classifier in self.classifiers.iter().flat_map(|classifiers| classifiers.iter()) {
            match (classifier.classify)(attempt) {
                Verdict::NoOpinion => {}
                Verdict::Forbid => return (Verdict::Forbid, Some(classifier.name)),
                verdict => answer = (verdict, Some(classifier.name)),
            }
        }
        answer
    }

    /// Tells the observer.
    #[doc(hidden)]
    pub fn notify(&self, event: &RetryEvent<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classifiers: Vec<_> =
            self.classifiers.iter().flat_map(|all| all.iter().map(|one| one.name)).collect();
        f.debug_struct("Retry")
            .field("max_attempts", &self.max_attempts)
            .field("base", &self.base)
            .field("max_backoff", &self.max_backoff)
            .field("max_retry_after", &self.max_retry_after)
            .field("budget", &self.budget)
            .field("non_idempotent_after_503", &self.after_503)
            .field("classifiers", &classifiers)
            .field("observed", &self.observer.is_some())
            .finish()
    }
}

/// The verdict of a classifier on an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Leaves the decision to others.
    NoOpinion,
    /// Retry.
    Retry,
    /// Retry after at least this long.
    RetryAfter(Duration),
    /// Don't retry.
    Forbid,
}

/// A finished attempt, as a classifier sees it.
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The operation; `None` for a request that no builder made.
    pub operation: Option<&'static OperationInfo>,
    /// The number of the attempt, counted from 1.
    pub number: u32,
    /// Whether the call is idempotent.
    pub is_idempotent: bool,
    /// Its result.
    pub result: AttemptResult<'a>,
}

/// The result of an attempt.
#[non_exhaustive]
pub enum AttemptResult<'a> {
    /// A response.
    Response {
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: &'a HeaderMap,
    },
    /// An error.
    Failed(&'a Error),
}

crate::debug_fields! {
    Attempt<'_>, this => {
        operation: this.operation.map(|operation| operation.name), number: this.number,
        is_idempotent: this.is_idempotent, result: this.result,
    }
}

/// Leaves out the values of headers, as they may set cookies and contain inputs.
impl fmt::Debug for AttemptResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response { status, headers } => {
                let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
                f.debug_struct("Response").field("status", status).field("headers", &names).finish()
            }
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl<'a> Attempt<'a> {
    /// An attempt that had this result.
    #[must_use]
    pub fn new(
        operation: Option<&'static OperationInfo>,
        number: u32,
        is_idempotent: bool,
        result: AttemptResult<'a>,
    ) -> Self {
        Self { operation, number, is_idempotent, result }
    }

    /// Returns the status of the response, or `None` if there was none.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.result {
            AttemptResult::Response { status, .. } => Some(status),
            AttemptResult::Failed(error) => error.status(),
        }
    }

    /// Returns the error, or `None` if there was a response.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        match self.result {
            AttemptResult::Response { .. } => None,
            AttemptResult::Failed(error) => Some(error),
        }
    }
}

/// A retry that is about to be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryEvent<'a> {
    /// The attempt that failed.
    pub attempt: &'a Attempt<'a>,
    /// The wait before the next attempt.
    pub wait: Duration,
}

impl<'a> RetryEvent<'a> {
    /// A retry after this attempt and this wait.
    #[must_use]
    pub fn new(attempt: &'a Attempt<'a>, wait: Duration) -> Self {
        Self { attempt, wait }
    }
}
