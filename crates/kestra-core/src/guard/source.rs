//! Sources of several flows, which the server splits at every `---`.

use crate::body::{Body, Multipart};

const MARK: &str = "---";

/// What is wrong with the body, or with a file of the form that is in memory.
pub(super) fn problem(body: Option<&Body>, form: Option<&Multipart>) -> Option<String> {
    let bodies = body.and_then(Body::as_bytes).into_iter();
    let files = form.into_iter().flat_map(Multipart::bytes_of_files);
    bodies.chain(files).find_map(|bytes| std::str::from_utf8(bytes).ok().and_then(within))
}

/// The first mark that isn't a line of its own.
fn within(source: &str) -> Option<String> {
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
    use super::within;

    #[test]
    fn only_lines_of_their_own_separate() {
        for source in ["", "id: a\n---\nid: b\n", "---\nid: a\n--- \r\nid: b", "id: a--b"] {
            assert_eq!(within(source), None, "{source}");
        }
        for (source, line) in [
            ("id: a\nscript: |\n  ---\n", "line 3"),
            ("# -----\nid: a", "line 1"),
            ("id: a\n--- # next\nid: b", "line 2"),
            ("id: a\ndescription: a --- b", "line 2"),
        ] {
            assert!(within(source).is_some_and(|problem| problem.contains(line)), "{source}");
        }
    }
}
