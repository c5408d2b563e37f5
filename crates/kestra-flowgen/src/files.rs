//! The files of flows in folders.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files that are named, and those of flows below the folders that are named, in order.
///
/// # Errors
///
/// Returns an error if a folder can't be read, or if there are no files.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let all = below(path)?;
            let is_flow =
                |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
            found.extend(all.into_iter().filter(|path| !path.is_dir() && is_flow(path)));
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        return Err("there is no file that ends in .yaml or .yml".to_owned());
    }
    Ok(found)
}

/// Returns all files and folders below a folder, in order. Links to folders are not followed, as they may lead to a folder above.
///
/// # Errors
///
/// Returns an error if a folder can't be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |problem| format!("{}: {problem}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let within = if path.is_dir() && !path.is_symlink() { below(&path)? } else { Vec::new() };
        found.push(path);
        found.extend(within);
    }
    Ok(found)
}

/// Returns whether a file is this code, also where its lines end with CRLF, as git may write them.
#[must_use]
pub fn is_current(file: &Path, code: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|known| known.replace("\r\n", "\n") == code)
}
