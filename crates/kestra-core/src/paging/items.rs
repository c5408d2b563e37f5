//! The rows of all pages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::error::Error;
use crate::integer::Integer;

use super::PageResponse;
use super::continuation::Continuation;
use super::pages::Pages;

/// The rows of a list, page after page.
///
/// While the second half of a page is read, the next page is requested, never more than one. The stream ends after an
/// error; [`continuation`](Self::continuation) tells where to go on.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: PageResponse> {
    pages: Pages<P>,
    rows: std::vec::IntoIter<P::Item>,
    /// Where the page of these rows begins, and how many of its rows were given or skipped.
    begin: Continuation,
    read: u64,
    /// How many rows to skip of the first page.
    skip: u64,
    limit: Option<u64>,
    prefetch: bool,
}

impl<P: PageResponse> Items<P> {
    pub(super) fn new(pages: Pages<P>) -> Self {
        let begin = pages.continuation();
        let rows = Vec::new().into_iter();
        Self { pages, rows, begin, read: 0, skip: 0, limit: None, prefetch: true }
    }

    /// Ends after this many rows.
    pub fn limit(mut self, rows: impl Integer) -> Self {
        self.limit = Some(u64::try_from(rows.to_i64()).unwrap_or(0));
        self
    }

    /// Goes on where an earlier stream of the same list stopped.
    pub fn resume(mut self, continuation: &Continuation) -> Self {
        self.pages = self.pages.resume(continuation);
        self.begin = self.pages.continuation();
        self.skip = continuation.read;
        self
    }

    /// Sets whether to request the next page before it is needed. Defaults to `true`.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// How many rows all pages have together, as the last page said; `None` before the first page, and where the server
    /// doesn't count.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.pages.total()
    }

    /// Whether the total changed while the list was read, so that rows may be missing or there twice.
    #[must_use]
    pub fn has_shifted(&self) -> bool {
        self.pages.has_shifted()
    }

    /// Where the row is that comes next; it can be stored.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        let (page, read) = match self.rows.len() {
            0 => (self.pages.continuation(), self.skip),
            _ => (self.begin.clone(), self.read),
        };
        Continuation::new(page.place, page.size, read)
    }

    /// The next row; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<P::Item, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Reads all that is left.
    ///
    /// # Errors
    ///
    /// The first error of any page; what was read before is lost.
    pub async fn collect(mut self) -> Result<Vec<P::Item>, Error> {
        let mut all = Vec::new();
        while let Some(row) = self.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    /// Requests the next page when half of this one was given, if it will be needed.
    fn prefetch_next(&mut self) {
        let left = self.rows.len() as u64;
        if self.prefetch && left <= self.read && self.limit.is_none_or(|limit| limit > left) {
            self.pages.begin_next();
        }
    }
}

/// Nothing in it is pinned: rows are moved out.
impl<P: PageResponse> Unpin for Items<P> {}

impl<P: PageResponse> Stream for Items<P> {
    type Item = Result<P::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.limit == Some(0) {
                return Poll::Ready(None);
            }
            if let Some(row) = this.rows.next() {
                this.read += 1;
                this.limit = this.limit.map(|left| left - 1);
                this.prefetch_next();
                return Poll::Ready(Some(Ok(row)));
            }
            let begin = this.pages.continuation();
            match ready!(Pin::new(&mut this.pages).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    this.begin = begin;
                    this.rows = page.into_rows().into_iter();
                    // A stored place may name more rows than the page has by now.
                    this.read = std::mem::take(&mut this.skip).min(this.rows.len() as u64);
                    if let Some(last) = this.read.checked_sub(1) {
                        this.rows.nth(last as usize);
                    }
                }
            }
        }
    }
}

crate::debug_fields! {
    [P: PageResponse] Items<P>, this => {
        operation: this.pages.info().name, next: this.continuation(), total: this.total(),
    }
}
