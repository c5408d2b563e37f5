//! Ranges of server versions, written in the catalogue as `1.1..`, `..2.0` or `1.3.7..2.0`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A released version of the server; what isn't given is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

impl Version {
    /// The oldest version that the catalogue knows.
    pub const OLDEST: Self = Self { major: 1, minor: 0, patch: 0 };
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            0 => write!(f, "{}.{}", self.major, self.minor),
            patch => write!(f, "{}.{}.{patch}", self.major, self.minor),
        }
    }
}

/// Text that is no version or no range of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadVersion(String);

impl fmt::Display for BadVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no version: write 1.3 or 1.3.7, and ranges as `1.1..`, `..2.0` or `1.1..2.0`",
            self.0
        )
    }
}

impl std::error::Error for BadVersion {}

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0u16; 3];
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() < 2 || parts.len() > 3 {
            return Err(BadVersion(text.to_owned()));
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            *number = part.parse().map_err(|_| BadVersion(text.to_owned()))?;
        }
        Ok(Self { major: numbers[0], minor: numbers[1], patch: numbers[2] })
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The versions that have something: from `since` (included) up to `until` (excluded).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Versions {
    /// The first version that has it; none means all from the oldest on.
    pub since: Option<Version>,
    /// The first version that no longer has it; none means that the newest has it.
    pub until: Option<Version>,
}

impl Versions {
    /// Every version.
    pub const ALL: Self = Self { since: None, until: None };

    /// Whether every version is in the range.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a version is in the range.
    #[must_use]
    pub fn contains(&self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version < until)
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            since: self.since.zip(other.since).map(|(a, b)| a.min(b)),
            until: self.until.zip(other.until).map(|(a, b)| a.max(b)),
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(since) = self.since {
            since.fmt(f)?;
        }
        f.write_str("..")?;
        if let Some(until) = self.until {
            until.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for Versions {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (since, until) = text.split_once("..").ok_or_else(|| BadVersion(text.to_owned()))?;
        let end = |part: &str| if part.is_empty() { Ok(None) } else { part.parse().map(Some) };
        Ok(Self { since: end(since)?.filter(|since| *since > Version::OLDEST), until: end(until)? })
    }
}

impl Serialize for Versions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Versions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_as_written() {
        for text in ["..", "1.1..", "..2.0", "1.3.7..2.0"] {
            assert_eq!(text.parse::<Versions>().unwrap().to_string(), text);
        }
        assert!("1.0..".parse::<Versions>().unwrap().is_all());
        assert!("1.1".parse::<Versions>().is_err());
        let range: Versions = "1.3.7..2.0".parse().unwrap();
        assert!(!range.contains("1.3".parse().unwrap()));
        assert!(range.contains("1.3.25".parse().unwrap()));
        assert!(!range.contains("2.0".parse().unwrap()));
    }
}
