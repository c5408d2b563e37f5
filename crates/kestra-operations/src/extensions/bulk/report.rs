//! The outcome of an action on many.

use kestra_core::{Error, ErrorKind, OperationInfo};
use kestra_models::BulkOutcome;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::items;

/// Outcome of an action on many executions, flows or triggers, each named as the action names it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkReport<I = String> {
    /// How many the server acted on before it responded.
    pub done: u64,
    /// How many a 2.0 server queued. They may still fail, which no route reports.
    pub queued: u64,
    /// Ids of the queued actions in the server's logs.
    pub operation_ids: Vec<String>,
    /// Items that were left out, each with a reason.
    pub skipped: Vec<BulkProblem<I>>,
    /// Items of the request that failed. If the server refused it, nothing was done; without a response, or with flows, a part
    /// may have been done.
    pub failed: Vec<I>,
    /// Items that were not sent any more after a request failed.
    pub not_tried: Vec<I>,
    /// Items on which the effect was seen. Only with [`wait_until_visible`](super::BulkByIds::wait_until_visible).
    pub visible: Vec<I>,
    /// Items on which the effect was not seen within the limit, or can't be seen any more, each with its last state.
    pub not_visible: Vec<BulkProblem<I>>,
    /// Ids of the executions that a replay created, as far as they were seen.
    pub created: Vec<String>,
    /// Why a request failed. Absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    /// The action.
    #[serde(skip)]
    pub(super) operation: Option<&'static OperationInfo>,
}

/// An item that an action left out, or on which it had no visible effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BulkProblem<I = String> {
    /// The item, named as the action names it.
    pub id: I,
    /// Why it was left out, or its last state.
    pub reason: String,
}

impl<I> Default for BulkReport<I> {
    fn default() -> Self {
        Self {
            done: 0,
            queued: 0,
            operation_ids: Vec::new(),
            skipped: Vec::new(),
            failed: Vec::new(),
            not_tried: Vec::new(),
            visible: Vec::new(),
            not_visible: Vec::new(),
            created: Vec::new(),
            error: None,
            operation: None,
        }
    }
}

impl<I> BulkReport<I> {
    /// Returns how many items were or will be acted on.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.done + self.queued
    }

    /// Returns whether all items were or will be acted on, with a visible effect if that was waited for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.skipped.is_empty() && self.not_visible.is_empty()
    }
}

impl<I: Serialize> BulkReport<I> {
    /// Returns the report as JSON, for pipelines: an object with the fields in camel case, such as `notTried`.
    ///
    /// `error` is there if a request failed, as [`Error::to_json`] writes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Returns the report, or an error if a request failed or the effect was not seen on an item.
    ///
    /// # Errors
    ///
    /// Returns the error of the request, or one of kind [`ErrorKind::Incomplete`] with the items in [`Error::failures`]. Items
    /// that were left out on purpose are no error.
    pub fn check(mut self) -> Result<Self, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.not_visible.is_empty() {
            return Ok(self);
        }
        let (mut names, mut message) = (Vec::new(), "the action had no visible effect on".to_owned());
        for problem in &self.not_visible {
            let name = items::name(&problem.id);
            message.push_str(&format!(" {name} ({})", problem.reason));
            names.push(name);
        }
        let error = Error::new(ErrorKind::Incomplete, message).with_failures(names);
        Err(match self.operation {
            Some(operation) => error.with_operation(operation),
            None => error,
        })
    }
}

impl BulkReport<Value> {
    /// Adds the outcome of a request that had this many items.
    pub(super) fn add(&mut self, outcome: BulkOutcome, sent: usize) {
        let number = outcome.total().and_then(|total| total.try_into().ok()).unwrap_or(sent as u64);
        if outcome.is_queued() {
            self.queued += number;
        } else {
            self.done += number;
        }
        self.operation_ids.extend(outcome.operation_id);
    }

    /// Returns the report with the ids as the action takes them.
    pub(super) fn typed<I: DeserializeOwned>(self) -> BulkReport<I> {
        let one = |id| serde_json::from_value(id).ok();
        let all = |ids: Vec<Value>| ids.into_iter().filter_map(one).collect();
        let problems = |found: Vec<BulkProblem<Value>>| {
            let named = |BulkProblem { id, reason }| Some(BulkProblem { id: one(id)?, reason });
            found.into_iter().filter_map(named).collect()
        };
        BulkReport {
            done: self.done,
            queued: self.queued,
            operation_ids: self.operation_ids,
            skipped: problems(self.skipped),
            failed: all(self.failed),
            not_tried: all(self.not_tried),
            visible: all(self.visible),
            not_visible: problems(self.not_visible),
            created: self.created,
            error: self.error,
            operation: self.operation,
        }
    }
}
