//! Going down as real servers do.

use std::io;

use futures_util::{StreamExt, stream};
use http::Method;
use tokio::sync::watch;

use crate::http::{ApiError, Reply, ReplyBody, Request};

/// How a server goes down, from the signal until it closes: each was seen at restarts. None ever answers 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shutdown {
    /// As 1.0.3: it accepts requests, carries them out, and closes without an answer, for 15 s and more.
    Unanswered,
    /// As 1.3.25: it answers to the end, but its database is closed: 500.
    DatabaseClosed,
    /// As 2.0.0: it answers reads; what is written is carried out and never answered.
    HangingWrites,
}

/// What happens to one request of a server that goes down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Farewell {
    /// It is carried out and answered.
    Answer,
    /// It is carried out, and the connection closed.
    Close,
    /// It is carried out and left without an answer.
    Hang,
    /// It isn't carried out.
    Fail,
}

impl Shutdown {
    pub(crate) fn farewell(self, request: &Request) -> Farewell {
        match self {
            Self::Unanswered => Farewell::Close,
            Self::DatabaseClosed if request.path.ends_with("/api/v1/configs") => Farewell::Answer,
            Self::DatabaseClosed => Farewell::Fail,
            Self::HangingWrites if matches!(request.method, Method::GET | Method::HEAD) => Farewell::Answer,
            Self::HangingWrites => Farewell::Hang,
        }
    }
}

/// The error of a server whose database is closed already.
pub(crate) fn database_closed() -> ApiError {
    ApiError::internal("The database has been closed [90098-240]")
}

/// The answer, whose stream breaks off when the server begins to go down.
pub(crate) fn until_shutdown(reply: Reply, mut down: watch::Receiver<Option<Shutdown>>) -> Reply {
    let Reply { status, headers, body } = reply;
    let ReplyBody::Stream(stream) = body else { return Reply { status, headers, body } };
    // One that is opened afterwards lasts until the server closes.
    down.mark_unchanged();
    let cut = stream::unfold((stream, Some(down)), |(mut stream, down)| async move {
        // After the break there is nothing.
        let mut down = down?;
        tokio::select! {
            part = stream.next() => Some((part?, (stream, Some(down)))),
            () = begins(&mut down) => Some((Err(io::Error::other("the server goes down")), (stream, None))),
        }
    });
    Reply { status, headers, body: ReplyBody::Stream(cut.boxed()) }
}

async fn begins(down: &mut watch::Receiver<Option<Shutdown>>) {
    while down.changed().await.is_ok() {
        if down.borrow_and_update().is_some() {
            return;
        }
    }
    std::future::pending().await
}
