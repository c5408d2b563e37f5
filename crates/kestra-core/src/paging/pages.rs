//! Whole pages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::Response;
use tokio::task::JoinHandle;

use crate::body::Body;
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::executor::{CallFuture, Executor, SharedExecutor};
use crate::operation::OperationInfo;

use super::continuation::Continuation;
use super::page_fetcher::{Facts, PageFetcher};
use super::{Items, PageResponse};

pub(super) type Decode<P> = fn(Response<Body>, &'static OperationInfo) -> Result<Response<P>, Error>;

/// The pages of a list, one call each, made when the stream is polled.
///
/// The stream ends after an error; [`continuation`](Self::continuation) then still names the page that failed.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P> {
    page_fetcher: PageFetcher,
    decode: Decode<P>,
    inflight: Option<Inflight>,
    prefetch: bool,
    failed: bool,
}

impl<P> Pages<P> {
    /// Creates the pages of `call`, from the page that it names.
    #[doc(hidden)]
    pub fn new<E: Executor>(executor: &E, call: Call, decode: Decode<P>) -> Self {
        let page_fetcher = PageFetcher::new(SharedExecutor::new(executor), call);
        Self { page_fetcher, decode, inflight: None, prefetch: false, failed: false }
    }

    /// Goes on where an earlier stream of the same list stopped, at the beginning of that page.
    pub fn resume(mut self, continuation: &Continuation) -> Self {
        self.page_fetcher.go_to(continuation);
        self
    }

    /// Sets whether to request the next page while one is read. Defaults to `false`.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// How many rows all pages have together, as the last page said; `None` before the first page, and where the server
    /// doesn't count.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.page_fetcher.total
    }

    /// Whether the total changed while the list was read, so that rows may be missing or there twice.
    #[must_use]
    pub fn has_shifted(&self) -> bool {
        self.page_fetcher.has_shifted
    }

    /// Where the page begins that comes next; it can be stored.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        self.page_fetcher.place()
    }

    pub(super) fn info(&self) -> &'static OperationInfo {
        self.page_fetcher.info()
    }

    /// Requests the next page now, unless that was done or there is none.
    pub(super) fn begin_next(&mut self) {
        if self.inflight.is_none() && !self.failed && !self.page_fetcher.is_at_end() {
            self.inflight = Some(Inflight::ahead(self.page_fetcher.request()));
        }
    }
}

impl<P: PageResponse> Pages<P> {
    /// The rows of the pages.
    pub fn items(self) -> Items<P> {
        Items::new(self)
    }

    /// The next page; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<P, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<P: PageResponse> Stream for Pages<P> {
    type Item = Result<P, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.inflight.is_none() {
            if this.failed || this.page_fetcher.is_at_end() {
                return Poll::Ready(None);
            }
            this.inflight = Some(Inflight::Driven(this.page_fetcher.request()));
        }
        let Some(inflight) = &mut this.inflight else { return Poll::Ready(None) };
        let answer = ready!(inflight.poll(cx));
        this.inflight = None;
        let page = answer.and_then(|answer| (this.decode)(answer, this.page_fetcher.info()));
        Poll::Ready(Some(match page {
            Ok(page) => {
                let page = page.into_body();
                this.page_fetcher.advance(Facts::of(&page));
                if this.prefetch {
                    this.begin_next();
                }
                Ok(page)
            }
            Err(error) => {
                this.failed = true;
                Err(error)
            }
        }))
    }
}

/// A call that is driven by who waits for it, or ahead of that by a task of its own, which ends with it.
enum Inflight {
    Driven(CallFuture),
    Ahead(JoinHandle<Result<Response<Body>, Error>>),
}

impl Inflight {
    /// Has the call make progress by itself, so that a slow reader doesn't let it run into its deadline; without a runtime
    /// to do so it waits to be polled.
    fn ahead(call: CallFuture) -> Self {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => Self::Ahead(runtime.spawn(call)),
            Err(_) => Self::Driven(call),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
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

crate::debug_fields! {
    [P] Pages<P>, this => {
        operation: this.info().name, next: this.continuation(), total: this.total(),
    }
}
