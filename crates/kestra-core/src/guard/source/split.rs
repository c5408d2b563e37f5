//! Sources of several flows, which the server splits at every `---`.

const MARK: &str = "---";

/// Describes the first mark that isn't a line of its own.
pub(super) fn problem(source: &str) -> Option<String> {
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
    use super::problem;

    #[test]
    fn only_lines_of_their_own_separate() {
        for source in ["", "id: a\n---\nid: b\n", "---\nid: a\n--- \r\nid: b", "id: a--b"] {
            assert_eq!(problem(source), None, "{source}");
        }
        for (source, line) in [
            ("id: a\nscript: |\n  ---\n", "line 3"),
            ("# -----\nid: a", "line 1"),
            ("id: a\n--- # next\nid: b", "line 2"),
            ("id: a\ndescription: a --- b", "line 2"),
        ] {
            assert!(problem(source).is_some_and(|text| text.contains(line)), "{source}");
        }
    }
}
