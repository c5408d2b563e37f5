//! Counting what an action by query would act on.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use kestra_core::internal::SharedExecutor;
use kestra_core::{Call, Error, Executor, OperationInfo};

use super::query;

type Counting = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

/// The number of items that an action by query would act on, counted when it is awaited.
#[must_use = "nothing is counted before it is awaited"]
pub struct DryRun {
    info: &'static OperationInfo,
    counting: Counting,
}

impl DryRun {
    pub(crate) fn new<E: Executor>(executor: &E, mut call: Call) -> Self {
        let executor = SharedExecutor::new(executor);
        let info = call.info();
        Self { info, counting: Box::pin(async move { query::count(&mut call, &executor).await }) }
    }
}

impl Future for DryRun {
    type Output = Result<u64, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.counting.as_mut().poll(cx)
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DryRun").field("operation", &self.info.name).finish_non_exhaustive()
    }
}
