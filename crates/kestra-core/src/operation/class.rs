//! The classes that operations fall into.

/// Which servers have an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// Open source and Enterprise.
    OpenSource,
    /// Enterprise only.
    Enterprise,
}

/// What repeating an operation may do; stated by the catalogue, not derived from the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// It only reads.
    Safe,
    /// It changes something, and doing it twice is the same as doing it once.
    Idempotent,
    /// It may start work, so it is repeated only when the request provably wasn't sent, or was answered with a 429.
    StartsWork,
}

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// JSON.
    Json,
    /// Text of any kind: logs, CSV, YAML.
    Text,
    /// Nothing, or nothing that tells anything.
    Empty,
    /// A file, read as a stream.
    Download,
    /// Server-sent events, read as a stream.
    Events,
}

impl Answer {
    /// Whether the transport collects the body within the attempt.
    #[must_use]
    pub const fn is_buffered(self) -> bool {
        matches!(self, Self::Json | Self::Text | Self::Empty)
    }
}

/// How long an operation may take and which timeouts fit it; the table is in [`Timeouts`](crate::Timeouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Traffic {
    /// Answered in seconds.
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

/// What a deletion deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deletion {
    /// What it names.
    Named,
    /// What it names, and the folder above if nothing else is in it, whether or not what it names is there.
    Climbing,
}

/// What can be seen once an action by ids was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The execution has ended.
    Ended,
    /// The execution is paused, or was since.
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
    /// It isn't there.
    Gone,
    /// The flow or trigger is disabled, or isn't.
    Disabled(bool),
    /// The trigger is disabled, or isn't, as this field of the body says.
    DisabledByField(&'static str),
    /// The trigger isn't locked.
    Unlocked,
    /// The trigger's backfill is paused, or isn't.
    BackfillPaused(bool),
    /// The trigger has no backfill.
    NoBackfill,
}
