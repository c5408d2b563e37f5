//! A connection of HTTP/1.1, which the call that has it drives: no task reads or writes it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::rt::Write as _;
use pin_project_lite::pin_project;

use crate::transport::connector::Connection as Stream;
use crate::transport::exclusive::Exclusive;
use crate::transport::upload::RequestBody;

/// The response, or what went wrong, with the request if none of it was written.
pub(super) type SendResult = Result<Response<Incoming>, TrySendError<Request<RequestBody>>>;

/// A connection, in one allocation for as long as it lives.
pub(super) struct Http1 {
    // The future of a response has no name, so it is hidden with the rest.
    exchange: Exclusive<Pin<Box<dyn Exchange>>>,
    /// Whether a proxy reads the requests.
    pub(super) is_forwarded: bool,
}

impl Http1 {
    pub(super) async fn new(stream: Stream, builder: &Builder) -> hyper::Result<Self> {
        let is_forwarded = stream.is_forwarded();
        let (sender, connection) = builder.handshake(stream).await?;
        let exchange = Driven {
            sender,
            connection: Some(connection),
            send: SendRequest::<RequestBody>::try_send_request,
            response: None,
        };
        Ok(Self { exchange: Exclusive::new(Box::pin(exchange)), is_forwarded })
    }

    /// Hands a request over. Nothing is written before [`poll_response`](Self::poll_response).
    pub(super) fn send(&mut self, request: Request<RequestBody>) {
        self.exchange.get_mut().as_mut().send(request);
    }

    /// Reads and writes until the head of the response is there.
    pub(super) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<SendResult> {
        self.exchange.get_mut().as_mut().poll_response(cx)
    }

    /// Reads and writes what can be.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        self.exchange.get_mut().as_mut().drive(cx);
    }

    /// Whether an idle connection can be used: the peer hasn't closed it, nor sent anything that nobody asked for.
    pub(super) fn is_open(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.is_clean()
    }

    /// Whether the last request was written and its response read, both to the end, and the peer lets the connection be used
    /// again.
    pub(super) fn is_clean(&mut self) -> bool {
        self.exchange.get_mut().is_clean()
    }

    /// Says goodbye where that takes no waiting, and closes.
    pub(super) fn close(mut self) {
        self.exchange.get_mut().as_mut().close();
    }
}

trait Exchange: Send {
    fn send(self: Pin<&mut Self>, request: Request<RequestBody>);
    fn poll_response(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SendResult>;
    fn drive(self: Pin<&mut Self>, cx: &mut Context<'_>);
    fn is_clean(&self) -> bool;
    fn close(self: Pin<&mut Self>);
}

pin_project! {
    struct Driven<M, F> {
        sender: SendRequest<RequestBody>,
        // Gone when it has ended, as nothing may poll it then. With it, what is left of the request comes back.
        connection: Option<Connection<Stream, RequestBody>>,
        send: M,
        #[pin]
        response: Option<F>,
    }
}

impl<M, F> Exchange for Driven<M, F>
where
    M: Fn(&mut SendRequest<RequestBody>, Request<RequestBody>) -> F + Send,
    F: Future<Output = SendResult> + Send,
{
    fn send(self: Pin<&mut Self>, request: Request<RequestBody>) {
        let mut this = self.project();
        this.response.set(Some((this.send)(this.sender, request)));
    }

    fn poll_response(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SendResult> {
        self.as_mut().drive(cx);
        let mut this = self.project();
        let Some(response) = this.response.as_mut().as_pin_mut() else { return Poll::Pending };
        // Only what is driven above can make it ready, so nobody has to be woken.
        let result = ready!(response.poll(&mut Context::from_waker(Waker::noop())));
        this.response.set(None);
        Poll::Ready(result)
    }

    fn drive(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let connection = self.project().connection;
        let Some(driven) = connection else { return };
        if let Poll::Ready(ended) = Pin::new(driven).poll(cx) {
            *connection = None;
            if let Err(problem) = ended {
                tracing::debug!(target: "kestra::pool", %problem, "an idle connection is closed");
            }
        }
    }

    fn is_clean(&self) -> bool {
        self.connection.is_some() && self.response.is_none() && self.sender.is_ready()
    }

    fn close(self: Pin<&mut Self>) {
        if let Some(connection) = self.project().connection.take() {
            let mut stream = connection.into_parts().io;
            let _ = Pin::new(&mut stream).poll_shutdown(&mut Context::from_waker(Waker::noop()));
        }
    }
}
