//! Requests that servers silently misread, and responses that hide a failure.
//!
//! Which operation has which is in the catalogue; here is what is checked, always before anything is sent.

mod files;
mod source;
mod trigger;

pub(crate) use files::is_root;

use crate::body::{Body, Multipart};
use crate::error::{Error, ErrorKind};
use crate::operation::{CharacterRule, Guard, KnownValues, QueryParameter};
use crate::version::Version;

pub use source::{refuse_deleted, sources_of_archive};

/// The parts of a call that guards check.
pub(crate) struct Guarded<'a> {
    /// Values of query parameters by name.
    pub(crate) value: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) body: Option<&'a Body>,
    pub(crate) form: Option<&'a Multipart>,
    /// The tenant that the request goes to.
    pub(crate) tenant: &'a str,
}

/// The first version that takes the tenant of a trigger from the path.
const TENANT_OF_PATH: Version = Version::new(2, 0, 0);

impl Guard {
    /// Returns the body that a server of this version needs, or of any version if none is set; `None` if `body` is
    /// that already.
    pub(crate) fn amended(self, body: &Body, tenant: &str, version: Option<Version>) -> Option<Body> {
        match self {
            // Later servers ignore the tenant there.
            Self::NamedTrigger if version.is_some_and(|version| version >= TENANT_OF_PATH) => None,
            Self::NamedTrigger => trigger::with_tenant(body, tenant),
            _ => None,
        }
    }

    /// Refuses a request that the server would misread.
    pub(crate) fn check(self, call: &Guarded<'_>) -> Result<(), Error> {
        let problem = match self {
            Self::DeletingSource | Self::ListedFailures => source::deletes_problem(call.body, call.form),
            Self::DeletingReplacement => source::replacement_problem(call.body),
            Self::SplitSource => source::split_problem(call.body, call.form)
                .or_else(|| source::deletes_problem(call.body, call.form)),
            Self::UnpackedFile => files::problem((call.value)("path"), call.form),
            Self::ClimbingDeletion => files::climbing((call.value)("path")),
            Self::NamedTrigger => trigger::problem(call.body, call.tenant),
        };
        problem.map_or(Ok(()), |problem| Err(refused(&problem)))
    }
}

/// Refuses what only Enterprise reads, unless the server is known to be one.
pub(crate) fn ignored(parameter: &QueryParameter) -> Error {
    let consequence = parameter.open_source_ignores.unwrap_or("it");
    let name = parameter.name;
    refused(&format!("`{name}` requires Kestra Enterprise Edition, open source ignores it and {consequence}"))
}

/// Refuses a value that servers ignore.
pub(crate) fn unknown_value(name: &str, value: &str, known: &KnownValues) -> Error {
    let KnownValues { values, otherwise, .. } = known;
    let values = values.join(", ");
    refused(&format!("servers ignore the {name} `{value}` and {otherwise}: use one of {values}"))
}

/// The error of a call that would change something.
pub fn read_only() -> Error {
    Error::new(
        ErrorKind::Refused,
        "the client is read-only, and this would change something: use a client without `read_only()`",
    )
}

fn refused(problem: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{problem}; call `.unchecked()` to send it anyway"))
}

/// Refuses a name that a server of this version, or any server, reads as another one.
pub fn check_characters(
    rule: &CharacterRule,
    field: &str,
    name: &str,
    version: Version,
) -> Result<(), Error> {
    let Some(character) = rule.find(name).filter(|_| !rule.holds_in(version)) else { return Ok(()) };
    let CharacterRule { otherwise, instead, .. } = rule;
    let character = character.escape_debug();
    Err(match rule.versions {
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Versions;

    const CUT: CharacterRule =
        CharacterRule::new("#?", Some(Versions::since(Version::new(1, 3, 0))), "cuts it", "rename it");
    const SLASH: CharacterRule = CharacterRule::new("\\", None, "reads a slash", "write `/`");

    #[test]
    fn a_version_that_reads_a_name_otherwise_refuses_it() {
        assert!(check_characters(&CUT, "path", "a#b", Version::new(1, 3, 25)).is_ok());
        assert!(check_characters(&CUT, "path", "ab", Version::OLDEST).is_ok());
        let error = check_characters(&CUT, "path", "a?b", Version::OLDEST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("`?` in `path` requires Kestra 1.3.0"), "{error}");
        let beginning = CharacterRule::new("|", None, "drops it", "rename it").at_beginning();
        assert!(beginning.find("/|a").is_some() && beginning.find("/a|b").is_none());
        let error = check_characters(&SLASH, "path", "a\\b", Version::NEWEST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
}
