//! Files of a namespace that don't stay files.

use crate::body::Multipart;

const FLOWS: &str = "_flows";

/// Describes the problem of a file that servers don't store as a file.
pub(super) fn problem(path: Option<String>, form: Option<&Multipart>) -> Option<String> {
    let path = path?;
    if is_among_flows(&path) {
        return Some(format!(
            "`{path}`: a file under `/{FLOWS}/` becomes a flow without validation: use `deploy`"
        ));
    }
    let archive = |name: &&str| name.to_ascii_lowercase().ends_with(".zip");
    let name = form?.file_names().find(archive)?;
    Some(format!(
        "`{name}`: servers unpack an archive instead of storing it: to store it as a file, set another \
         `FilePart::file_name`"
    ))
}

/// Returns whether a path names the root in any spelling, and so all files of the namespace.
pub(crate) fn is_root(path: &str) -> bool {
    path.split(['/', '\\']).all(|segment| matches!(segment.trim(), "" | "." | ".."))
}

/// Describes the problem of a path whose deletion would delete the folder above: servers go up while a folder is
/// otherwise empty.
pub(super) fn climbing(path: Option<String>) -> Option<String> {
    let path = path.filter(|path| !is_root(path))?;
    let inner = path.strip_prefix('/').unwrap_or(&path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    inner.split('/').any(|segment| matches!(segment, "" | "." | "..")).then(|| {
        format!(
            "path: `{path}` has an empty segment, `.` or `..`, so servers would delete the folder above: write the path \
             without it"
        )
    })
}

/// Whether the first segment is that folder, however the path is written.
fn is_among_flows(path: &str) -> bool {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment.trim() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.len() > 1 && segments.first() == Some(&FLOWS)
}

#[cfg(test)]
mod tests {
    use super::{climbing, is_among_flows, is_root};

    #[test]
    fn the_root_is_known_however_it_is_written() {
        for path in ["", "/", "//", "/.", "./", "/../", "\\", " / "] {
            assert!(is_root(path), "{path}");
        }
        for path in ["a", "/a", "/.a", "/a/..", "...", "/a/."] {
            assert!(!is_root(path), "{path}");
        }
    }

    #[test]
    fn what_climbs_is_refused() {
        for path in ["//a.txt", "/a//b.txt", "/a/./b.txt", "/a/../b.txt", "a/..", "/a//"] {
            assert!(climbing(Some(path.to_owned())).is_some(), "{path}");
        }
        for path in ["/a/b.txt", "a/b.txt", "/a/b/", "a", "/..a/b.", "", "/"] {
            assert!(climbing(Some(path.to_owned())).is_none(), "{path}");
        }
    }

    #[test]
    fn the_folder_of_flows_is_known_however_it_is_written() {
        for path in ["/_flows/a.yml", "_flows/a.yml", "//_flows/./a.yml", "/a/../_flows/b/c.yml"] {
            assert!(is_among_flows(path), "{path}");
        }
        for path in ["/a/_flows/b.yml", "/_flows", "/_flowsx/a.yml", "/a.yml", ""] {
            assert!(!is_among_flows(path), "{path}");
        }
    }
}
