//! The classes that operations fall into.

use super::OperationInfo;

/// Which servers have an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// Open source and Enterprise.
    OpenSource,
    /// Enterprise only.
    Enterprise,
}

/// Whether an operation is idempotent; stated by the catalogue, not derived from the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// Reads only.
    Safe,
    /// Changes something, and is idempotent.
    Idempotent,
    /// Not idempotent: retried only if the request was provably not sent, or after a 429.
    NonIdempotent,
}

/// The kind of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseKind {
    /// JSON.
    Json,
    /// Text of any kind: logs, CSV, YAML.
    Text,
    /// Nothing, or nothing of use.
    Empty,
    /// A file, read as a stream.
    Download,
    /// Server-sent events, read as a stream.
    Events,
}

impl ResponseKind {
    /// Returns whether the transport collects the body within the attempt.
    #[must_use]
    pub const fn is_buffered(self) -> bool {
        matches!(self, Self::Json | Self::Text | Self::Empty)
    }
}

/// How long an operation may take and which timeouts fit it; the table is in [`Timeouts`](crate::Timeouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Traffic {
    /// Gets a response within seconds.
    Quick,
    /// Sends a body that may be large.
    Upload,
    /// Reads a body that may be large.
    Download,
    /// Reads events until the stream ends.
    Follow,
    /// Reads events from a stream that is closed when it is silent.
    FollowBriefly,
}

/// What a deletion deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deletion {
    /// The named resource.
    Named,
    /// The named file and, if the folder above has one entry, that folder, even if the file doesn't exist.
    Climbing,
}

/// The visible effect of an action by ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The execution has ended.
    Ended,
    /// The execution is paused, or was after the action.
    Paused,
    /// The execution has entered another state.
    Moved,
    /// The execution has left these states.
    Left(&'static [&'static str]),
    /// The execution has the state of this query parameter.
    StateOfParameter(&'static str),
    /// The execution has the labels of this field of the body.
    LabelsOfField(&'static str),
    /// Another execution replays it.
    Replayed,
    /// The resource is gone.
    Gone,
    /// The flow or trigger is disabled if `true`, enabled if `false`.
    Disabled(bool),
    /// The trigger is disabled or enabled, according to this boolean field of the body.
    DisabledByField(&'static str),
    /// The trigger isn't locked.
    Unlocked,
    /// The trigger's backfill is paused if `true`, running if `false`.
    BackfillPaused(bool),
    /// The trigger has no backfill.
    NoBackfill,
}

/// A request that finds out whether a server would carry out another request.
///
/// Servers of 1.x and 2.0 hang when they respond with an error to some requests before they have read the body, so these
/// requests are sent only if the server would carry them out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Precheck {
    /// The operation to send first. Its path parameters are named as in the operation that follows, or as fields of its body.
    pub operation: &'static OperationInfo,
    /// The check of its response.
    pub check: Check,
}

/// The check of the response to a [`Precheck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The resource exists.
    Exists,
    /// The execution has ended.
    Ended,
    /// The execution has the task run that the body names.
    HasTaskRun,
    /// The dashboard has the chart that the path names.
    HasChart,
    /// The flow has the trigger that the body names and, before 2.0, the trigger has a backfill.
    HasBackfill,
    /// The concurrency limit of the flow that the path names is in the list.
    HasLimit,
}

impl Precheck {
    /// Creates a precheck.
    #[must_use]
    pub const fn new(operation: &'static OperationInfo, check: Check) -> Self {
        Self { operation, check }
    }
}

/// A silent side effect that a server has on some requests of an operation. The client refuses such requests.
///
/// Call [`unchecked`](crate::CallOptions::unchecked) to send them anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Guard {
    /// A source with `deleted: true` deletes its flow.
    DeletingSource,
    /// A replacement that puts `deleted: true` into a source deletes its flow.
    DeletingReplacement,
    /// The source is split wherever it has `---`, also within a string, and `deleted: true` deletes a flow.
    SplitSource,
    /// A path under `/_flows/` becomes a flow, an archive is unpacked.
    UnpackedFile,
    /// A path with an empty segment, `.` or `..` deletes the folder above, on 1.0 even the namespace.
    ClimbingDeletion,
    /// The response lists what failed, under a status of success, and a source with `deleted: true` deletes its flow.
    ListedFailures,
    /// Servers before 2.0 silently skip a trigger without a tenant, or with a tenant other than the request's.
    NamedTrigger,
}
