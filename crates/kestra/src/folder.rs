//! The files of a folder that is synchronized.

use std::io;
use std::path::{Path, PathBuf};

use kestra_core::{Error, ErrorKind};

/// A file of the folder.
#[derive(Debug)]
pub(crate) struct LocalFile {
    pub(crate) path: PathBuf,
    /// The size in bytes; 0 for a dangling link, which fails when it is read.
    pub(crate) size: u64,
}

/// Returns all files below a folder, in order. Follows links to files only, as links to folders may be circular.
pub(crate) async fn walk(folder: &Path, deletes: bool) -> Result<Vec<LocalFile>, Error> {
    let mut files = Vec::new();
    let (mut folders, mut linked) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let failed = |problem| failure("read", &folder, problem);
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let path = entry.path();
            if is_left_out(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let kind = entry.file_type().await.map_err(failed)?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let size = entry.metadata().await.map_err(failed)?.len();
                files.push(LocalFile { path, size });
            } else if kind.is_symlink() {
                match tokio::fs::metadata(&path).await {
                    Ok(target) if target.is_file() => files.push(LocalFile { path, size: target.len() }),
                    Ok(_) => linked.push(path),
                    Err(_) => files.push(LocalFile { path, size: 0 }),
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    match linked.into_iter().next().filter(|_| deletes) {
        None => Ok(files),
        Some(path) => {
            let message = format!(
                "{} is a link to a folder, which a sync doesn't follow, so its files would be deleted: replace it by the folder, or don't delete",
                path.display()
            );
            Err(Error::new(ErrorKind::File, message))
        }
    }
}

/// Returns whether syncs ignore a name: Kubernetes mounts a `ConfigMap` as links into such folders.
pub(crate) fn is_left_out(name: &str) -> bool {
    name.starts_with("..")
}

/// Returns whether a sync takes a file for a flow.
pub(crate) fn is_flow(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml")
    })
}

/// Returns the error of a folder for a backup that has a file which the namespace doesn't have.
pub(crate) fn stale(path: &Path, namespace: &str) -> Error {
    let message = format!(
        "the namespace {namespace} doesn't have {}, and a restore would create it: use another folder, or call `.delete(true)` \
         to delete what the namespace doesn't have",
        path.display()
    );
    Error::new(ErrorKind::Refused, message)
}

pub(crate) fn failure(what: &str, path: &Path, problem: io::Error) -> Error {
    let message =
        format!("{} can't be {what}: {problem}: check the path and its permissions", path.display());
    Error::new(ErrorKind::File, message).with_source(problem)
}
