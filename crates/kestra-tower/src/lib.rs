//! Tower layers and the HTTP transport of the Kestra client.
//!
//! Every layer stands on its own: in the stack of the crate `kestra`, or in one that you put together with tower's
//! `ServiceBuilder`. This is the order of the default stack, outermost first:
//!
//! 1. a span around the whole call: [`TraceLayer::call`]
//! 2. the limit of the whole call, waiting for layers below included: [`TimeoutLayer::total`]
//! 3. your layers that act once a call
//! 4. attempts, the waits between them, their budget: [`RetryLayer`], and below it a second request for late reads, if it is
//!    wanted: [`HedgeLayer`]
//! 5. a span around each attempt: [`TraceLayer::attempt`]
//! 6. the limit of each attempt: [`TimeoutLayer::attempt`]
//! 7. the server, its version, the route: [`ServerLayer`]
//! 8. credentials: [`AuthLayer`]
//! 9. your layers that act once an attempt, such as [`AdaptiveConcurrencyLayer`]
//! 10. connections, proxies, TLS, and the body of the response where the operation decodes it: [`Transport`]
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use http::Request;
//! use kestra_core::{Body, Retry};
//! use kestra_tower::{AuthLayer, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer, Transport};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # async fn run() -> Result<(), kestra_core::BoxError> {
//! let service = ServiceBuilder::new()
//!     .layer(TraceLayer::call())
//!     .layer(TimeoutLayer::total(Duration::from_mins(2)))
//!     .concurrency_limit(16) // a layer of tower: calls that wait for a place still end in time
//!     .layer(RetryLayer::new(Retry::standard()))
//!     .layer(TraceLayer::attempt())
//!     .layer(TimeoutLayer::attempt(Duration::from_mins(1)))
//!     .layer(ServerLayer::new("https://kestra.example.com"))
//!     .layer(AuthLayer::bearer("token"))
//!     .service(Transport::builder().build()?);
//! let request = Request::get("/api/v1/main/flows/search").body(Body::empty())?;
//! let response = service.oneshot(request).await?;
//! # let _ = response;
//! # Ok(())
//! # }
//! ```
//!
//! # What fits
//!
//! A layer of ours goes around any `Service<http::Request<Body>>` whose copies are cheap, that returns an
//! `http::Response` of any body, and whose error can be boxed. It returns the same response, and its error is a
//! [`BoxError`](kestra_core::BoxError) that holds a [`kestra_core::Error`] if it is ours; [`kestra_core::Error::from_boxed`]
//! takes it out. Only [`ServerLayer`] reads a body, that of a server's configuration, so it wants the body to be one
//! of HTTP.
//!
//! So layers of other people fit in between: tower's `ConcurrencyLimit`, `LoadShed`, `Buffer`, `Timeout`, and
//! `RateLimit` under a `Buffer` since it can't be copied; tower-http's request ids, decompression, `Trace`, `Timeout`
//! and `FollowRedirect`. A redirect that is followed above [`ServerLayer`] never leaves the server; one that is
//! followed below [`AuthLayer`] goes by the policy of that layer, which by default takes credentials away.
//!
//! # What layers know of a call
//!
//! A request that a builder of this client made has a [`CallContext`](kestra_core::CallContext) among its extensions: the
//! operation with its class, the options of the call, the deadline, and what became of it so far. Layers of yours can
//! read it as ours do. Ours also take requests without one; each module says what holds then.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod adaptive;
pub mod auth;
mod connect_to;
pub mod hedge;
mod latency;
mod oneshot;
mod other_error;
mod replayable_request;
pub mod retry;
pub mod server;
#[cfg(test)]
mod test_support;
pub mod timeout;
pub mod trace;
pub mod transport;

pub use adaptive::AdaptiveConcurrencyLayer;
pub use auth::{Auth, AuthLayer, Token, TokenSource};
pub use hedge::HedgeLayer;
pub use retry::RetryLayer;
pub use server::{ServerLayer, VersionCache};
pub use timeout::TimeoutLayer;
pub use trace::TraceLayer;
pub use transport::{Proxy, Tls, Transport, TransportBuilder};
