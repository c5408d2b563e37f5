//! What became of an action on many.

use kestra_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::items;

/// What became of an action on many executions, flows or triggers, which are named as the action names them.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkReport<I = String> {
    /// How many were acted on, by a server that did so before it answered.
    pub done: u64,
    /// How many a server has taken to be acted on later, as 2.0 does; that may still fail, and no route tells.
    pub queued: u64,
    /// The names of queued actions in the server's logs.
    pub operation_ids: Vec<String>,
    /// Those that were left out, and why.
    pub skipped: Vec<BulkProblem<I>>,
    /// Those that a request was for which failed: nothing of it was done if the server refused it, while without an answer, or
    /// with flows, it may have been.
    pub failed: Vec<I>,
    /// Those that were not asked for any more after a request failed, be it one that only read how they were.
    pub not_tried: Vec<I>,
    /// Those on which the effect was seen; only with [`wait_until_visible`](super::BulkByIds::wait_until_visible).
    pub visible: Vec<I>,
    /// Those on which it was not seen in time, or can't be any more, and how they were seen last.
    pub not_visible: Vec<BulkProblem<I>>,
    /// The executions that a replay made, as far as they were seen.
    pub created: Vec<String>,
    /// Why the request failed.
    pub error: Option<Error>,
}

/// One that an action left out, or had no visible effect on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkProblem<I = String> {
    /// Which it is.
    pub id: I,
    /// What is in the way.
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
        }
    }
}

impl<I> BulkReport<I> {
    /// How many were acted on or will be.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.done + self.queued
    }

    /// Whether all that were named were acted on or will be, and the effect was seen on all if it was waited for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.skipped.is_empty() && self.not_visible.is_empty()
    }
}

impl<I: serde::Serialize> BulkReport<I> {
    /// Ends with the error of the request that failed, or with one that names those on which the effect was not seen.
    ///
    /// # Errors
    ///
    /// That error, or [`ErrorKind::Incomplete`] with the names in [`Error::failures`]; those that were left out as was asked for
    /// are no error.
    pub fn check(mut self) -> Result<Self, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        match incomplete(self.not_visible.iter().map(|one| (items::name(&one.id), one.reason.as_str()))) {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

fn incomplete<'a>(unseen: impl Iterator<Item = (String, &'a str)>) -> Option<Error> {
    let (mut names, mut message) = (Vec::new(), "the action had no visible effect on".to_owned());
    for (name, reason) in unseen {
        message.push_str(&format!(" {name} ({reason})"));
        names.push(name);
    }
    (!names.is_empty()).then(|| Error::new(ErrorKind::Incomplete, message).with_failures(names))
}

impl BulkReport<Value> {
    /// The same with the names as the action takes them.
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
        }
    }
}
