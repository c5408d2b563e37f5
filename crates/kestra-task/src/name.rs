//! Names of outputs, metrics, tags and files.

use crate::Error;

pub(crate) fn refuse(name: &str, problem: &'static str) -> Error {
    Error::InvalidName { name: name.to_owned(), problem }
}

/// Refuses an empty name.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() { Err(refuse(name, "it is empty: give it a name")) } else { Ok(()) }
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
