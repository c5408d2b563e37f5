//! Following an app.

use kestra_core::Executor;
use kestra_core::sse::EventStream;
use kestra_models::AppResponse;

use crate::GetStreamEventsFromApp;

impl<E: Executor> GetStreamEventsFromApp<E> {
    /// Returns what the app shows as a stream, over one connection. A closed connection is an error, as the stream can't be
    /// resumed.
    pub fn stream(self) -> EventStream<AppResponse> {
        self.events()
    }
}
