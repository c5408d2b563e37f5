//! Streams as iterators.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use futures_util::Stream;
use kestra_core::Error;
use kestra_core::internal::blocking::Runtime;

/// The items of a stream, for threads that have no runtime. Returned by [`Client::iter`](super::Client::iter).
///
/// Ends after an error of its own: one of kind [`Build`](crate::ErrorKind::Build) on a thread of a runtime.
#[must_use = "an iterator does nothing until its items are read"]
pub struct Iter<S: Send + 'static> {
    runtime: Runtime,
    /// `None` after the end.
    stream: Option<S>,
}

impl<S: Send + 'static> Iter<S> {
    pub(super) fn new(runtime: Runtime, stream: S) -> Self {
        Self { runtime, stream: Some(stream) }
    }

    /// Returns the stream, such as for the place to resume a list from, or `None` after the end.
    #[must_use]
    pub fn stream(&self) -> Option<&S> {
        self.stream.as_ref()
    }
}

impl<S, T> Iterator for Iter<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin + Send + 'static,
    T: Send + 'static,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut stream = self.stream.take()?;
        let next = self.runtime.block_on(async move {
            let item = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
            // A stream is dropped at its end, and its connection with it.
            (item.is_some().then_some(stream), item)
        });
        match next {
            Ok((stream, item)) => {
                self.stream = stream;
                item
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<S: Send + 'static> Drop for Iter<S> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.runtime.drop_there(stream);
        }
    }
}

impl<S: Send + fmt::Debug + 'static> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.stream).finish()
    }
}
