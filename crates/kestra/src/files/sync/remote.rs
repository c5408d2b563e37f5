//! The files of a namespace.

use std::collections::BTreeMap;

use kestra_core::Error;
use kestra_models::FileType;

use crate::Files;

/// The folder whose files are flows.
pub(super) const FLOWS: &str = "_flows";

/// Lengths of all files of a namespace by their paths, without a slash at the beginning.
pub(super) async fn walk(files: &Files, namespace: &str) -> Result<BTreeMap<String, u64>, Error> {
    let mut found = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let listed = files.list_namespace_directory_files(namespace).path(format!("/{folder}")).await;
        let entries = match listed {
            Ok(entries) => entries,
            // A namespace without files may have no root, and a folder may be gone by now.
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let Some(name) = entry.file_name else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if path == FLOWS {
                continue;
            }
            match entry.type_ {
                Some(FileType::Directory) => folders.push(path),
                _ => {
                    found.insert(path, entry.size.and_then(|size| size.try_into().ok()).unwrap_or_default());
                }
            }
        }
    }
    Ok(found)
}

/// The name that a namespace has a file under: servers before 2.0 store a space as `+`.
pub(super) fn name_of<'a, V>(path: &'a str, found: &'a BTreeMap<String, V>) -> Option<&'a str> {
    if found.contains_key(path) {
        return Some(path);
    }
    found.get_key_value(&path.replace(' ', "+")).map(|(name, _)| name.as_str())
}
