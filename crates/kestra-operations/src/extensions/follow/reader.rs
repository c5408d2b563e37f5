//! Reading an execution beside its stream.

use std::time::Duration;

use kestra_core::sse::{Backoff, is_passing};
use kestra_core::{Call, Error, Executor, ResponseFuture, decode};
use kestra_models::Execution;

use super::execution;
use crate::{FollowExecution, GetExecution};

/// Asks for one execution, with the options of the call that follows it.
pub(super) struct Reader<E> {
    executor: E,
    call: Call,
}

impl<E: Executor> Reader<E> {
    pub(super) fn new(executor: E, follow: &Call) -> Self {
        Self { executor, call: follow.related(GetExecution::INFO) }
    }

    /// One that asks for another execution.
    pub(super) fn of(&self, id: &str) -> Self {
        let mut call = Call::new(GetExecution::INFO).path(id);
        call.change_options(|_| self.call.options().clone());
        Self { executor: self.executor.clone(), call }
    }

    /// The execution once it has ended, which its own stream tells.
    pub(super) async fn end(self) -> Result<Option<Execution>, Error> {
        let call = self.call.related(FollowExecution::INFO);
        execution::end(self.executor, call).await
    }

    /// The execution as it is now.
    pub(super) async fn read(&mut self) -> Result<Execution, Error> {
        let response =
            ResponseFuture::new(&self.executor, self.call.again(), decode::json::<Execution>).await?;
        Ok(response.into_body())
    }

    /// The execution once it can be read, in spite of failures that pass.
    pub(super) async fn insist(&mut self) -> Result<Execution, Error> {
        let mut backoff = Backoff::default();
        loop {
            match self.read().await {
                Err(error) if is_passing(&error) => backoff.pause(error).await?,
                result => return result,
            }
        }
    }

    /// The execution after the event that ended its stream, which it is if the execution is gone.
    ///
    /// What is read may lag behind what was streamed, for a moment.
    pub(super) async fn last(&mut self, event: Option<Execution>) -> Result<Execution, Error> {
        const READS: u32 = 8;
        let mut backoff = Backoff::default().waits(Duration::from_millis(50), Duration::from_secs(1));
        for _ in 1..READS {
            match (self.insist().await, &event) {
                (Ok(execution), Some(event)) if event.is_over() && !execution.is_over() => {}
                (Err(error), Some(_)) if error.is_not_found() => break,
                (result, _) => return result,
            }
            backoff.wait().await;
        }
        match event {
            Some(event) => Ok(event),
            None => self.insist().await,
        }
    }
}
