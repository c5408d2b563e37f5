//! A page on its way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use tokio::task::JoinHandle;

use crate::body::Body;
use crate::error::{Error, ErrorKind};
use crate::executor::CallFuture;

/// A call that is driven by who waits for it, or ahead of that by a task of its own, which ends with it.
pub(super) enum Inflight {
    Driven(CallFuture),
    Ahead(JoinHandle<Result<Response<Body>, Error>>),
}

impl Inflight {
    /// Has the call make progress by itself, so that a slow reader doesn't let it run into its deadline; without a runtime
    /// to do so it waits to be polled.
    pub(super) fn ahead(call: CallFuture) -> Self {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => Self::Ahead(runtime.spawn(call)),
            Err(_) => Self::Driven(call),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        match self {
            Self::Driven(call) => call.as_mut().poll(cx),
            Self::Ahead(task) => Poll::Ready(match ready!(Pin::new(task).poll(cx)) {
                Ok(answer) => answer,
                Err(problem) => Err(Error::from_source(ErrorKind::Service, problem)),
            }),
        }
    }
}

impl Drop for Inflight {
    fn drop(&mut self) {
        if let Self::Ahead(task) = self {
            task.abort();
        }
    }
}
