//! Versions of Kestra servers, and the ranges of them that have a route, a parameter or a field.

use std::fmt;
use std::str::FromStr;

/// The version of a Kestra server, as `GET /api/v1/configs` reports it.
///
/// A label that is no release (`develop`, `2.1.0-SNAPSHOT`) counts as [`Version::NEWEST`], which is what such builds
/// are. A version with fewer than three parts stands for the first release of that line: `1.3` is `1.3.0`.
///
/// ```
/// use kestra_core::Version;
///
/// assert_eq!("1.3".parse(), Ok(Version::new(1, 3, 0)));
/// assert_eq!("2.0.0-SNAPSHOT".parse(), Ok(Version::NEWEST));
/// assert!(Version::new(1, 3, 25) < Version::new(2, 0, 0));
/// assert!("".parse::<Version>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    /// Later than every release: what snapshots and unknown labels count as.
    pub const NEWEST: Self = Self { major: u16::MAX, minor: u16::MAX, patch: u16::MAX };

    /// The oldest server that this client knows.
    pub const OLDEST: Self = Self { major: 1, minor: 0, patch: 0 };

    /// A released version.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// The first number.
    #[must_use]
    pub const fn major(self) -> u16 {
        self.major
    }

    /// The second number.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// The third number.
    #[must_use]
    pub const fn patch(self) -> u16 {
        self.patch
    }

    const fn before(self, other: Self) -> bool {
        if self.major != other.major {
            self.major < other.major
        } else if self.minor != other.minor {
            self.minor < other.minor
        } else {
            self.patch < other.patch
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEWEST {
            f.write_str("newest")
        } else {
            write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is empty, so it names no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptyVersion;

impl fmt::Display for EmptyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the version is empty; give one such as 1.3.25, or leave it out to have the server asked")
    }
}

impl std::error::Error for EmptyVersion {}

impl FromStr for Version {
    type Err = EmptyVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmptyVersion);
        }
        let text = text.strip_prefix('v').unwrap_or(text);
        // Images and the version endpoint add the edition to a release; everything else after a dash is a build label.
        let text = text.strip_suffix("-oss").or_else(|| text.strip_suffix("-ee")).unwrap_or(text);
        let mut numbers = [0u16; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            match parts.next().map(str::parse) {
                Some(Ok(value)) => *number = value,
                Some(Err(_)) => return Ok(Self::NEWEST),
                None => break,
            }
        }
        if parts.next().is_some() || numbers[0] == 0 {
            return Ok(Self::NEWEST);
        }
        Ok(Self { major: numbers[0], minor: numbers[1], patch: numbers[2] })
    }
}

/// A range of server versions: from `since` (included) to `until` (excluded).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    since: Version,
    until: Option<Version>,
}

impl Versions {
    /// Every version that this client knows.
    pub const ALL: Self = Self { since: Version::OLDEST, until: None };

    /// From this version on.
    #[must_use]
    pub const fn since(version: Version) -> Self {
        Self { since: version, until: None }
    }

    /// Up to but without this version.
    #[must_use]
    pub const fn until(version: Version) -> Self {
        Self { since: Version::OLDEST, until: Some(version) }
    }

    /// From `since` on, up to but without `until`.
    #[must_use]
    pub const fn between(since: Version, until: Version) -> Self {
        Self { since, until: Some(until) }
    }

    /// Whether a version is in the range.
    #[must_use]
    pub const fn contains(self, version: Version) -> bool {
        if version.before(self.since) {
            return false;
        }
        match self.until {
            Some(until) => version.before(until),
            None => true,
        }
    }

    /// Whether later versions are out of the range.
    #[must_use]
    pub const fn has_end(self) -> bool {
        self.until.is_some()
    }

    /// Whether every version is in the range, so that nothing depends on which server answers.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.until.is_none() && !Version::OLDEST.before(self.since)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since;
        match self.until {
            None if self.is_all() => f.write_str("all versions"),
            None => write!(f, "{since} or later"),
            Some(until) if since == Version::OLDEST => write!(f, "older than {until}"),
            Some(until) => write!(f, "{since} or later but older than {until}"),
        }
    }
}
