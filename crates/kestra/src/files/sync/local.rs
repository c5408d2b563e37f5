//! The files of a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use kestra_core::{Error, ErrorKind};

/// A file of the folder.
#[derive(Debug)]
pub(super) struct LocalFile {
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

/// All files below a folder by their paths within it, with slashes.
pub(super) async fn walk(folder: &Path) -> Result<BTreeMap<String, LocalFile>, Error> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let failed = |problem| failure("read", &folder, problem);
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let kind = entry.file_type().await.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                let message = format!("{} has a name that isn't text", entry.path().display());
                return Err(Error::new(ErrorKind::File, message));
            };
            let path = format!("{prefix}{name}");
            if path == super::remote::FLOWS {
                continue;
            }
            if kind.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else if kind.is_file() {
                let size = entry.metadata().await.map_err(failed)?.len();
                files.insert(path, LocalFile { path: entry.path(), size });
            }
        }
    }
    Ok(files)
}

/// Where a path of the namespace is below a folder; `None` for one that would leave it, or that means another file here.
pub(super) fn place(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut place = folder.to_owned();
    for name in path.split('/') {
        let is_plain = !matches!(name, "" | "." | "..") && !name.contains(['\\', ':', '\0']);
        if !is_plain {
            return None;
        }
        place.push(name);
    }
    Some(place)
}

pub(super) fn failure(what: &str, path: &Path, problem: io::Error) -> Error {
    Error::new(ErrorKind::File, format!("{} can't be {what}", path.display())).caused_by(problem)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::place;

    #[test]
    fn no_path_leaves_the_folder() {
        let folder = Path::new("files");
        assert_eq!(place(folder, "a/b.txt"), Some(folder.join("a").join("b.txt")));
        for path in ["../a", "a/../../b", "/etc/passwd", "a//b", "", "c:\\x", "a\\..\\b"] {
            assert_eq!(place(folder, path), None, "{path}");
        }
    }
}
