//! Names of outputs, metrics, tags and files.

use crate::Error;

pub(crate) fn refuse(name: &str, problem: &'static str) -> Error {
    Error::InvalidName { name: name.to_owned(), problem }
}

/// Refuses an empty name.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() { Err(refuse(name, "it is empty: give it a name")) } else { Ok(()) }
}

/// How many UTF-16 code units of a metric's name fit in the column of a server's database.
const METRIC: usize = 150;

/// Refuses a name that is empty, or too long for a server: each version shuts down when it stores such a metric.
pub(crate) fn check_metric(name: &str) -> Result<(), Error> {
    check(name)?;
    if name.encode_utf16().count() > METRIC {
        return Err(refuse(name, "a metric's name has at most 150 characters: shorten it, or use a tag"));
    }
    Ok(())
}

/// Refuses a name that some server does not find, or cuts.
pub(crate) fn check_file(name: &str) -> Result<(), Error> {
    check(name)?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)) {
        return Err(refuse(
            name,
            "an output file's name may have letters of ASCII, digits, `.`, `_`, `-` and `/`: rename it",
        ));
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(refuse(
            name,
            "it must be a path below the working folder: remove empty parts, `.` and `..`",
        ));
    }
    Ok(())
}
