//! Whether an attempt is followed by another one.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use kestra_core::internal::read_retry_after;
use kestra_core::retry::{Attempt, AttemptResult, is_transient_status};
use kestra_core::{BoxError, CallContext, Error, ErrorKind, RequestSent, Retry, TimeoutPhase, Verdict};

use crate::other_error::other_kind;

/// What policy and result say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It was no failure, or trying again wouldn't help or could do harm.
    Final,
    /// The server requests a longer wait than the policy allows.
    TooLong,
    /// Another attempt is due, after this long at least.
    Again(Duration),
    /// Another attempt is due at once, at another server.
    Move,
}

/// Decides; which classifier had what opinion is told at `DEBUG`.
///
/// If a member of a cluster failed and another one is there, what was provably not sent goes there whatever failed, and neither
/// the backoff nor a `Retry-After` of the failed member holds it up.
pub(super) fn decide(policy: &Retry, attempt: &Attempt<'_>, context: Option<&CallContext>) -> Decision {
    let (verdict, classifier) = policy.classify(attempt);
    let moves = context.is_some_and(CallContext::can_move);
    let (wanted, asked) = match verdict {
        Verdict::Retry => (true, Duration::ZERO),
        Verdict::RetryAfter(wait) => (true, wait),
        Verdict::Forbid => (false, Duration::ZERO),
        _ => (
            may_pass(attempt) || (moves && is_unsent(attempt)) || is_behind(attempt, context),
            Duration::ZERO,
        ),
    };
    let decision = if !wanted || !is_harmless(policy, attempt) {
        Decision::Final
    } else if moves && asked.is_zero() {
        Decision::Move
    } else {
        let asked = response(attempt)
            .and_then(|(status, headers)| read_retry_after(status, headers))
            .map_or(asked, |after| after.max(asked));
        if asked > policy.retry_after_limit() { Decision::TooLong } else { Decision::Again(asked) }
    };
    if decision != Decision::Final || classifier.is_some() {
        tracing::debug!(
            target: "kestra::retry",
            classifier = classifier.unwrap_or("standard"),
            attempt = attempt.number,
            ?verdict,
            ?decision,
            "classified an attempt"
        );
    }
    decision
}

/// Returns whether a response shows a healthy server.
pub(super) fn is_success(status: StatusCode) -> bool {
    !status.is_server_error() && !is_transient_status(status)
}

/// Whether the same request may succeed later.
fn may_pass(attempt: &Attempt<'_>) -> bool {
    match &attempt.result {
        AttemptResult::Response { status, .. } => is_transient_status(*status),
        // After the timeout of the whole call there is no time for a retry.
        AttemptResult::Failed(error) => {
            error.is_transient() && error.kind() != ErrorKind::Timeout(TimeoutPhase::Total)
        }
        _ => false,
    }
}

/// Whether another attempt can't start anything twice.
fn is_harmless(policy: &Retry, attempt: &Attempt<'_>) -> bool {
    if is_unsent(attempt) {
        return true;
    }
    if is_attempt_timeout(attempt) && attempt.operation.is_some_and(|operation| operation.early_error) {
        // The server may hang on this request, and another one would hang it once more.
        return false;
    }
    if attempt.is_idempotent {
        return true;
    }
    match response(attempt) {
        Some((StatusCode::TOO_MANY_REQUESTS, _)) => true,
        Some((StatusCode::SERVICE_UNAVAILABLE, headers)) => {
            policy.retries_non_idempotent_after_503() && headers.contains_key(RETRY_AFTER)
        }
        _ => false,
    }
}

/// Returns whether a member of a cluster may have responded with 404 only because it is behind the one before.
fn is_behind(attempt: &Attempt<'_>, context: Option<&CallContext>) -> bool {
    attempt.status() == Some(StatusCode::NOT_FOUND) && context.is_some_and(CallContext::wants_second_look)
}

pub(super) fn is_unsent(attempt: &Attempt<'_>) -> bool {
    attempt.error().is_some_and(|error| error.request_sent() == RequestSent::No)
}

fn is_attempt_timeout(attempt: &Attempt<'_>) -> bool {
    let kind = attempt.error().map(Error::kind);
    let Some(ErrorKind::Timeout(phase)) = kind else { return false };
    matches!(
        phase,
        TimeoutPhase::Attempt | TimeoutPhase::RequestBody | TimeoutPhase::FirstByte | TimeoutPhase::Idle
    )
}

fn response<'a>(attempt: &Attempt<'a>) -> Option<(StatusCode, &'a HeaderMap)> {
    match attempt.result {
        AttemptResult::Response { status, headers } => Some((status, headers)),
        AttemptResult::Failed(error) => {
            error.response().map(|response| (response.parts.status, &response.parts.headers))
        }
        _ => None,
    }
}

/// Our view of an error of another layer; [`Error::into_source`] gives it back.
pub(super) fn wrap_other(error: BoxError) -> Error {
    let kind = other_kind(&*error);
    Error::from_source(kind, error).with_request_sent(RequestSent::Maybe)
}
