//! Characters of names that some versions of the server read as something else.

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
}
