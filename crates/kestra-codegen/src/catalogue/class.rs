//! The classes that operations fall into, and what the client does before and after one.

use serde::{Deserialize, Serialize};

/// What a deletion deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// What it names.
    Named,
    /// What it names, and the folder above if nothing else is in it.
    Climbing,
}

/// What can be seen once an action by ids was carried out; each is carried out by the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The execution has ended.
    Ended,
    /// The execution is paused, or was since.
    Paused,
    /// The execution has entered another state.
    Moved,
    /// The execution has left these states.
    Left(Vec<String>),
    /// The execution has the state of this query parameter.
    StateOfParameter(String),
    /// The execution has the labels of this field of the body.
    LabelsOfField(String),
    /// Another execution replays it.
    Replayed,
    /// It isn't there.
    Gone,
    /// The flow or trigger is disabled, or isn't.
    Disabled(bool),
    /// The trigger is disabled, or isn't, as this field of the body says.
    DisabledByField(String),
    /// The trigger isn't locked.
    Unlocked,
    /// The trigger's backfill is paused, or isn't.
    BackfillPaused(bool),
    /// The trigger has no backfill.
    NoBackfill,
}

/// What is asked before a request whose early error would make the server hang.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precheck {
    /// The operation of the same area that asks.
    pub operation: String,
    /// What its response must say.
    #[serde(default)]
    pub check: Check,
}

/// What the response to a precheck must say; each is carried out by the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Nothing more than that the thing exists.
    #[default]
    Exists,
    /// The execution has ended.
    Ended,
    /// The execution has the task run of the body.
    HasTaskRun,
    /// The dashboard has the chart of the path.
    HasChart,
    /// The flow has the trigger of the body and, before 2.0, the trigger has a backfill.
    HasBackfill,
    /// The concurrency limit of the path's flow is in the list.
    HasLimit,
}

/// Which servers have an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Open source and Enterprise.
    #[default]
    OpenSource,
    /// Enterprise only.
    Enterprise,
}

/// What repeating an operation may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// It only reads.
    Safe,
    /// It changes something, and doing it twice is the same as doing it once.
    Idempotent,
    /// Sent twice, it may start work twice or do something else twice.
    #[default]
    NonIdempotent,
}

/// How long an operation may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// Answered in seconds.
    #[default]
    Quick,
    /// Sends a body that may be large.
    Upload,
    /// Reads a body that may be large.
    Download,
    /// Reads events for as long as they come.
    Follow,
    /// Reads events, on a stream that isn't kept open while it is silent.
    FollowBriefly,
}
