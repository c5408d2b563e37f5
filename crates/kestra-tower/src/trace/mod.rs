//! Spans: one for the whole call, one for each attempt.
//!
//! They are of level `DEBUG` and of the targets `kestra::call` and `kestra::attempt`, so that a filter such as
//! `kestra=debug` switches them on. Their fields have the names that OpenTelemetry's conventions give to the spans of HTTP
//! clients, but for those that begin with `kestra.`. What could be private is in none of them: paths appear as
//! templates, and queries, headers and bodies not at all. So `url.full`, which the conventions ask for, is left out.
//!
//! | field | call | attempt |
//! |---|---|---|
//! | `otel.name` | the operation, such as `create_flow` | method and template |
//! | `otel.kind` | `internal` | `client` |
//! | `otel.status_code` | `ERROR` if it failed | `ERROR` if it failed |
//! | `http.request.method` | yes | yes |
//! | `url.template` | yes | yes |
//! | `server.address`, `server.port` | – | once the server is known |
//! | `http.request.resend_count` | – | from the second attempt on |
//! | `http.response.status_code` | yes | yes |
//! | `network.protocol.version` | – | `1.1` or `2`, with the response |
//! | `error.type` | the status, or the kind of the error: `connect`, `proxy`, `tls`, `timeout`, `transport`, `decode`, `auth`, `server`, `unsupported`, `refused`, `build`; `_OTHER` for the errors of other layers | the same |
//! | `kestra.attempts` | how many attempts were made | – |
//! | `kestra.cancelled` | `true` if the call was dropped | `true` if the attempt was dropped |
//! | `kestra.duration_ms` | milliseconds to the result | the same |
//!
//! While nobody listens, a call costs one comparison: no span, no clock, no allocation.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use kestra_core::Body;
//! use kestra_tower::TraceLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kestra_core::BoxError> {
//! let service = ServiceBuilder::new()
//!     .layer(TraceLayer::call())
//!     .layer(TraceLayer::attempt())
//!     .service(service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) }));
//! service.oneshot(Request::new(Body::empty())).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Events
//!
//! | target | level | tells of |
//! |---|---|---|
//! | `kestra::retry` | `INFO` | each attempt that follows another: why, and after how many milliseconds |
//! | `kestra::retry` | `DEBUG` | what a classifier said of an attempt |
//! | `kestra::bulk` | `INFO` | each action by query and each deletion that reached a server |
//! | `kestra::files` | `WARN` | deleted files of a namespace that were left under another name |
//! | `kestra::servers` | `WARN` | a member of a cluster that is left out since it fails, and for how many milliseconds |
//! | `kestra::servers` | `INFO` | one that works again |
//! | `kestra::servers` | `DEBUG` | one that still fails when it is probed |
//! | `kestra::stream` | `DEBUG` | a stream that is opened again |
//! | `kestra::stream` | `WARN` | one that gave nothing, once for each cause |
//! | `kestra::auth` | `WARN` | credentials that go over plain HTTP to another machine, once |
//! | `kestra::auth` | `DEBUG` | a token source that failed |
//! | `kestra::inputs` | `WARN` | an input that the flow doesn't have, by its name |
//! | `kestra::pool` | `DEBUG` | idle connections that are dropped after a timeout |
//! | `kestra::proxy` | `WARN` | an entry of `NO_PROXY` that can't be read |
//! | `kestra::tls` | `WARN` | CA certificates of the system that can't be read |
//!
//! # Passing the trace on
//!
//! [`TraceLayer::propagate`] takes what writes the trace into a request, such as a `traceparent` header made by the
//! propagator of your OpenTelemetry crates. Nothing is written unless you do.

mod layer;
mod recorder;
mod service;

pub use layer::TraceLayer;
pub(crate) use recorder::{record_route, record_server};
pub use service::{TraceFuture, TraceService};

#[cfg(test)]
mod tests;
