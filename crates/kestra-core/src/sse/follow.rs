//! A stream that plain code feeds: it runs only while the stream is polled.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::Error;
use crate::operation::OperationInfo;

/// Values that outlive a connection: a stream that reconnects where one was cut.
///
/// It does nothing unless it is polled, needs no task of its own, and closes its connection when it is dropped.
///
/// ```
/// # async fn run() {
/// use kestra_core::sse::FollowStream;
///
/// async fn print(mut states: FollowStream<String>) {
///     while let Some(Ok(state)) = states.next().await {
///         println!("{state}");
///     }
/// }
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct FollowStream<T> {
    /// What feeds it; nothing once it has ended.
    work: Option<Work>,
    slot: Slot<T>,
    info: &'static OperationInfo,
}

type Work = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Slot<T> = Arc<Mutex<Option<T>>>;

/// Where the code that feeds a stream puts its values.
pub struct Sink<T>(Slot<T>);

impl<T> Sink<T> {
    /// Hands a value to whoever polls the stream, and goes on when the next one is wanted.
    pub async fn give(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        let mut given = false;
        // The stream looks for a value whenever its work pauses, and polls again for the next.
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut given, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl<T: Send + 'static> FollowStream<T> {
    /// Creates the stream of an operation: the items that `feed` gives to its sink, and the error of `feed`, if it ends
    /// with one.
    #[doc(hidden)]
    pub fn new<F, W>(info: &'static OperationInfo, feed: F) -> Self
    where
        F: FnOnce(Sink<T>) -> W,
        W: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let slot = Slot::default();
        Self { work: Some(Box::pin(feed(Sink(Arc::clone(&slot))))), slot, info }
    }
}

impl<T> FollowStream<T> {
    /// The next value; `None` at the end. A call that is dropped before it is done loses nothing.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn take(&self) -> Option<T> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Stream for FollowStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let end = match work.as_mut().poll(cx) {
            Poll::Pending => {
                return match self.take() {
                    Some(value) => Poll::Ready(Some(Ok(value))),
                    None => Poll::Pending,
                };
            }
            Poll::Ready(end) => end,
        };
        self.work = None;
        Poll::Ready(end.err().map(|error| Err(error.or_operation(self.info))))
    }
}

crate::debug_fields! { [T] FollowStream<T>, this => { ended: this.work.is_none() } }

crate::debug_fields! { [T] Sink<T>, _, f => f.write_str("Sink") }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    static INFO: OperationInfo = OperationInfo::new("follow", "numbers", &[]);

    #[tokio::test]
    async fn it_gives_in_order_and_ends_with_the_error() {
        let mut stream = FollowStream::new(&INFO, |sink| async move {
            for number in 0..3 {
                sink.give(number).await;
                tokio::task::yield_now().await;
            }
            Err(Error::new(ErrorKind::Transport, "over"))
        });
        for number in 0..3 {
            assert_eq!(stream.next().await.unwrap().unwrap(), number);
        }
        assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), ErrorKind::Transport);
        assert!(stream.next().await.is_none());
    }

    #[test]
    fn it_may_be_moved_and_sent() {
        fn check<T: Unpin + Send>(_: &T) {}
        check(&FollowStream::<u8>::new(&INFO, |_| async { Ok(()) }));
    }
}
