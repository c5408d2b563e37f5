//! The transport: the innermost service, which sends requests over the network.
//!
//! It keeps a pool of connections, goes through proxies, speaks TLS, and collects the body of a response where
//! the operation decodes it, so that timeouts and retries around it cover the body as well. Requests that no
//! builder made, downloads and event streams come with a body that is read as it arrives.
//!
//! # Compression
//!
//! Requests for JSON, text and downloads of text have `Accept-Encoding: gzip`, and their responses are decompressed (feature
//! `gzip`, on by default). Requests for event streams, other downloads and ranges, and `HEAD` requests have
//! `Accept-Encoding: identity`. A response with any other compression is an error of kind
//! [`Decode`](kestra_core::ErrorKind::Decode). A request that already has an `Accept-Encoding` is not changed, and neither
//! is its response.
//!
//! ```
//! use std::time::Duration;
//! use kestra_tower::transport::Transport;
//!
//! let transport = Transport::builder().connect_timeout(Duration::from_secs(5)).build()?;
//! # let _ = transport;
//! # Ok::<(), kestra_core::Error>(())
//! ```

mod body;
mod builder;
mod coding;
mod collect;
mod connector;
mod error;
mod future;
#[cfg(feature = "gzip")]
mod gunzip;
mod pool;
mod proxy;
mod received;
mod service;
mod tls;
mod upload;

pub use body::StreamBody;
pub use builder::TransportBuilder;
pub use connector::{ConnectRequest, ConnectService, ConnectedStream};
pub use future::TransportFuture;
pub(crate) use proxy::Host;
pub use proxy::Proxy;
pub use service::Transport;
pub use tls::Tls;
