//! Points requests at a server, and finds out its version where a call depends on it.
//!
//! A request comes in origin form, `/api/v1/…`, and leaves with an absolute URL: that of the server which the call's options
//! and operation select from a [`Servers`](kestra_core::Servers) list, its path prefix included. An absolute URL is let
//! through if it has the same scheme, host and port, and refused otherwise, since credentials would go along.
//!
//! Most operations have one route on all servers. For the others the version matters: the one that the call's options set,
//! else the one that the layer is given, else the server's own, detected by `GET /api/v1/configs` and kept for
//! 5 minutes. That request goes through the layers below like a call, but it is no attempt of one. Calls that need
//! the version at the same time share one detection; if the call that detects it is neither polled nor dropped,
//! another call does so a second after the timeout. The version is detected again after a failed connection, after a
//! 404, 405 or 415 of a call that depended on it, and right before an action by query that depends on it. If the
//! server turns out to have another version than assumed, the call is sent once more for that version, unless it may
//! not be repeated. An operation that the server lacks is an error before anything is sent.
//!
//! Of a [cluster](kestra_core::Servers::cluster), each attempt goes to a member that works and has not failed the call, with
//! the route of that member's version. Whether there is another attempt is up to [`RetryLayer`](crate::RetryLayer). Copies of
//! the layer share what is known of the members.
//!
//! The service is always ready and reserves nothing below, so a concurrency limit of 1 below it is fine.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use kestra_core::Body;
//! use kestra_tower::ServerLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kestra_core::BoxError> {
//! let service = ServiceBuilder::new()
//!     .layer(ServerLayer::new("https://example.com/kestra"))
//!     .service(service_fn(|request: Request<Body>| async move {
//!         Ok::<_, Infallible>(Response::new(Body::from(request.uri().to_string())))
//!     }));
//! let response = service.oneshot(Request::get("/api/v1/main/flows/search").body(Body::empty())?).await?;
//! assert_eq!(response.body().as_bytes().unwrap(), "https://example.com/kestra/api/v1/main/flows/search");
//! # Ok(())
//! # }
//! ```

mod cluster;
mod detection;
mod endpoint;
mod layer;
mod service;
mod version_cache;

pub use layer::ServerLayer;
pub use service::{ServerFuture, ServerService};
pub use version_cache::VersionCache;

#[cfg(test)]
mod tests;
