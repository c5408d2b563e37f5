use std::fmt;

use jiff::Timestamp;
use kestra_core::internal::json::{Read, Shape};
use serde::Serialize;

/// A time in milliseconds since 1970, as namespace files have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EpochMillis(i64);

impl EpochMillis {
    /// Creates a time from milliseconds since 1970.
    #[must_use]
    pub const fn new(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Returns the milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Returns the time, or [`Timestamp::MIN`] or [`Timestamp::MAX`] if it is out of their range.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let outermost = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(outermost)
    }
}

read_by_shape! { EpochMillis }

impl Read for EpochMillis {
    fn blank() -> Self {
        Self::default()
    }

    fn shape(&mut self) -> Shape<'_> {
        self.0.shape()
    }
}

impl From<Timestamp> for EpochMillis {
    fn from(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}

impl fmt::Display for EpochMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
