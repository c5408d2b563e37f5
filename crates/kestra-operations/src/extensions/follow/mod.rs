//! Streams that go on after a cut.

mod dependencies;
mod execution;
mod logs;
mod reader;
mod related_executions;

pub use execution::FollowSettings;

#[cfg(feature = "enterprise")]
impl<E: kestra_core::Executor> crate::GetStreamEventsFromApp<E> {
    /// Returns what the app shows as a stream, over one connection. A closed connection is an error, as the stream can't be
    /// resumed.
    pub fn stream(self) -> kestra_core::sse::EventStream<kestra_models::AppResponse> {
        self.events()
    }
}
