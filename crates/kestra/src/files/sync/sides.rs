//! The two sides of a sync: the files of a folder, and those of a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use http::StatusCode;
use kestra_core::{Error, ErrorKind};
use kestra_models::FileType;
use tokio::io::AsyncReadExt as _;

use crate::Files;
use crate::files::trash::is_trash;
use crate::folder::{self, LocalFile, failure, is_left_out};
use crate::sync::Settings;

/// The folder whose files are flows.
const FLOWS: &str = "_flows";

/// All files below a folder by their paths within it, with slashes.
pub(super) async fn files_of_folder(
    folder: &Path,
    deletes: bool,
) -> Result<BTreeMap<String, LocalFile>, Error> {
    let mut files = BTreeMap::new();
    for file in folder::walk(folder, deletes).await? {
        let names = file.path.strip_prefix(folder).unwrap_or(&file.path).iter();
        let names: Option<Vec<&str>> = names.map(|name| name.to_str()).collect();
        let Some(names) = names else {
            let message = format!("the name of {} is not UTF-8", file.path.display());
            return Err(Error::new(ErrorKind::File, message));
        };
        let is_trash = matches!(names.as_slice(), [name] if is_trash(name));
        if !is_trash && names.first() != Some(&FLOWS) {
            files.insert(names.join("/"), file);
        }
    }
    Ok(files)
}

/// Where a path of the namespace is below a folder; `None` for one that would leave it, or that means another file here.
pub(super) fn place_below(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut place = folder.to_owned();
    for name in path.split('/') {
        let is_plain = !matches!(name, "" | "." | "..") && !name.contains('\0');
        let is_plain = is_plain && !(cfg!(windows) && name.contains(['\\', ':']));
        if !is_plain {
            return None;
        }
        place.push(name);
    }
    Some(place)
}

/// The files of a namespace.
#[derive(Default)]
pub(super) struct Remote {
    /// Lengths of all files by their paths, without a slash at the beginning.
    pub(super) files: BTreeMap<String, u64>,
    /// The paths of all folders.
    pub(super) folders: BTreeSet<String>,
    /// Names in the root that interrupted deletions have left.
    pub(super) trash: Vec<String>,
    /// The paths of files and folders that a sync leaves out.
    pub(super) left_out: Vec<String>,
    /// The folders that can't be listed, and why.
    pub(super) unlisted: Vec<(String, Error)>,
}

/// Reads all folders of a namespace, those of one level at once.
pub(super) async fn files_of_namespace(
    files: &Files,
    namespace: &str,
    settings: &Settings,
) -> Result<Remote, Error> {
    let mut found = Remote::default();
    let mut folders = vec![String::new()];
    while !folders.is_empty() {
        let level = std::mem::take(&mut folders);
        let list = |folder: String| async move {
            let listed = files.list_namespace_directory_files(namespace).path(format!("/{folder}")).await;
            (folder, listed)
        };
        for (folder, listed) in settings.run_all(level.into_iter().map(list).collect()).await {
            let entries = match listed {
                Ok(entries) => entries,
                // A folder may be gone by now, or have a name that the server can't list. Its files are then unknown, which is
                // not the same as none.
                Err(error) if !folder.is_empty() && is_of_folder(&error) => {
                    found.unlisted.push((folder, error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            for entry in entries {
                let name = entry.file_name;
                let is_left_out = is_left_out(&name);
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match entry.type_ {
                    _ if is_left_out => found.left_out.push(path),
                    _ if path == FLOWS => {}
                    _ if is_trash(&path) => found.trash.push(path),
                    Some(FileType::Directory) => {
                        found.folders.insert(path.clone());
                        folders.push(path);
                    }
                    _ => {
                        let size = entry.size.and_then(|size| size.try_into().ok()).unwrap_or_default();
                        found.files.insert(path, size);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Returns whether listing failed because of the folder: it is missing, or its name is one that the server reads as another or refuses.
fn is_of_folder(error: &Error) -> bool {
    let is_refused = matches!(error.kind(), ErrorKind::Build | ErrorKind::Refused | ErrorKind::Unsupported);
    let is_unreadable = |status: StatusCode| {
        matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY)
    };
    is_refused || error.is_missing() || error.status().is_some_and(is_unreadable)
}

/// Returns whether a file is the same on both sides. Reads both as they come; the first difference ends it.
pub(super) async fn is_same(
    files: &Files,
    namespace: &str,
    remote: &str,
    local: &Path,
) -> Result<bool, Error> {
    let mut file = tokio::fs::File::open(local).await.map_err(|problem| failure("read", local, problem))?;
    let mut download = files.get_file_content(namespace, format!("/{remote}")).await?;
    let mut buffer = Vec::new();
    while let Some(piece) = download.next().await {
        let piece = piece?;
        buffer.resize(piece.len(), 0);
        match file.read_exact(&mut buffer).await {
            Ok(_) if buffer == piece => {}
            Ok(_) => return Ok(false),
            Err(problem) if problem.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(problem) => return Err(failure("read", local, problem)),
        }
    }
    let mut rest = [0];
    let read = file.read(&mut rest).await.map_err(|problem| failure("read", local, problem))?;
    Ok(read == 0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::place_below;

    #[test]
    fn no_path_leaves_the_folder() {
        let folder = Path::new("files");
        assert_eq!(place_below(folder, "a/b.txt"), Some(folder.join("a").join("b.txt")));
        for path in ["../a", "a/../../b", "/etc/passwd", "a//b", ""] {
            assert_eq!(place_below(folder, path), None, "{path}");
        }
        for path in ["c:\\x", "a\\..\\b"] {
            assert_eq!(place_below(folder, path).is_none(), cfg!(windows), "{path}");
        }
    }
}
