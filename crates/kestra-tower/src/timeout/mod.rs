//! Timeouts: one for the whole call, one for each attempt.
//!
//! [`TimeoutLayer::total`] stands above the retries and covers everything below it, also the wait for a free place in a
//! layer such as tower's `ConcurrencyLimit`. [`TimeoutLayer::attempt`] stands below them and covers one attempt.
//!
//! What holds for one call is decided by its [`CallContext`](kestra_core::CallContext), if it has one: the limits that the
//! call sets, then those of the layer, then the table of [`Timeouts`](kestra_core::Timeouts), which has none for uploads and
//! for calls that wait for an execution.
//!
//! ```
//! use std::convert::Infallible;
//! use std::time::Duration;
//!
//! use http::{Request, Response};
//! use kestra_core::{Body, Error, ErrorKind, TimeoutPhase};
//! use kestra_tower::TimeoutLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let slow = service_fn(|_: Request<Body>| async {
//!     tokio::time::sleep(Duration::from_mins(1)).await;
//!     Ok::<_, Infallible>(Response::new(Body::empty()))
//! });
//! let service = ServiceBuilder::new()
//!     .layer(TimeoutLayer::total(Duration::from_millis(20)))
//!     .layer(TimeoutLayer::attempt(Duration::from_millis(10)))
//!     .service(slow);
//!
//! let error = Error::from_boxed(service.oneshot(Request::new(Body::empty())).await.unwrap_err());
//! assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Attempt));
//! # }
//! ```

mod layer;
mod service;

pub use layer::TimeoutLayer;
pub use service::{TimeoutFuture, TimeoutService};

#[cfg(test)]
mod tests;
