//! One request on its way: from the wait for a connection to the head of the response.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::response::Parts;
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use kestra_core::internal::ConnectWait;
use kestra_core::{Error, ErrorKind, RequestSent};
use sync_wrapper::SyncWrapper;

use super::Pool;
use super::body::{Carrier, PooledBody};
use super::host::Host;
use super::lease::{Lease, discard_idle};
use super::wait::{Acquired, Wait, Wish, poll_connection};
#[cfg(feature = "http2")]
use super::{http2::ResponseFuture, lease::SharedLease};
use crate::transport::error::from_client;
use crate::transport::upload::RequestBody;

/// A request, which is sent while this is polled.
pub(crate) struct Call {
    /// The request, until a connection takes it. It is large, so it is kept apart from the stage, which is moved often.
    request: SyncWrapper<Option<Request<RequestBody>>>,
    /// Known from the first poll on.
    host: Option<Arc<Host>>,
    /// The address of the host that the request is for, if it is for one.
    address: Option<IpAddr>,
    stage: Stage,
    /// Whether the request goes on a connection of its own, which nobody else gets afterwards.
    is_private: bool,
    /// Whether the request goes on a new connection.
    skips_idle: bool,
    /// How long the request waits for a new connection.
    connect_wait: ConnectWait,
    /// Whether the request came back before, since its connection closed before any of it was written.
    is_replay: bool,
}

enum Stage {
    Unsent(Option<Box<Wait>>),
    Http1 {
        lease: Lease,
        is_reused: bool,
    },
    #[cfg(feature = "http2")]
    Http2 {
        response: SyncWrapper<ResponseFuture>,
        lease: SharedLease,
    },
    Done,
}

type Head = Result<(Parts, PooledBody), Error>;

impl Call {
    pub(super) fn new(request: Request<RequestBody>, address: Option<IpAddr>, is_private: bool) -> Self {
        Self {
            request: SyncWrapper::new(Some(request)),
            host: None,
            address,
            stage: Stage::Unsent(None),
            is_private,
            skips_idle: is_private,
            connect_wait: ConnectWait::Full,
            is_replay: false,
        }
    }

    /// Sets how long the request waits for a new connection.
    pub(crate) fn connect_wait(mut self, connect_wait: ConnectWait) -> Self {
        self.connect_wait = connect_wait;
        self
    }

    /// Closes the idle connections to the host of this call.
    pub(crate) fn discard_idle(&self) {
        if let Some(host) = &self.host {
            discard_idle(host);
        }
    }

    /// Sends the request and waits for the head of the response. Before that, `is_suspect` is asked whether idle connections
    /// may be dead.
    pub(crate) fn poll(
        &mut self,
        pool: &Pool,
        is_suspect: impl FnOnce() -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<Head> {
        if let (None, Some(request)) = (&self.host, self.request.get_mut()) {
            let host = pool.host_of(request.uri(), self.address)?;
            if is_suspect() {
                discard_idle(&host);
            }
            self.host = Some(host);
        }
        let Some(host) = &self.host else { return Poll::Pending };
        loop {
            let wish = Wish { skips_idle: self.skips_idle, connect_wait: self.connect_wait };
            let response = match &mut self.stage {
                Stage::Unsent(wait) => {
                    let found = ready!(poll_connection(pool, host, wait, wish, cx))?;
                    let Some(request) = self.request.get_mut().take() else { return Poll::Pending };
                    self.stage = Stage::send(found, request, host, self.is_private);
                    continue;
                }
                Stage::Http1 { lease, .. } => lease.connection.poll_response(cx),
                #[cfg(feature = "http2")]
                Stage::Http2 { response, .. } => response.get_mut().as_mut().poll(cx),
                Stage::Done => return Poll::Pending,
            };
            let mut error = match ready!(response) {
                Ok(response) => {
                    return Poll::Ready(std::mem::replace(&mut self.stage, Stage::Done).open(response));
                }
                Err(error) => error,
            };
            let stage = std::mem::replace(&mut self.stage, Stage::Done);
            let unsent = error.take_message();
            let error = error.into_error();
            return Poll::Ready(Err(match (unsent, &stage) {
                // A new connection that closes at once says that something is wrong with the server.
                (Some(_), Stage::Http1 { is_reused: false, .. }) => from_client(error),
                (Some(request), _) if !self.is_replay => {
                    tracing::debug!(target: "kestra::pool", "a connection closed before the request was written; using another connection");
                    self.is_replay = true;
                    // The next idle one might be the same, while calls of HTTP/2 are to open a new one together.
                    self.skips_idle |= matches!(stage, Stage::Http1 { .. });
                    *self.request.get_mut() = Some(request);
                    self.stage = Stage::Unsent(None);
                    continue;
                }
                (Some(_), _) => from_client(error).with_request_sent(RequestSent::No),
                (None, _) => {
                    if is_broken(&error) {
                        discard_idle(host);
                    }
                    from_client(error)
                }
            }));
        }
    }
}

impl Stage {
    /// Hands the request to a connection.
    fn send(found: Acquired, mut request: Request<RequestBody>, host: &Arc<Host>, is_private: bool) -> Self {
        match found {
            Acquired::Http1 { mut connection, is_reused } => {
                host.name(request.headers_mut());
                if !connection.is_forwarded {
                    host.shorten(&mut request);
                }
                connection.send(request);
                let lease = Lease { connection, host: Arc::clone(host), is_kept: !is_private };
                Self::Http1 { lease, is_reused }
            }
            #[cfg(feature = "http2")]
            Acquired::Http2(mut lent) => {
                host.complete(&mut request);
                let response = SyncWrapper::new(lent.handle.send(request));
                Self::Http2 { response, lease: SharedLease { lent, host: Arc::clone(host) } }
            }
        }
    }

    /// Returns the head of a response, and its body with the connection that it comes on.
    fn open(self, response: Response<Incoming>) -> Head {
        let (parts, body) = response.into_parts();
        let carrier = match self {
            Self::Http1 { mut lease, .. } => {
                if parts.status == StatusCode::SWITCHING_PROTOCOLS {
                    let message = "the server switches to another protocol (101), which no request asks for";
                    return Err(Error::new(ErrorKind::Decode, message).with_request_sent(RequestSent::Yes));
                }
                lease.is_kept &= parts.version != Version::HTTP_10;
                Carrier::Http1(lease)
            }
            #[cfg(feature = "http2")]
            Self::Http2 { lease, .. } => Carrier::Http2 { _lease: lease },
            Self::Unsent(_) | Self::Done => Carrier::Nothing,
        };
        Ok((parts, PooledBody::new(body, carrier)))
    }
}

/// Whether the network ended a connection and not the server, so that connections of the same age are probably dead as well.
pub(super) fn is_broken(error: &hyper::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut};
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(problem) = error.downcast_ref::<io::Error>() {
            return matches!(problem.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | TimedOut);
        }
        next = error.source();
    }
    false
}
