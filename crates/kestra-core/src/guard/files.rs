//! Files of a namespace that don't stay files.

use crate::body::Multipart;

const FLOWS: &str = "_flows";

/// What becomes of the file.
pub(super) fn problem(path: Option<String>, form: Option<&Multipart>) -> Option<String> {
    let path = path?;
    if is_among_flows(&path) {
        return Some(format!(
            "`{path}`: what is stored under `/{FLOWS}/` becomes a flow, without being checked; use `deploy`"
        ));
    }
    let archive = |name: &&str| name.to_ascii_lowercase().ends_with(".zip");
    let name = form?.file_names().find(archive)?;
    Some(format!(
        "`{name}`: an archive is unpacked, it doesn't become a file; to keep it whole give the part another name, the path \
         is free"
    ))
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
    use super::is_among_flows;

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
