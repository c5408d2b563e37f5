use std::fmt;

use jiff::Timestamp;
use kestra_core::json::{Read, Shape};
use serde::Serialize;

/// A time that travels as milliseconds since 1970, such as those of a namespace's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EpochMillis(i64);

impl EpochMillis {
    /// This many milliseconds since 1970.
    #[must_use]
    pub const fn new(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// The time; [`Timestamp::MIN`] or [`Timestamp::MAX`] if it is out of their range, tens of centuries from now.
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
