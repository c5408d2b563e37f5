//! Puts credentials on requests.
//!
//! Open-source Kestra has basic auth with one user, Enterprise has tokens as well. Tokens expire and there is no
//! refresh grant, so tokens are renewed by an asynchronous [`TokenSource`], or a file that something else rotates.
//!
//! - An `Authorization` header that a request has already wins.
//! - One call at a time requests a token from a source; the others wait, or use the token that is still valid. That happens before
//!   the token expires, and if it fails the old token is used until then.
//! - After a 401 the source is called again. If it returns another token, the request is sent once more, whatever its
//!   operation: a 401 means that nothing was done. Other credentials are never sent twice.
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
mod state;
mod token;

pub use credentials::Auth;
pub use layer::AuthLayer;
pub use service::{AuthFuture, AuthService};
pub use token::{Token, TokenSource};

#[cfg(test)]
mod tests;
