//! Retries calls where that is safe and likely to help.
//!
//! The policy, [`Retry`](kestra_core::Retry), decides what is retried; a call can have its own. Operations carry a class in
//! their [`CallContext`](kestra_core::CallContext):
//!
//! | the attempt ended in | idempotent | non-idempotent |
//! |---|---|---|
//! | no connection, no proxy, a connect timeout | again | again |
//! | a failed version detection | again | again |
//! | a broken connection | again | only if nothing was written |
//! | an attempt timeout | again, but not if errors may come early | only if nothing was written |
//! | 429 | again | again |
//! | 503 with `Retry-After` | again | if the policy says so |
//! | 408, 425, 502, 503, 504 | again | no |
//! | TLS, other statuses, an invalid response | no | no |
//!
//! A request without a context counts as non-idempotent, unless its method is `HEAD` or `OPTIONS`. Classifiers of the
//! policy can add to the left column and take from both; only `idempotent(true)` on the call adds to the right one.
//!
//! Waits grow exponentially, with full jitter: anything from nothing to the limit of the policy. `Retry-After` of a
//! 429 or 503, in seconds or as a date, makes them longer; if it is over the policy's cap, or if the wait would not
//! end before the deadline of the call, the call ends. In the end the last response or error is returned as it is; an
//! error of ours, and one that is made of the response, notes why it was not retried.
//!
//! If a member of a [cluster](kestra_core::Servers::cluster) failed and another one is there, the next attempt has no wait,
//! and what was not sent is retried whatever failed, such as TLS.
//!
//! All services of one layer share a budget of tokens, so that a server that is down is not sent a multiple of its load.
//!
//! The layer counts attempts in the context of the call, [`CallContext::attempts`](kestra_core::CallContext::attempts). In a
//! stack without it nobody does, and the count stays 0.
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::atomic::{AtomicU32, Ordering};
//!
//! use http::{Request, Response};
//! use kestra_core::{Body, Retry};
//! use kestra_tower::RetryLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! static CALLS: AtomicU32 = AtomicU32::new(0);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kestra_core::BoxError> {
//! let service = ServiceBuilder::new().layer(RetryLayer::new(Retry::standard())).service(service_fn(
//!     |_: Request<Body>| async {
//!         let status = if CALLS.fetch_add(1, Ordering::Relaxed) == 0 { 429 } else { 200 };
//!         Ok::<_, Infallible>(Response::builder().status(status).body(Body::empty()).unwrap())
//!     },
//! ));
//! let response = service.oneshot(Request::new(Body::empty())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```

mod budget;
mod decision;
mod layer;
mod service;

pub use layer::RetryLayer;
pub use service::{RetryFuture, RetryService};

#[cfg(test)]
mod tests;
