//! Versions of Kestra servers, and the ranges of them that have a route, a parameter or a field.

use std::fmt;
use std::str::FromStr;

/// The version of a Kestra server, as `GET /api/v1/configs` reports it.
///
/// Parsing is strict, as it reads settings: a release such as `1.3.25`, optionally with a leading `v` and the edition at the
/// end (`-oss`, `-ee`). A version with fewer than three parts stands for the first release of that line: `1.3` is `1.3.0`. A
/// `-SNAPSHOT` of a version counts as [`Version::NEWEST`], which is what such a build is. [`reported`](Self::reported) reads
/// the version that a server reports, which may be any label.
///
/// ```
/// use kestra_core::Version;
///
/// assert_eq!("1.3".parse(), Ok(Version::new(1, 3, 0)));
/// assert_eq!("2.0.0-SNAPSHOT".parse(), Ok(Version::NEWEST));
/// assert!(Version::new(1, 3, 25) < Version::new(2, 0, 0));
/// assert!("latest".parse::<Version>().is_err());
/// assert_eq!(Version::reported("develop"), Some(Version::NEWEST));
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

    /// Reads the version that a server reports: a label that names no release (`develop`, a commit) counts as
    /// [`NEWEST`](Self::NEWEST). `None` if the text is empty.
    #[must_use]
    pub fn reported(text: &str) -> Option<Self> {
        let text = text.trim();
        match Label::of(text) {
            Label::Release(version) => Some(version),
            Label::Snapshot | Label::Other => (!text.is_empty()).then_some(Self::NEWEST),
        }
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

crate::debug_fields! { Version, this, f => fmt::Display::fmt(this, f) }

/// The text names no version of Kestra.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidVersion;

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a version of Kestra: write a release such as 1.3.25, or leave it out to detect the server's version")
    }
}

impl std::error::Error for InvalidVersion {}

/// The meaning of the text of a version.
enum Label {
    Release(Version),
    Snapshot,
    /// A name, a build, or a release before 1.0.
    Other,
}

impl Label {
    fn of(text: &str) -> Self {
        let text = text.strip_prefix('v').unwrap_or(text);
        // Images and the version endpoint add the edition to a release.
        let (text, is_snapshot) = match text.rsplit_once('-') {
            Some((release, "oss" | "ee")) => (release, false),
            Some((version, "SNAPSHOT")) => (version, true),
            _ => (text, false),
        };
        let mut numbers = [0u16; 3];
        for (place, part) in text.split('.').enumerate() {
            // `parse` would accept a leading `+`.
            let number = part.starts_with(|first: char| first.is_ascii_digit()).then(|| part.parse().ok());
            match (numbers.get_mut(place), number.flatten()) {
                (Some(place), Some(number)) => *place = number,
                _ => return Self::Other,
            }
        }
        match numbers {
            [0, ..] => Self::Other,
            _ if is_snapshot => Self::Snapshot,
            [major, minor, patch] => Self::Release(Version { major, minor, patch }),
        }
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Label::of(text.trim()) {
            Label::Release(version) => Ok(version),
            Label::Snapshot => Ok(Self::NEWEST),
            Label::Other => Err(InvalidVersion),
        }
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

    /// Whether every version is in the range, so that nothing depends on the version of the server.
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

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn settings_are_strict_and_servers_are_not() {
        for (text, version) in [
            ("1", Version::new(1, 0, 0)),
            ("v1.3", Version::new(1, 3, 0)),
            (" 1.3.25 ", Version::new(1, 3, 25)),
            ("1.3.25-oss", Version::new(1, 3, 25)),
            ("v1.3.25-ee", Version::new(1, 3, 25)),
            ("2.1.0-SNAPSHOT", Version::NEWEST),
        ] {
            assert_eq!((text.parse(), Version::reported(text)), (Ok(version), Some(version)), "{text}");
        }
        for text in [
            "latest",
            "develop",
            "newest",
            "1.3.x",
            "1,3",
            "1.3.",
            ".1",
            "1..3",
            "+1.3",
            "-1",
            "1.-3",
            "1.3.25.1",
            "99999.1",
            "0.22.1",
            "1.3.25-rc1",
            "1.3.25-no-plugins",
            "１.３",
            "1 .3",
            "v",
            "vv1.3",
            "2.0.0-snapshot",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
            assert_eq!(Version::reported(text), Some(Version::NEWEST), "{text}");
        }
        assert!("".parse::<Version>().is_err() && Version::reported(" ").is_none());
    }
}
