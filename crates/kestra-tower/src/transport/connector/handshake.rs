//! The TLS handshake.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use http::Uri;
use kestra_core::{Error, ErrorKind};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::secured::Secured;
use super::stream::{Stream, Tls};
use crate::transport::proxy::Host;
use crate::transport::tls::handshake_failed;

/// Speaks TLS on a stream to the host of `target`.
pub(super) async fn handshake(
    stream: Stream,
    target: &Uri,
    config: &Arc<ClientConfig>,
) -> Result<Stream, Error> {
    let host = Host::new(target.host().unwrap_or_default()).name;
    let name = ServerName::try_from(host.to_owned()).map_err(|problem| {
        Error::from_source(ErrorKind::Tls, problem)
            .with_message(format!("{host} is no name for a certificate"))
    })?;
    let stream = begin(Arc::clone(config), name, host, stream).await;
    let stream = stream.map_err(|problem| handshake_failed(host, problem))?;
    Ok(Stream::Tls(stream))
}

/// A handshake, whose type is hidden as that of the stream is.
type Handshake = Pin<Box<dyn Future<Output = io::Result<Box<dyn Tls>>> + Send>>;

fn begin(config: Arc<ClientConfig>, name: ServerName<'static>, host: &str, stream: Stream) -> Handshake {
    let connecting = TlsConnector::from(config).connect(name, stream);
    let host = Box::from(host);
    Box::pin(async move { Ok(Box::new(Secured::new(connecting.await?, host)) as Box<dyn Tls>) })
}
