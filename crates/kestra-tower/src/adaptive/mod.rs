//! Limits how many requests are in flight to a server, and finds the limit itself.
//!
//! The limit grows by one while requests use all of it and the server keeps up: additive increase, multiplicative decrease. It is
//! looked at each time when as many requests have ended as the limit allows, and at least 32.
//!
//! - If more than a tenth of the requests failed, the limit shrinks by a quarter. A request fails if its result is an error, or
//!   429, 502, 503, 504 or another status that is retried.
//! - If requests take over three times as long as those of the same operation do without a queue, the limit shrinks by as much, so
//!   that the queue at the server ends. How long they take then is measured when it has shrunk, for an operation from 16 requests on.
//! - Requests over the limit wait in the order in which they came; a timeout above ends the wait. With
//!   [`AdaptiveConcurrencyLayer::shed`] they fail at once instead, as with tower's `LoadShed`.
//! - If a connection to the server fails, those that wait fail with it, as not sent: a retry may find another server, and
//!   costs nothing of the retry budget.
//! - Not counted and never waiting: event streams, downloads, uploads, requests that wait for an execution to end, and
//!   detections of a server's version.
//! - A request counts until its response is there.
//!
//! The layer fits once per attempt, below [`ServerLayer`](crate::ServerLayer): then each server has a limit of its own, and pauses
//! between attempts hold no place. It keeps the limits of the 100 servers that were used last, and of all with requests in flight.
//! Its services are always ready. All services of one layer share the limits.
//!
//! The adaptive limiter of tower-resilience 0.14 doesn't fit. It takes a 503 for a success, so that its limit grows
//! during an outage; it reserves a place before it knows the request, so that requests which wait for an execution take places
//! and seem slow; its error hides the cause; and its clock can't be paused by tests.
//!
//! ```
//! use kestra_core::Retry;
//! use kestra_tower::{AdaptiveConcurrencyLayer, RetryLayer, ServerLayer, Transport};
//! use tower::ServiceBuilder;
//!
//! let limit = AdaptiveConcurrencyLayer::new();
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(Retry::standard()))
//!     .layer(ServerLayer::new("https://kestra.example.com"))
//!     .layer(limit.clone())
//!     .service(Transport::builder().build()?);
//! assert_eq!(limit.limit(), 16); // for a metric
//! # let _ = service;
//! # Ok::<(), kestra_core::Error>(())
//! ```

mod baselines;
mod layer;
mod limit;
mod limits;
mod service;

pub use layer::AdaptiveConcurrencyLayer;
pub(crate) use service::Untried;
pub use service::{AdaptiveConcurrencyFuture, AdaptiveConcurrencyService};

#[cfg(test)]
mod tests;
