//! Sends a read once more if the response is late, and takes the response that comes first.
//!
//! A few requests take far longer than the others: the server collects garbage, a connection is dead, a packet was lost. A
//! second request on another connection is mostly fast.
//!
//! - Only operations of the class safe are sent twice. Not hedged: event streams, downloads, requests that wait for an execution
//!   to end, bodies that can be sent only once, calls with `idempotent(false)`, and requests that no builder made.
//! - The second request is sent when the first takes longer than 95 % of the requests of its operation, and at least 20 ms
//!   ([`HedgeLayer::least_delay`]). The times of the last thousand responses count; with less than 30 nothing is hedged.
//! - At most 5 % of the calls are hedged ([`HedgeLayer::budget`]): one after 20 successful ones. So a server that doesn't respond
//!   at all gets one request more, not twice as many.
//! - For 10 s after a 429 or 503, or for as long as its `Retry-After` says, up to a minute, nothing is hedged.
//! - The first response that is a success, or an error that a retry wouldn't mend, is the result, and the other request is
//!   dropped, which closes its connection. If the first request fails, its result waits for the second
//!   one for at most the delay again, as a retry may be sooner. If both fail, the result is that of the first.
//!
//! Place the layer below [`RetryLayer`](crate::RetryLayer) and above [`TimeoutLayer::attempt`](crate::TimeoutLayer::attempt), so
//! that both requests have a span and a timeout of their own. HTTP/2 sends both on one connection.
//!
//! The hedges of tower 0.5 and tower-resilience 0.14 don't fit. tower's is not `Clone`, has one latency for all operations and no
//! budget, and takes the first result even if it is a failure. That of tower-resilience needs requests and errors that are
//! `Clone`, which a [`BoxError`](kestra_core::BoxError) is not, and has a fixed delay and no budget.
//!
//! ```
//! use kestra_core::Retry;
//! use kestra_tower::{HedgeLayer, RetryLayer, ServerLayer, Transport};
//! use tower::ServiceBuilder;
//!
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(Retry::standard()))
//!     .layer(HedgeLayer::new())
//!     .layer(ServerLayer::new("https://kestra.example.com"))
//!     .service(Transport::builder().build()?);
//! # let _ = service;
//! # Ok::<(), kestra_core::Error>(())
//! ```

mod layer;
mod service;
mod state;

pub use layer::HedgeLayer;
pub use service::{HedgeFuture, HedgeService};

#[cfg(test)]
mod tests;
