//! Characters of names that some versions read as something else: `characters.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::read_or_default;
use super::versions::Versions;
use crate::error::{Error, Result};

/// The name of the file.
pub(super) const FILE: &str = "characters.yaml";

/// Characters that only some versions read as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CharacterRule {
    /// The characters.
    pub characters: String,
    /// The versions that read them as they are written; none if no version does.
    #[serde(default)]
    pub versions: Option<Versions>,
    /// Whether only the first character of a name is meant.
    #[serde(default)]
    pub at: Option<Place>,
    /// What the others store in their place, where they keep the rest of the name.
    #[serde(default)]
    pub stored_as: Option<String>,
    /// What the others do with them, as the end of a sentence that begins with the server.
    pub otherwise: String,
    /// What to do instead, in the imperative.
    pub instead: String,
}

/// Where in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The first character of a path, slashes left out.
    Beginning,
}

/// Rules by kind of name.
pub type CharacterRules = BTreeMap<String, Vec<CharacterRule>>;

/// Reads the rules.
pub(super) fn load(folder: &Path) -> Result<CharacterRules> {
    let rules: CharacterRules = read_or_default(&folder.join(FILE))?;
    for (kind, rules) in &rules {
        if rules
            .iter()
            .any(|rule| rule.characters.is_empty() || rule.versions.is_some_and(|range| range.is_all()))
        {
            return Err(Error::invalid(
                kind.as_str(),
                "has a rule without characters, or that holds nowhere",
            ));
        }
    }
    Ok(rules)
}
