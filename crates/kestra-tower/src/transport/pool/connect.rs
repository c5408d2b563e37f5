//! A connection that is being opened.

use std::pin::Pin;
use std::sync::{Arc, Weak};

use hyper::client::conn::http1::Builder;
use kestra_core::internal::ConnectWait;
use kestra_core::{Error, ErrorKind};
use tokio::time::Instant;

use super::Pool;
use super::host::Host;
use super::http1::Http1;
#[cfg(feature = "http2")]
use super::http2::Sender;
use super::observed::ObservedConnection;
use crate::transport::connector::Connection as Stream;
use crate::transport::proxy::port;

/// What comes of opening one.
pub(super) enum NewConnection {
    Http1(Http1),
    #[cfg(feature = "http2")]
    Http2(Sender),
}

pub(super) type Connecting = Pin<Box<dyn Future<Output = Result<NewConnection, Error>> + Send>>;

/// Opens a connection to a host, within the limit of the connector and that of the call.
pub(super) fn connect(pool: &Pool, host: &Host, connect_wait: ConnectWait) -> Connecting {
    let (connector, http1, target) = (pool.connector.clone(), pool.http1.clone(), host.target());
    let (observer, address) = (pool.observer.clone(), host.ip);
    Box::pin(async move {
        let stream = connector.connect(&target, address, connect_wait).await?;
        let observed =
            || ObservedConnection::opened(observer, target.host().unwrap_or_default(), port(&target));
        open(stream, &http1, observed)
            .await
            .map_err(|problem| Error::from_source(ErrorKind::Connect, problem))
    })
}

async fn open(
    stream: Stream,
    http1: &Builder,
    observed: impl FnOnce() -> Option<Box<ObservedConnection>>,
) -> hyper::Result<NewConnection> {
    #[cfg(feature = "http2")]
    if stream.is_http2() {
        return Sender::new(stream, observed).await.map(NewConnection::Http2);
    }
    Http1::new(stream, http1, observed).await.map(NewConnection::Http1)
}

/// Finishes a connection that its call doesn't need any more, for another one.
pub(super) fn finish_for_others(host: &Arc<Host>, connecting: Connecting) {
    let owner = Arc::downgrade(host);
    drop(host.runtime.spawn(async move {
        match connecting.await {
            Ok(opened) => keep(&owner, opened),
            Err(problem) => {
                tracing::debug!(target: "kestra::pool", %problem, "an unused connection failed");
            }
        }
    }));
}

fn keep(host: &Weak<Host>, opened: NewConnection) {
    let Some(host) = host.upgrade() else { return };
    let opened = match opened {
        NewConnection::Http1(mut connection) => {
            connection.set_idle(true);
            NewConnection::Http1(connection)
        }
        #[cfg(feature = "http2")]
        shared @ NewConnection::Http2(_) => shared,
    };
    host.with(|state, effects| match opened {
        NewConnection::Http1(connection) => {
            state.set_exclusive(effects);
            state.put(connection, Instant::now(), effects);
        }
        #[cfg(feature = "http2")]
        NewConnection::Http2(sender) => {
            let lent = state.share(sender, Instant::now(), effects);
            state.release(&lent, Instant::now());
        }
    });
}
