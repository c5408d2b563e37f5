//! The stack of layers behind one pointer, and what is done with its responses.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response, header};
use kestra_core::internal::{Collector, ERROR_BODY_LIMIT, causes, redact};
use kestra_core::{
    Body, BoxError, CallContext, CallFuture, CallOutcome, ClientEvent, Error, ErrorKind, ErrorResponse,
    Observer, TimeoutPhase,
};
use kestra_tower::timeout::{TimeoutLayer, TimeoutService};
use kestra_tower::trace::TraceLayer;
use pin_project_lite::pin_project;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower::{Layer as _, Service};

/// A service whose type nobody needs to know.
pub(crate) trait Stack: Send + Sync {
    /// Sends a request and checks the response, all in one allocation.
    fn call(&self, request: Result<Request<Body>, Error>, body_limit: usize) -> CallFuture;
}

/// Any number of clients share it.
pub(crate) type SharedStack = Arc<dyn Stack>;

/// The span and the limit of the whole call around a service.
///
/// It is ready at any time, since it waits for the service within the limit of each call.
pub(super) struct CallStack<S> {
    trace: TraceLayer,
    service: TimeoutService<S>,
    is_tracked: bool,
    observer: Option<Observer>,
}

impl<S> CallStack<S> {
    pub(super) fn new(service: S, limit: TimeoutLayer) -> Self {
        let service = limit.layer(service);
        Self { trace: TraceLayer::call(), service, is_tracked: false, observer: None }
    }

    /// Our transport is below, and tells what it writes: what a layer refused before it got there was not sent.
    pub(super) fn tracked(self, is_tracked: bool) -> Self {
        Self { is_tracked, ..self }
    }

    /// Sets the observer of the ends of calls.
    pub(super) fn observed(self, observer: Option<Observer>) -> Self {
        Self { observer, ..self }
    }
}

impl<S, B> Stack for CallStack<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, request: Result<Request<Body>, Error>, body_limit: usize) -> CallFuture {
        let request = match request {
            Ok(request) => request,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let context = CallContext::of(&request).cloned();
        if let Some(context) = context.as_ref().filter(|_| self.is_tracked) {
            context.sent().track();
        }
        if let (Some(_), Some(context)) = (&self.observer, &context) {
            context.begun();
        }
        Box::pin(Sending {
            sending: self.trace.record(request, |request| self.service.call_within_total(request)),
            judging: None,
            context,
            body_limit,
            observer: self.observer.clone(),
        })
    }
}

pin_project! {
    /// A request on its way. Written by hand, since an `async` block would hold the request and the service twice.
    struct Sending<F> {
        #[pin]
        sending: F,
        judging: Option<CallFuture>,
        context: Option<CallContext>,
        body_limit: usize,
        // Until the end of the call was told.
        observer: Option<Observer>,
    }

    impl<F> PinnedDrop for Sending<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(observer) = this.observer.take() {
                tell_end(&observer, this.context.as_ref(), CallOutcome::Cancelled);
            }
        }
    }
}

/// Tells the observer of the end of a call.
fn tell_end(observer: &Observer, context: Option<&CallContext>, outcome: CallOutcome<'_>) {
    observer.tell(&ClientEvent::CallEnded {
        operation: context.and_then(CallContext::operation),
        outcome,
        attempts: context.map_or(0, CallContext::attempts),
        duration: context.map_or(Duration::ZERO, |context| context.begun().elapsed()),
    });
}

impl<F, B, E> Future for Sending<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    E: Into<BoxError>,
{
    type Output = Result<Response<Body>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.judging {
            Some(judging) => ready!(judging.as_mut().poll(cx)),
            None => match ready!(this.sending.poll(cx)) {
                Err(error) => Err(Error::from_boxed(error.into())),
                Ok(response) => match judge(response.map(Body::new), this.context.as_ref()) {
                    Judged::Done(result) => result,
                    // A layer gave the body another form, or the service isn't our transport.
                    Judged::Unread(response) => {
                        let reading = read(response, this.context.clone(), *this.body_limit);
                        ready!(this.judging.insert(Box::pin(reading)).as_mut().poll(cx))
                    }
                },
            },
        };
        let result = result.map_err(|error| finish(error, this.context.as_ref()));
        if let Some(observer) = this.observer.take() {
            let outcome = result.as_ref().err().map_or(CallOutcome::Success, CallOutcome::Failed);
            tell_end(&observer, this.context.as_ref(), outcome);
        }
        Poll::Ready(result)
    }
}

