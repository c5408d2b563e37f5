//! Actions on many executions: in pieces, and without those that can't take part.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use kestra_core::{Call, CallFuture, Error, ErrorKind, Executor, RequestSent, decode};
use kestra_models::BulkOutcome;
use serde::Deserialize;
use serde_json::Value;

/// How many executions one request names, unless told otherwise: what the server finds wrong with so many still fits into
/// what is kept of an error's body.
const CHUNK: usize = 100;

/// The field of the ids in a body that holds more than them.
const IDS: &str = "executionsId";

type Send = Arc<dyn Fn(Call) -> CallFuture + std::marker::Send + Sync>;

/// Gives a builder of an action by ids the ways to act on as many as possible.
macro_rules! by_ids {
    ($name:ident) => {
        impl<E: ::kestra_core::Executor> $name<E> {
            /// Leaves out the executions that the server refuses, such as those that are gone or in a state that the action
            /// doesn't fit, and does the rest; the outcome says which and why. Without this one such execution stops all.
            ///
            /// Many ids go in requests of 100 each.
            pub fn skipping_invalid(self) -> crate::BulkByIds {
                crate::BulkByIds::new(self.executor, self.call).skipping_invalid()
            }

            /// Sends the ids in requests of so many each.
            pub fn in_chunks(self, size: usize) -> crate::BulkByIds {
                crate::BulkByIds::new(self.executor, self.call).chunk_size(size)
            }
        }
    };
}

pub(crate) use by_ids;

/// An action on executions by their ids, in as many requests as it takes.
#[must_use = "an action does nothing until it is awaited"]
pub struct BulkByIds {
    template: Call,
    send: Send,
    chunk: usize,
    skips: bool,
}

/// What became of an action on many executions.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct BulkReport {
    /// How many were acted on, by a server that did so before it answered.
    pub done: u64,
    /// How many a server has taken to be acted on later, as 2.0 does; that may still fail, and no route tells.
    pub queued: u64,
    /// The names of queued actions in the server's logs.
    pub operation_ids: Vec<String>,
    /// Those that were left out, and why.
    pub skipped: Vec<SkippedExecution>,
    /// Those whose request failed: nothing of it was done if the server refused it, while without an answer it may have been.
    pub failed: Vec<String>,
    /// Those that were not asked for any more, after a request failed.
    pub not_tried: Vec<String>,
    /// Why the request failed.
    pub error: Option<Error>,
}

/// An execution that an action left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedExecution {
    /// Its id.
    pub id: String,
    /// What the server says is in the way.
    pub reason: String,
}

impl BulkReport {
    /// How many were acted on or will be.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.done + self.queued
    }

    /// Whether all that were named were acted on or will be.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.skipped.is_empty()
    }

    /// Ends with the error of the request that failed.
    ///
    /// # Errors
    ///
    /// That error; executions that were left out as was asked for are none.
    pub fn check(self) -> Result<Self, Error> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

impl BulkByIds {
    pub(crate) fn new<E: Executor>(executor: E, template: Call) -> Self {
        Self { template, send: Arc::new(move |call| executor.execute(call)), chunk: CHUNK, skips: false }
    }

    /// Leaves out the executions that the server refuses, and does the rest.
    pub fn skipping_invalid(mut self) -> Self {
        self.skips = true;
        self
    }

    /// How many ids a request has at most.
    pub fn chunk_size(mut self, size: usize) -> Self {
        self.chunk = size.max(1);
        self
    }

    async fn run(mut self) -> Result<BulkReport, Error> {
        let (ids, rest) = self.ids()?;
        let mut report = BulkReport::default();
        let mut chunks = ids.chunks(self.chunk);
        while let Some(chunk) = chunks.next() {
            if let Err(error) = self.act(chunk, &rest, &mut report).await {
                if report.total() == 0 && report.skipped.is_empty() {
                    return Err(error);
                }
                report.not_tried = chunks.flatten().cloned().collect();
                report.error = Some(error);
                break;
            }
        }
        Ok(report)
    }

    /// The ids of the body, and what else is in it.
    fn ids(&self) -> Result<(Vec<String>, Value), Error> {
        let bytes = self.template.body_bytes().cloned().unwrap_or_default();
        let mut body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let list = match &mut body {
            Value::Object(fields) => fields.remove(IDS).unwrap_or_default(),
            list => std::mem::take(list),
        };
        match Vec::deserialize(list) {
            Ok(ids) => Ok((ids, body)),
            Err(problem) => Err(Error::invalid("ids", problem).of_operation(self.template.info())),
        }
    }

    /// Acts on some; the second request has only those that the first answer didn't refuse, and so on.
    async fn act(&mut self, ids: &[String], rest: &Value, report: &mut BulkReport) -> Result<(), Error> {
        let mut left = ids.to_vec();
        while !left.is_empty() {
            let info = self.template.info();
            let request = self.request(&left, rest);
            let answer = (self.send)(request).await;
            let error = match answer.and_then(|response| decode::json::<BulkOutcome>(response, info)) {
                Ok(outcome) => {
                    add(report, outcome.into_body(), left.len());
                    return Ok(());
                }
                Err(error) => error,
            };
            let refused = if self.skips { refused(&error) } else { BTreeMap::new() };
            let before = left.len();
            left.retain(|id| !refused.contains_key(id));
            if left.len() == before {
                report.failed = left;
                return Err(error);
            }
            let refused = ids.iter().filter_map(|id| Some((id, refused.get(id)?)));
            report.skipped.extend(
                refused.map(|(id, reason)| SkippedExecution { id: id.clone(), reason: reason.clone() }),
            );
        }
        Ok(())
    }

    fn request(&mut self, ids: &[String], rest: &Value) -> Call {
        let mut call = self.template.again();
        let body = match rest {
            Value::Object(fields) => {
                let mut fields = fields.clone();
                fields.insert(IDS.to_owned(), ids.into());
                Value::Object(fields)
            }
            _ => ids.into(),
        };
        crate::parameters::json(&mut call, "application/json", &body);
        call
    }
}

fn add(report: &mut BulkReport, outcome: BulkOutcome, asked: usize) {
    let number = outcome.total().and_then(|total| total.try_into().ok()).unwrap_or(asked as u64);
    if outcome.is_queued() {
        report.queued += number;
    } else {
        report.done += number;
    }
    report.operation_ids.extend(outcome.operation_id);
}

/// The ids that a server refused, with what it said of each.
fn refused(error: &Error) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        invalids: Vec<Invalid>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Invalid {
        #[serde(default)]
        message: String,
        invalid_value: Value,
    }

    let is_refusal = error.kind() == ErrorKind::Status && error.request_sent() == RequestSent::Yes;
    let status = error.status().map(|status| status.as_u16());
    let Some(response) = error.response().filter(|_| is_refusal && matches!(status, Some(400 | 422))) else {
        return BTreeMap::new();
    };
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&response.body) else { return BTreeMap::new() };
    let named = refusal.invalids.into_iter().filter_map(|invalid| match invalid.invalid_value {
        Value::String(id) => Some((id, invalid.message)),
        _ => None,
    });
    named.collect()
}

impl std::future::IntoFuture for BulkByIds {
    type Output = Result<BulkReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + std::marker::Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for BulkByIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkByIds")
            .field("call", &self.template)
            .field("chunk_size", &self.chunk)
            .field("skipping_invalid", &self.skips)
            .finish_non_exhaustive()
    }
}
