//! Typed filters of searches and by-query actions.
//!
//! [`Filter`] says what is meant; how it is written is decided when the server's version is known, and what that version
//! can't be told is refused before anything is sent, since servers ignore some of it without a word.

mod action;
mod body;
mod check;
mod field;
mod form;
mod rows;
mod set;
mod write;

pub(crate) use action::{is_deceptive, of_parameter};
pub(crate) use body::of_body;
pub use field::Field;
pub(crate) use set::FilterSet;

use crate::encode::ParameterValue;
use crate::error::Error;
use crate::operation::{Comparison, OperationInfo};

/// One condition, or a group of conditions (2.0).
///
/// Several filters of one call all hold. Which fields and comparisons there are depends on what is searched and on the
/// server's version; what the server lacks is [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
///
/// ```
/// use kestra_core::Filter;
///
/// let filters = [
///     Filter::namespace().prefix("company"),
///     Filter::label("team").not_equals("data"),
///     Filter::state().is_in(["FAILED", "WARNING"]),
/// ];
/// assert_eq!(filters[0].pairs(), [("filters[namespace][PREFIX]".to_owned(), "company".to_owned())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Condition(Condition),
    Group { all: bool, filters: Vec<Filter> },
}

/// One field, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    field: String,
    key: Option<String>,
    comparison: Comparison,
    values: Vec<String>,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> Field {
            Self::field($wire)
        }
    )*};
}

impl Filter {
    /// Any field by its name on the wire, such as `flowId`.
    pub fn field(name: impl Into<String>) -> Field {
        Field::new(name.into(), None)
    }

    /// The label with this key.
    pub fn label(key: impl Into<String>) -> Field {
        Field::new("labels".to_owned(), Some(key.into()))
    }

    /// Any label, by a part of its key or its value: only `contains` and `not_contains` (2.0) compare so.
    pub fn any_label() -> Field {
        Field::new("labels".to_owned(), None)
    }

    /// The metadata of an asset with this key.
    pub fn metadata(key: impl Into<String>) -> Field {
        Field::new("metadata".to_owned(), Some(key.into()))
    }

    /// The detail of an audit log with this key (2.0).
    ///
    /// Its form is that of other keyed fields, as the documents have it; no server was seen that reads it.
    pub fn detail(key: impl Into<String>) -> Field {
        Field::new("details".to_owned(), Some(key.into()))
    }

    /// Full text.
    #[must_use]
    pub fn query(text: impl ToString) -> Self {
        Self::field("q").equals(text)
    }

    /// Started within this time before now: a duration such as that of the standard library, or an ISO 8601 one.
    ///
    /// It can't be together with [`start_date`](Self::start_date) or [`end_date`](Self::end_date).
    #[must_use]
    pub fn time_range(range: impl ParameterValue) -> Self {
        range.with_text(|range| Self::field("timeRange").equals(range))
    }

    fields! {
        /// The namespace.
        namespace = "namespace";
        /// The flow's id.
        flow_id = "flowId";
        /// The state of an execution.
        state = "state";
        /// The kind of an execution (1.1).
        ///
        /// Ordinary executions have none, so that no comparison finds them, `NORMAL` neither.
        kind = "kind";
        /// `USER` or `SYSTEM`: the latter are flows and executions of the system namespace.
        scope = "scope";
        /// The start of an execution, or the time of a log line.
        start_date = "startDate";
        /// The end of an execution.
        end_date = "endDate";
        /// `CHILD` or `MAIN`: whether another execution started it.
        child_filter = "childFilter";
        /// The execution that started it.
        trigger_execution_id = "triggerExecutionId";
        /// The execution that it came out of: an iteration's loop, what was replayed or retried (2.0).
        parent_id = "parentId";
        /// The level of a log line.
        ///
        /// [`at_least`](Field::at_least) works on every version; [`equals`](Field::equals) is the same here, since
        /// that is how servers before 2.0 read it.
        level = "level";
        /// The execution.
        execution_id = "executionId";
        /// The task.
        task_id = "taskId";
        /// The task run.
        task_run_id = "taskRunId";
        /// The attempt of a task run, from 0.
        attempt_number = "attemptNumber";
        /// The trigger.
        trigger_id = "triggerId";
        /// `enabled` or `disabled`, in letters of any case (1.2).
        trigger_state = "triggerState";
        /// The worker that evaluates a trigger.
        worker_id = "workerId";
        /// Whether a trigger is locked (2.0).
        locked = "locked";
        /// When a trigger fired last (2.0).
        last_triggered_date = "lastTriggeredDate";
        /// When a trigger will fire next (2.0).
        next_execution_date = "nextExecutionDate";
        /// When it was made.
        created = "created";
        /// When it was changed last.
        updated = "updated";
        /// When a key expires.
        expiration_date = "expirationDate";
        /// Whether only namespaces that somebody made count.
        existing_only = "existingOnly";
        /// The id.
        id = "id";
        /// The name.
        name = "name";
        /// The name of a user.
        username = "username";
        /// The type.
        kind_of = "type";
        /// The scope of a policy (2.0).
        ///
        /// The name is that of the release, whose documents have another; which comparisons it takes is not known.
        policy_scope = "policyScope";
        /// What a policy does to what it finds (2.0).
        ///
        /// The name is that of the release, whose documents have another; which comparisons it takes is not known.
        enforcement = "enforcement";
    }

    /// One of these filters (2.0; a single one is no group).
    ///
    /// Groups may be nested three deep and hold 20 filters each.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Group { all: false, filters: filters.into_iter().collect() })
    }

    /// All of these filters, for use within [`any`](Self::any); outside of it they all hold anyway, on every version.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Kind::Group { all: true, filters: filters.into_iter().collect() })
    }

    /// Names and values of the query as the newest server reads them, not yet percent-encoded.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        write::all([self], &mut |condition, path| {
            pairs.push((condition.name(path, condition.comparison), condition.value()));
        });
        pairs
    }

    /// Refuses a filter that every server would misread.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Group { filters, .. } if filters.is_empty() => {
                Err(Error::invalid("filter", "a group has no filters"))
            }
            Kind::Group { filters, .. } => filters.iter().try_for_each(Self::check),
            Kind::Condition(condition) => check::condition(condition)
                .map_err(|problem| Error::invalid(&format!("filter on `{}`", condition.field), problem)),
        }
    }

    /// Returns whether a row of the search for an action matches the filter.
    pub(crate) fn holds(&self, action: &OperationInfo, row: &serde_json::Value) -> bool {
        rows::matches(action, self, row)
    }

    /// What it comes to: a group of one is that one.
    fn simplest(&self) -> &Self {
        match &self.0 {
            Kind::Group { filters, .. } => match filters.as_slice() {
                [one] => one.simplest(),
                _ => self,
            },
            Kind::Condition(_) => self,
        }
    }
}
