//! A connection of HTTP/2, which all calls to a host share and a task drives.

use std::pin::Pin;

use http::Request;
use http::Version;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::http1::SendResult;
use super::observed::ObservedConnection;
use super::state::Share;
use crate::transport::connector::Connection as Stream;
use crate::transport::upload::RequestBody;

/// The future of a response.
pub(super) type ResponseFuture = Pin<Box<dyn Future<Output = SendResult> + Send>>;

/// A handle to the connection. Once all are dropped, it is closed after the last response.
#[derive(Clone)]
pub(super) struct Sender(SendRequest<RequestBody>);

impl Sender {
    pub(super) async fn new(
        stream: Stream,
        observed: impl FnOnce() -> Option<Box<ObservedConnection>>,
    ) -> hyper::Result<Self> {
        let mut builder = Builder::new(TokioExecutor::new());
        let (sender, connection) = builder.timer(TokioTimer::new()).handshake(stream.io).await?;
        let observed = observed();
        drop(tokio::spawn(async move {
            // It ends with the connection, also if the runtime does.
            let _observed = observed;
            if let Err(problem) = connection.await {
                tracing::debug!(target: "kestra::pool", %problem, "a connection of HTTP/2 broke");
            }
        }));
        Ok(Self(sender))
    }

    /// Sends a request, after those that wait for the server to take another stream.
    pub(super) fn send(&mut self, mut request: Request<RequestBody>) -> ResponseFuture {
        *request.version_mut() = Version::HTTP_2;
        Box::pin(self.0.try_send_request(request))
    }
}

impl Share for Sender {
    fn is_open(&self) -> bool {
        !self.0.is_closed()
    }
}
