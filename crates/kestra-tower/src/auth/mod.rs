//! Puts credentials on requests.
//!
//! Open-source Kestra has basic auth with one user, Enterprise has tokens as well. Tokens expire and there is no refresh grant,
//! so what renews a token is an asynchronous [`TokenSource`], or a file that something else rotates.
//!
//! - An `Authorization` header that a request has already wins.
//! - A token source is asked by one call at a time; the others wait, or go on with the token that is still valid. It is asked
//!   early, before the token expires, and if it fails the old token serves until then.
//! - A 401 to a token of a source has it asked again. If another token comes out, the request is sent once more, whatever its
//!   operation: a 401 means that nothing was done. Other credentials are never tried twice.
//! - Webhooks get no credentials, since the server stores every header that they are called with, unless
//!   [`AuthLayer::webhooks`] says so.
//! - Credentials over plain HTTP to another machine are warned about, once (`WARN`, target `kestra::auth`).
//!
//! Headers are marked as sensitive, and no `Debug` shows a secret. Put the layer below
//! [`ServerLayer`](crate::ServerLayer), which refuses requests for other servers.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use kestra_core::Body;
//! use kestra_tower::AuthLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kestra_core::BoxError> {
//! let service = ServiceBuilder::new().layer(AuthLayer::basic("admin@kestra.io", "Secret123")).service(service_fn(
//!     |request: Request<Body>| async move {
//!         assert_eq!(request.headers()["authorization"], "Basic YWRtaW5Aa2VzdHJhLmlvOlNlY3JldDEyMw==");
//!         Ok::<_, Infallible>(Response::new(Body::empty()))
//!     },
//! ));
//! service.oneshot(Request::new(Body::empty())).await?;
//! # Ok(())
//! # }
//! ```

mod credentials;
mod layer;
mod provider;
mod service;
mod token;

pub use credentials::Auth;
pub use layer::AuthLayer;
pub use service::{AuthFuture, AuthService};
pub use token::{Token, TokenSource};

#[cfg(test)]
mod tests;
