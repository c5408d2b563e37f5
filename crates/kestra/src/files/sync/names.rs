//! The names under which a server stores the files of a folder.

use std::collections::{BTreeMap, BTreeSet};

use kestra_core::internal::check_characters;
use kestra_core::{Error, ErrorKind, Version};
use kestra_operations::characters::NAMESPACE_FILE;

use crate::Client;

/// The first version that keeps revisions of files.
const KEEPS_REVISIONS: Version = Version::new(1, 2, 0);

/// How a server stores names.
pub(in crate::files) struct Names {
    /// `None` if every version reads all names alike.
    version: Option<Version>,
    /// Whether names are sent that the server reads as others.
    is_unchecked: bool,
}

/// The names of all files of a folder.
pub(super) struct StoredNames {
    /// By path in the folder: the stored name, or why the file can't be stored.
    pub(super) by_path: BTreeMap<String, Result<String, Error>>,
    /// The stored names of all files of the folder.
    pub(super) taken: BTreeSet<String>,
}

/// Returns the name in local storage, which drops colons.
fn object(name: &str) -> String {
    name.replace(':', "")
}

/// Returns the file whose later revision is stored under this name: `s.csv` for `s.csv.v2`.
fn revised(name: &str) -> Option<&str> {
    let (file, number) = name.rsplit_once(".v")?;
    let is_number = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !matches!(number, "" | "1")).then_some(file)
}

impl Names {
    /// Requests the server's version if versions read any of the paths differently.
    pub(in crate::files) async fn of(
        client: &Client,
        mut paths: impl Iterator<Item = &String>,
    ) -> Result<Self, Error> {
        let differs = |path: &String| {
            revised(path).is_some() || NAMESPACE_FILE.iter().any(|rule| rule.find(path).is_some())
        };
        let asks = !client.options().is_any_version() && paths.any(differs);
        let version = if asks { Some(client.version().await?) } else { None };
        Ok(Self { version, is_unchecked: client.options().is_unchecked() })
    }

    /// Returns the name under which the server stores a path.
    pub(in crate::files) fn of_file(&self, path: &str) -> Result<String, Error> {
        let mut name = path.to_owned();
        let Some(version) = self.version else { return Ok(name) };
        for rule in NAMESPACE_FILE.iter().filter(|rule| !rule.holds_in(version)) {
            match rule.stored_as {
                Some(text) => name = name.replace(|character| rule.characters.contains(character), text),
                None if self.is_unchecked => {}
                None => check_characters(rule, "path", path, version)?,
            }
        }
        Ok(name)
    }

    /// Returns the names of all files, with an error for files that share a name, or have one that a stored file has.
    pub(super) fn of_files<'a>(
        &self,
        paths: impl Iterator<Item = &'a String>,
        stored: impl Iterator<Item = &'a String>,
    ) -> StoredNames {
        let mut by_path = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut by_object: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in paths {
            let name = self.of_file(path);
            if let Ok(name) = &name {
                by_object.entry(object(name)).or_default().push(path.clone());
                taken.insert(name.clone());
            }
            by_path.insert(path.clone(), name);
        }
        for other in stored.filter(|other| !taken.contains(*other)) {
            by_object.entry(object(other)).or_default().push(other.clone());
        }
        let keeps_revisions = self.version.is_some_and(|version| version >= KEEPS_REVISIONS);
        for (object, paths) in &by_object {
            let mut together = paths.clone();
            if let Some(file) = revised(object).filter(|_| keeps_revisions) {
                together.extend(by_object.get(file).into_iter().flatten().cloned());
            }
            for path in together.iter().filter(|_| together.len() > 1) {
                let others: Vec<&str> =
                    together.iter().filter(|other| *other != path).map(String::as_str).collect();
                if let Some(name) = by_path.get_mut(path) {
                    *name = Err(collision(object, &others));
                }
            }
        }
        StoredNames { by_path, taken }
    }
}

fn collision(name: &str, others: &[&str]) -> Error {
    let message =
        format!("the server stores it as `{name}`, just as `{}`: rename one of them", others.join("`, `"));
    Error::new(ErrorKind::File, message)
}

#[cfg(test)]
mod tests {
    use super::revised;

    #[test]
    fn revisions_are_numbered_from_two() {
        assert_eq!(revised("a/s.csv.v2"), Some("a/s.csv"));
        assert_eq!(revised("s.v13"), Some("s"));
        for path in ["s.v1", "s.v0", "s.v02", "s.v", "s.v2b", "s2", "v2"] {
            assert_eq!(revised(path), None, "{path}");
        }
    }
}
