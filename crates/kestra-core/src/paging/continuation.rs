//! Where to go on with a list, in a form that can be stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in a list: store it as text or with serde, and go on from there later.
///
/// It holds the number of the page, or the cursor, and how much of the page has been read. It is as good as the sort of the
/// list: rows that came or went before it in the meantime shift what follows.
///
/// ```
/// use kestra_core::paging::Continuation;
///
/// let place: Continuation = "page=3&size=50&read=7".parse()?;
/// assert_eq!(place.to_string(), "page=3&size=50&read=7");
/// assert!(!place.is_end());
/// # Ok::<(), kestra_core::paging::BadContinuation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Continuation {
    pub(super) place: Place,
    pub(super) size: Option<u64>,
    /// How many rows of the page were given already.
    pub(super) read: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Page(u64),
    Cursor(String),
    End,
}

impl Continuation {
    /// Creates a position. At the end of a list there is no page to continue with, whatever its size.
    pub(super) fn new(place: Place, size: Option<u64>, read: u64) -> Self {
        match place {
            Place::End => Self { place, size: None, read: 0 },
            place => Self { place, size, read },
        }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.place == Place::End
    }
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Page(page) => write!(f, "page={page}")?,
            Place::Cursor(cursor) => {
                let cursor =
                    percent_encoding::utf8_percent_encode(cursor, percent_encoding::NON_ALPHANUMERIC);
                write!(f, "cursor={cursor}")?;
            }
            Place::End => return f.write_str("end"),
        }
        if let Some(size) = self.size {
            write!(f, "&size={size}")?;
        }
        match self.read {
            0 => Ok(()),
            read => write!(f, "&read={read}"),
        }
    }
}

/// Text that is no [`Continuation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadContinuation(String);

impl fmt::Display for BadContinuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a continuation, such as `page=3&size=100&read=7`", self.0)
    }
}

impl std::error::Error for BadContinuation {}

impl FromStr for Continuation {
    type Err = BadContinuation;

    fn from_str(text: &str) -> Result<Self, BadContinuation> {
        if text == "end" {
            return Ok(Self::new(Place::End, None, 0));
        }
        let bad = || BadContinuation(text.to_owned());
        let (mut place, mut size, mut read) = (None, None, 0);
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').ok_or_else(bad)?;
            let number = || value.parse::<u64>().map_err(|_| bad());
            match name {
                "page" => place = Some(Place::Page(number()?.max(1))),
                "cursor" => {
                    let cursor = percent_encoding::percent_decode_str(value).decode_utf8();
                    place = Some(Place::Cursor(cursor.map_err(|_| bad())?.into_owned()));
                }
                "size" => size = Some(number()?.max(1)),
                "read" => read = number()?,
                _ => return Err(bad()),
            }
        }
        Ok(Self::new(place.ok_or_else(bad)?, size, read))
    }
}

impl Serialize for Continuation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Continuation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_place_are_the_same() {
        for text in ["page=1", "page=3&size=50&read=7", "cursor=a%2Fb%3D&size=10", "end"] {
            assert_eq!(text.parse::<Continuation>().map(|place| place.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "page", "page=x", "size=3", "page=1&nope=2"] {
            assert!(text.parse::<Continuation>().is_err(), "{text}");
        }
    }
}
