//! Characters of names that some versions of the server read as something else.

use crate::error::{Error, ErrorKind};
use crate::macros::const_setters;
use crate::version::{Version, Versions};

/// Characters of a name that only some versions of the server read as they are written.
///
/// The rules of each kind of name are in the catalogue (`api/characters.yaml`).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CharacterRule {
    /// The characters.
    pub characters: &'static str,
    /// The versions that read them as they are written; `None` if no version does.
    pub versions: Option<Versions>,
    /// What the other versions do with them, as a predicate whose subject is the server.
    pub otherwise: &'static str,
    /// What to do instead, in the imperative.
    pub instead: &'static str,
    /// What the other versions store in their place, where they keep the rest of the name.
    pub stored_as: Option<&'static str>,
    /// Whether the rule is about the first character only, not counting slashes.
    pub at_beginning: bool,
}

impl CharacterRule {
    /// Creates a rule; `versions` read the characters as they are written.
    #[must_use]
    pub const fn new(
        characters: &'static str,
        versions: Option<Versions>,
        otherwise: &'static str,
        instead: &'static str,
    ) -> Self {
        Self { characters, versions, otherwise, instead, stored_as: None, at_beginning: false }
    }

    const_setters! {
        some stored_as: &'static str;
        mark at_beginning;
    }

    /// Returns the first character of a name that the rule is about.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<char> {
        let is_meant = |character: &char| self.characters.contains(*character);
        match self.at_beginning {
            true => name.trim_start_matches('/').chars().next().filter(is_meant),
            false => name.chars().find(is_meant),
        }
    }

    /// Returns whether a version reads the characters as they are written.
    #[must_use]
    pub fn holds_in(&self, version: Version) -> bool {
        self.versions.is_some_and(|versions| versions.contains(version))
    }

    /// Checks a name for a version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if this version reads the name as another one, and [`ErrorKind::Refused`] if every version
    /// does.
    pub fn check(&self, field: &str, name: &str, version: Version) -> Result<(), Error> {
        match self.find(name) {
            Some(character) if !self.holds_in(version) => Err(self.problem(field, character, version)),
            _ => Ok(()),
        }
    }

    fn problem(&self, field: &str, character: char, version: Version) -> Error {
        let Self { otherwise, instead, .. } = self;
        let character = character.escape_debug();
        match self.versions {
            Some(versions) => Error::new(
                ErrorKind::Unsupported,
                format!(
                    "`{character}` in `{field}` requires Kestra {versions}, the server is {version} and {otherwise}: \
                     {instead}, or call `.any_version()` to send it anyway"
                ),
            ),
            None => Error::new(
                ErrorKind::Refused,
                format!(
                    "`{character}` in `{field}`: every version {otherwise}: {instead}, or call `.unchecked()` to send it \
                     anyway"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUT: CharacterRule =
        CharacterRule::new("#?", Some(Versions::since(Version::new(1, 3, 0))), "cuts it", "rename it");
    const SLASH: CharacterRule = CharacterRule::new("\\", None, "reads a slash", "write `/`");

    #[test]
    fn a_version_that_reads_a_name_otherwise_refuses_it() {
        assert!(CUT.check("path", "a#b", Version::new(1, 3, 25)).is_ok());
        assert!(CUT.check("path", "ab", Version::OLDEST).is_ok());
        let error = CUT.check("path", "a?b", Version::OLDEST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("`?` in `path` requires Kestra 1.3.0"), "{error}");
        let beginning = CharacterRule::new("|", None, "drops it", "rename it").at_beginning();
        assert!(beginning.find("/|a").is_some() && beginning.find("/a|b").is_none());
        let error = SLASH.check("path", "a\\b", Version::NEWEST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
}
