//! The files of a namespace.

use std::collections::BTreeMap;

use kestra_core::Error;
use kestra_models::FileType;

use crate::folder::is_left_out;
use crate::{Client, Files};

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
            let Some(name) = entry.file_name.filter(|name| !is_left_out(name)) else { continue };
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

/// The names that a server stores files under: before 2.0 a space becomes a `+`.
pub(super) struct Names {
    keep_spaces: bool,
}

impl Names {
    /// Asks the server for its version if any path makes a difference.
    pub(super) async fn of(client: &Client, mut paths: impl Iterator<Item = &String>) -> Result<Self, Error> {
        let keep_spaces = !paths.any(|path| path.contains(' ')) || client.version().await?.major() >= 2;
        Ok(Self { keep_spaces })
    }

    pub(super) fn of_file(&self, path: &str) -> String {
        if self.keep_spaces { path.to_owned() } else { path.replace(' ', "+") }
    }
}
