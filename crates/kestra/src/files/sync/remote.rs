//! The files of a namespace.

use std::collections::BTreeMap;

use kestra_core::Error;
use kestra_models::FileType;

use crate::Files;
use crate::files::trash::is_trash;
use crate::folder::is_left_out;

/// The folder whose files are flows.
pub(super) const FLOWS: &str = "_flows";

/// The files of a namespace.
#[derive(Default)]
pub(super) struct Remote {
    /// Lengths of all files by their paths, without a slash at the beginning.
    pub(super) files: BTreeMap<String, u64>,
    /// Names in the root that interrupted deletions have left.
    pub(super) trash: Vec<String>,
}

/// Reads all folders of a namespace.
pub(super) async fn walk(files: &Files, namespace: &str) -> Result<Remote, Error> {
    let mut found = Remote::default();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let listed = files.list_namespace_directory_files(namespace).path(format!("/{folder}")).await;
        let entries = match listed {
            Ok(entries) => entries,
            // A folder may be gone by now. The root always exists.
            Err(error) if error.is_missing() && !folder.is_empty() => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let Some(name) = entry.file_name.filter(|name| !is_left_out(name)) else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if path == FLOWS {
                continue;
            }
            if is_trash(&path) {
                found.trash.push(path);
                continue;
            }
            match entry.type_ {
                Some(FileType::Directory) => folders.push(path),
                _ => {
                    found
                        .files
                        .insert(path, entry.size.and_then(|size| size.try_into().ok()).unwrap_or_default());
                }
            }
        }
    }
    Ok(found)
}