/// Adds what only the whole call knows.
fn finish(error: Error, context: Option<&CallContext>) -> Error {
    let error = if is_caused_by::<Overloaded>(&error) {
        error.with_transient(true).with_hint(SHED)
    } else if is_caused_by::<Elapsed>(&error) {
        error.with_transient(true)
    } else {
        error
    };
    let Some(context) = context else { return error };
    let sent = match error.kind() {
        // Whoever failed doesn't know what those below it have sent.
        ErrorKind::Service if !error.is_version_detection() => context.known_request_sent(),
        _ => error.request_sent().max(context.request_sent()),
    };
    let mut error = error.with_request_sent(sent);
    if error.attempts() == 0 {
        let failed = context.used_members().count_ones();
        error =
            error.with_attempts(context.attempts(), context.begun().elapsed()).with_failed_servers(failed);
    }
    error.with_operation(context.operation())
}

const SHED: &str =
    "a layer of this client sheds calls while too many are in flight: raise its limit, or retry later";

/// Returns whether an error of this type, such as that of a tower layer, is among the causes.
fn is_caused_by<E: std::error::Error + 'static>(error: &Error) -> bool {
    causes(error).any(|cause| cause.is::<E>())
}

enum Judged {
    Done(Result<Response<Body>, Error>),
    /// The body must be read first.
    Unread(Response<Body>),
}

/// The status is judged before anything is decoded.
fn judge(response: Response<Body>, context: Option<&CallContext>) -> Judged {
    let failed = !response.status().is_success();
    let buffered =
        || context.and_then(CallContext::operation).is_some_and(|operation| operation.response.is_buffered());
    match (failed, response.body().as_bytes().is_some()) {
        (true, true) => {
            let (parts, body) = response.into_parts();
            Judged::Done(Err(status_error(parts, body.into_bytes().unwrap_or_default())))
        }
        (false, is_read) if is_read || !buffered() => Judged::Done(Ok(response)),
        _ => Judged::Unread(response),
    }
}

async fn read(
    response: Response<Body>,
    context: Option<CallContext>,
    body_limit: usize,
) -> Result<Response<Body>, Error> {
    let (parts, body) = response.into_parts();
    let is_success = parts.status.is_success();
    let mut collector = Collector::new(if is_success { body_limit } else { ERROR_BODY_LIMIT });
    let reading = collector.read(body);
    let end = match context.as_ref().and_then(CallContext::deadline) {
        Some(deadline) => tokio::time::timeout_at(deadline, reading).await,
        None => Ok(reading.await),
    };
    let bytes = collector.take();
    if !is_success {
        let error = status_error(parts, bytes);
        return Err(match end {
            Ok(Err(problem)) => error.with_cut_body(problem),
            _ => error,
        });
    }
    let error = match end {
        Ok(Ok(true)) => return Ok(Response::from_parts(parts, bytes.into())),
        Ok(Ok(false)) => Error::new(
            ErrorKind::Decode,
            format!(
                "the body is larger than the limit of {body_limit} bytes: raise `max_body_size`, or request less"
            ),
        ),
        Ok(Err(problem)) => Error::from_boxed(problem),
        Err(_) => Error::new(
            ErrorKind::Timeout(TimeoutPhase::Total),
            "the timeout of the whole call was reached while the body was read",
        ),
    };
    Err(error.with_response(ErrorResponse::new(parts, bytes)))
}

fn status_error(parts: Parts, start: Bytes) -> Error {
    let redirect = parts.status.is_redirection().then(|| redirect(&parts));
    let error = Error::from_response(ErrorResponse::new(parts, start));
    match redirect {
        Some(message) => error.with_message(message),
        None => error,
    }
}

fn redirect(parts: &Parts) -> String {
    match parts.headers.get(header::LOCATION).map(|location| String::from_utf8_lossy(location.as_bytes())) {
        Some(location) => format!("a redirect to {}, which is not followed", redact::url(&location)),
        None => "a redirect that names no target".to_owned(),
    }
}
