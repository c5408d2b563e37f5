//! The files of a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kestra_core::{Error, ErrorKind};

use super::remote;
use crate::files::trash::is_trash;
use crate::folder::{self, LocalFile};

/// All files below a folder by their paths within it, with slashes.
pub(super) async fn walk(folder: &Path) -> Result<BTreeMap<String, LocalFile>, Error> {
    let mut files = BTreeMap::new();
    for file in folder::walk(folder).await? {
        let names = file.path.strip_prefix(folder).unwrap_or(&file.path).iter();
        let names: Option<Vec<&str>> = names.map(|name| name.to_str()).collect();
        let Some(names) = names else {
            let message = format!("{} has a name that isn't text", file.path.display());
            return Err(Error::new(ErrorKind::File, message));
        };
        let is_trash = matches!(names.as_slice(), [name] if is_trash(name));
        if !is_trash && names.first() != Some(&remote::FLOWS) {
            files.insert(names.join("/"), file);
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
