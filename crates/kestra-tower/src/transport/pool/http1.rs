//! A connection of HTTP/1.1, which the call that has it drives: no task reads or writes it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::rt::Write as _;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use sync_wrapper::SyncWrapper;

use super::observed::ObservedConnection;
use crate::transport::connector::{self, Stream};
use crate::transport::upload::RequestBody;

/// The response, or what went wrong, with the request if none of it was written.
pub(super) type SendResult = Result<Response<Incoming>, TrySendError<Request<RequestBody>>>;

/// A piece of a response, or why there is none.
pub(super) type FrameResult = hyper::Result<Frame<Bytes>>;

/// A connection, whose allocations live as long as it.
pub(super) struct Http1 {
    // The future of a response has no name, so it is hidden with the rest.
    exchange: SyncWrapper<Pin<Box<dyn Exchange>>>,
    /// Whether a proxy reads the requests.
    pub(super) is_forwarded: bool,
    observed: Option<Box<ObservedConnection>>,
}

impl Http1 {
    pub(super) async fn new(
        stream: connector::Connection,
        builder: &Builder,
        observed: impl FnOnce() -> Option<Box<ObservedConnection>>,
    ) -> hyper::Result<Self> {
        let connector::Connection { io, is_forwarded } = stream;
        let (sender, connection) = builder.handshake(io).await?;
        let task = Arc::new(DrivingTask::default());
        let exchange = Driven {
            sender,
            connection: Some(connection),
            waker: Arc::clone(&task).into(),
            task,
            send: SendRequest::<RequestBody>::try_send_request,
            response: None,
        };
        Ok(Self { exchange: SyncWrapper::new(Box::pin(exchange)), is_forwarded, observed: observed() })
    }

    /// Tells the observer, if there is one, whether a call has the connection.
    pub(super) fn set_idle(&mut self, is_idle: bool) {
        if let Some(observed) = &mut self.observed {
            observed.set_idle(is_idle);
        }
    }

    /// Hands a request over. Nothing is written before [`poll_response`](Self::poll_response).
    pub(super) fn send(&mut self, request: Request<RequestBody>) {
        self.exchange.get_mut().as_mut().send(request);
    }

    /// Reads and writes until the head of the response is there.
    pub(super) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<SendResult> {
        self.exchange.get_mut().as_mut().poll_response(cx)
    }

    /// Reads and writes until there is something of the body.
    pub(super) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<FrameResult>> {
        self.exchange.get_mut().as_mut().poll_frame(body, cx)
    }

    /// Whether an idle connection can be used: the peer hasn't closed it, nor sent anything without a request.
    pub(super) fn is_open(&mut self) -> bool {
        // No task has to be woken for an idle connection.
        self.exchange.get_mut().as_mut().drive(None);
        self.is_clean()
    }

    /// Whether the last request was written and its response read, both to the end, and the peer lets the connection be used
    /// again.
    pub(super) fn is_clean(&mut self) -> bool {
        self.exchange.get_mut().is_clean()
    }

    /// Shuts the connection down as far as that takes no waiting, and closes it.
    pub(super) fn close(mut self) {
        self.exchange.get_mut().as_mut().close();
    }
}

trait Exchange: Send {
    fn send(self: Pin<&mut Self>, request: Request<RequestBody>);
    fn poll_response(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SendResult>;
    fn poll_frame(
        self: Pin<&mut Self>,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<FrameResult>>;
    /// Reads and writes as much as possible without waiting, and has the task woken when more is possible.
    fn drive(self: Pin<&mut Self>, task: Option<&Waker>);
    fn is_clean(&self) -> bool;
    fn close(self: Pin<&mut Self>);
}

pin_project! {
    struct Driven<M, F> {
        sender: SendRequest<RequestBody>,
        // `None` once the connection has ended, as it must not be polled then. Dropping it returns what is left of the
        // request.
        connection: Option<Connection<TokioIo<Stream>, RequestBody>>,
        task: Arc<DrivingTask>,
        // Wakes `task`.
        waker: Waker,
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
        self.as_mut().drive(Some(cx.waker()));
        let mut this = self.project();
        let Some(response) = this.response.as_mut().as_pin_mut() else { return Poll::Pending };
        // Only what is driven above can make it ready, so nobody has to be woken.
        let result = response.poll(&mut Context::from_waker(Waker::noop()));
        if result.is_ready() {
            this.response.set(None);
            this.task.set(None);
        }
        result
    }

    fn poll_frame(
        mut self: Pin<&mut Self>,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<FrameResult>> {
        let mut frame = Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
        if frame.is_pending() {
            self.as_mut().drive(Some(cx.waker()));
            frame = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
            if frame.is_ready() {
                self.task.set(None);
            }
        }
        frame
    }

    fn drive(self: Pin<&mut Self>, task: Option<&Waker>) {
        let this = self.project();
        this.task.set(task);
        let Some(connection) = this.connection else { return };
        if let Poll::Ready(ended) = Pin::new(connection).poll(&mut Context::from_waker(this.waker)) {
            *this.connection = None;
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

/// The task that waits for a connection, as long as it does.
///
/// hyper wakes it not only when there is something to read or write, but also whenever its caller takes something from it. As
/// that is the same task here, each call would have its task run once more in vain.
#[derive(Default)]
struct DrivingTask(Mutex<Option<Waker>>);

impl DrivingTask {
    fn set(&self, task: Option<&Waker>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut *known, task) {
            (Some(known), Some(task)) => known.clone_from(task),
            (known, task) => *known = task.cloned(),
        }
    }
}

impl Wake for DrivingTask {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let task = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.wake();
        }
    }
}
