//! The stack of layers behind one pointer, and what is done with its answers.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use kestra_core::{
    Body, BoxError, CallContext, ERROR_BODY_LIMIT, Error, ErrorKind, ErrorResponse, RequestSent,
    TimeoutPhase, redact,
};
use tokio::time::Instant;
use tower::{Service, ServiceExt as _};

use kestra_core::CallFuture;

/// A service whose type nobody needs to know.
pub(crate) trait Stack: Send + Sync {
    /// Sends a request and judges the answer, all in one allocation.
    fn call(&self, request: Result<Request<Body>, Error>, body_limit: usize) -> CallFuture;
}

/// Any number of clients share it.
pub(crate) type SharedStack = Arc<dyn Stack>;

impl<S, B> Stack for S
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, request: Result<Request<Body>, Error>, body_limit: usize) -> CallFuture {
        let service = self.clone();
        Box::pin(async move {
            let request = request?;
            let begun = Instant::now();
            let context = CallContext::of(&request).cloned();
            let answer: Result<_, BoxError> = service.oneshot(request).await.map_err(Into::into);
            let result = match answer {
                Ok(response) => judge(response.map(Body::new), context.as_ref(), body_limit).await,
                Err(error) => Err(Error::from_boxed(error)),
            };
            result.map_err(|error| finish(error, context.as_ref(), begun))
        })
    }
}

/// Adds what only the whole call knows.
fn finish(error: Error, context: Option<&CallContext>, begun: Instant) -> Error {
    let Some(context) = context else { return error };
    let sent = error.request_sent().max(context.sent().get());
    let mut error = error.sent(sent);
    if error.attempts() == 0 {
        error = error.after(context.attempts(), begun.elapsed());
    }
    match context.operation() {
        Some(operation) => error.of_operation(operation),
        None => error,
    }
}

/// The status is judged before anything is decoded.
async fn judge(
    response: Response<Body>,
    context: Option<&CallContext>,
    body_limit: usize,
) -> Result<Response<Body>, Error> {
    let (parts, body) = response.into_parts();
    if !parts.status.is_success() {
        return Err(failed(parts, body, context).await);
    }
    let buffered =
        context.and_then(CallContext::operation).is_some_and(|operation| operation.answer.is_buffered());
    match body.into_bytes() {
        Ok(bytes) => Ok(Response::from_parts(parts, bytes.into())),
        Err(body) if !buffered => Ok(Response::from_parts(parts, body)),
        // A layer gave the body another form, or the service isn't our transport.
        Err(body) => match collect(body, body_limit, context).await {
            Collected::Whole(bytes) => Ok(Response::from_parts(parts, bytes.into())),
            Collected::TooLarge(start) => Err(Error::new(
                ErrorKind::Decode,
                format!("the body has more than {body_limit} bytes; raise max_body_size if that is expected"),
            )
            .in_response(ErrorResponse::new(parts, start))),
            Collected::Failed(start, error) => Err(error.in_response(ErrorResponse::new(parts, start))),
        },
    }
}

async fn failed(parts: Parts, body: Body, context: Option<&CallContext>) -> Error {
    let start = match body.into_bytes() {
        Ok(bytes) => bytes,
        Err(body) => match collect(body, ERROR_BODY_LIMIT, context).await {
            Collected::Whole(start) | Collected::TooLarge(start) | Collected::Failed(start, _) => start,
        },
    };
    let redirect = parts.status.is_redirection().then(|| redirect(&parts));
    let error = Error::from_response(ErrorResponse::new(parts, start));
    match redirect {
        Some(message) => error.message(message),
        None => error,
    }
}

fn redirect(parts: &Parts) -> String {
    match parts.headers.get(header::LOCATION).and_then(|location| location.to_str().ok()) {
        Some(location) => format!("a redirect to {}, which is not followed", redact::url(location)),
        None => "a redirect that names no target".to_owned(),
    }
}

enum Collected {
    Whole(Bytes),
    TooLarge(Bytes),
    Failed(Bytes, Error),
}

async fn collect(mut body: Body, limit: usize, context: Option<&CallContext>) -> Collected {
    let mut read = BytesMut::new();
    loop {
        let frame = match context.and_then(CallContext::deadline) {
            None => body.frame().await,
            Some(deadline) => match tokio::time::timeout_at(deadline, body.frame()).await {
                Ok(frame) => frame,
                Err(_) => {
                    let error = Error::new(
                        ErrorKind::Timeout(TimeoutPhase::Total),
                        "the limit for the whole call was reached while the body was read",
                    );
                    return Collected::Failed(read.freeze(), error);
                }
            },
        };
        match frame {
            None => return Collected::Whole(read.freeze()),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                let room = limit - read.len();
                if data.len() > room {
                    read.extend_from_slice(&data[..room]);
                    return Collected::TooLarge(read.freeze());
                }
                read.extend_from_slice(&data);
            }
            Some(Err(problem)) => {
                let error = Error::from_boxed(problem).sent(RequestSent::Yes);
                return Collected::Failed(read.freeze(), error);
            }
        }
    }
}
