//! The TLS handshake and what its failures mean.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use http::Uri;
use kestra_core::{Error, ErrorKind};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::stream::{Stream, Tls};
use crate::transport::proxy::Host;

/// Speaks TLS on a stream to the host of `target`.
pub(super) async fn handshake(
    stream: Stream,
    target: &Uri,
    config: &Arc<ClientConfig>,
) -> Result<Stream, Error> {
    let host = Host::new(target.host().unwrap_or_default()).name;
    let name = ServerName::try_from(host.to_owned()).map_err(|problem| {
        Error::with_source(ErrorKind::Tls, problem).message(format!("{host} is no name for a certificate"))
    })?;
    let stream = begin(Arc::clone(config), name, stream).await.map_err(|problem| classify(host, problem))?;
    Ok(Stream::Tls(stream))
}

/// A handshake, whose type is hidden as that of the stream is.
type Handshake = Pin<Box<dyn Future<Output = io::Result<Box<dyn Tls>>> + Send>>;

fn begin(config: Arc<ClientConfig>, name: ServerName<'static>, stream: Stream) -> Handshake {
    let connecting = TlsConnector::from(config).connect(name, stream);
    Box::pin(async move { Ok(Box::new(connecting.await?) as Box<dyn Tls>) })
}

fn classify(host: &str, problem: io::Error) -> Error {
    let cause = problem.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let message = match cause {
        // The connection broke, as any connection may.
        None => {
            let message = format!("{host} closed the connection during the TLS handshake");
            return Error::with_source(ErrorKind::Connect, problem).message(message);
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            format!("{host} doesn't speak TLS on this port; is its URL http://?")
        }
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)) => {
            format!("nobody trusted here signed the certificate of {host}")
        }
        Some(rustls::Error::InvalidCertificate(_)) => format!("the certificate of {host} isn't accepted"),
        Some(_) => format!("no agreement with {host}"),
    };
    Error::with_source(ErrorKind::Tls, problem).message(message)
}
