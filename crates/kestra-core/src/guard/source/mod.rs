//! Checks the sources of flows in a request for content that servers misread.

mod archive;
mod deleted;
mod flow_style;
mod lines;
mod replacement;

use crate::body::{Body, FileContent, Multipart};
use crate::error::Error;
use crate::json::text;

pub use archive::sources as sources_of_archive;

/// Refuses a source with a key `deleted` at the top level that isn't plainly `false` or null.
///
/// A server deletes the flow of such a source and responds with 200. For calls that send more than one request.
pub fn refuse_deleted(source: &str) -> Result<(), Error> {
    deleted_problem(source, None).map_or(Ok(()), |problem| Err(super::refused(&problem)))
}

/// Describes a mark that splits one of the sources.
pub(super) fn split_problem(body: Option<&Body>, form: Option<&Multipart>) -> Option<String> {
    let bodies = body.and_then(Body::as_bytes).into_iter();
    let files = form.into_iter().flat_map(Multipart::files).filter_map(|file| match file.content() {
        FileContent::Bytes(bytes) => Some(bytes),
        FileContent::Path(_) | FileContent::Stream => None,
    });
    bodies.chain(files).find_map(|bytes| split_in(&text(bytes)))
}

/// Describes a replacement in sources that may make one of them delete its flow.
pub(super) fn replacement_problem(body: Option<&Body>) -> Option<String> {
    replacement::problem(body.and_then(Body::as_bytes)?)
}

/// Describes a source that deletes its flow.
pub(super) fn deletes_problem(body: Option<&Body>, form: Option<&Multipart>) -> Option<String> {
    let body = body.and_then(Body::as_bytes);
    let files = form.into_iter().flat_map(Multipart::files);
    body.and_then(|bytes| deleted_problem(&text(bytes), None)).or_else(|| {
        files.into_iter().find_map(|file| {
            let name = file.name.as_deref().unwrap_or("the file");
            match file.content() {
                FileContent::Bytes(bytes) => file_problem(name, bytes),
                // A file that can't be read is an error when the body is created.
                FileContent::Path(path) => file_problem(name, &std::fs::read(path).ok()?),
                FileContent::Stream => {
                    Some(unseen(name, "a reader can be read only once: pass bytes or a path"))
                }
            }
        })
    })
}

fn file_problem(name: &str, bytes: &[u8]) -> Option<String> {
    if !name.to_ascii_lowercase().ends_with(".zip") {
        return deleted_problem(&text(bytes), Some(name));
    }
    match archive::sources(bytes) {
        Some(sources) => sources
            .iter()
            .find_map(|(entry, source)| deleted_problem(&text(source), Some(&format!("{entry} in {name}")))),
        None => Some(unseen(
            name,
            "the archive is damaged, encrypted or compressed in an unusual way: import its files",
        )),
    }
}

fn deleted_problem(source: &str, file: Option<&str>) -> Option<String> {
    let line = deleted::line(source)?;
    let file = file.map(|file| format!(" ({file})")).unwrap_or_default();
    Some(format!(
        "line {line} of the source{file} may set `deleted`, and a server deletes the flow of a source with `deleted: \
         true` and responds with 200: remove the line, and use `delete_flow` to delete a flow"
    ))
}

fn unseen(name: &str, reason: &str) -> String {
    format!(
        "`{name}` can't be checked for `deleted: true`, with which a server deletes a flow and responds with 200; {reason}"
    )
}

const MARK: &str = "---";

/// Describes the first mark that isn't a line of its own.
fn split_in(source: &str) -> Option<String> {
    let place = source.lines().position(|line| line.contains(MARK) && !separates(line))?;
    Some(format!(
        "line {} of the source has `{MARK}`, and the server splits a source of several flows wherever that is, also within \
         a script or a comment: update that flow by itself, with `deploy` or `update_flow`",
        place + 1
    ))
}

fn separates(line: &str) -> bool {
    line.strip_prefix(MARK).is_some_and(|rest| rest.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::split_in;

    #[test]
    fn only_lines_of_their_own_separate() {
        for source in ["", "id: a\n---\nid: b\n", "---\nid: a\n--- \r\nid: b", "id: a--b"] {
            assert_eq!(split_in(source), None, "{source}");
        }
        for (source, line) in [
            ("id: a\nscript: |\n  ---\n", "line 3"),
            ("# -----\nid: a", "line 1"),
            ("id: a\n--- # next\nid: b", "line 2"),
            ("id: a\ndescription: a --- b", "line 2"),
        ] {
            assert!(split_in(source).is_some_and(|text| text.contains(line)), "{source}");
        }
    }
}
