//! Search and replace in sources: the client doesn't see the sources, only the replacement.
//!
//! A replacement is suspicious if it has the key `deleted`, or a part of it at an edge, where the source may have the rest. What
//! a replacement without any of that makes of a source, such as `true` in place of `false`, can't be told here.

use serde::Deserialize;

use super::flow_style;

const KEY: &str = "deleted";

/// The fewest letters of the key that count as a part of it.
const PART: usize = 3;

/// What of the request's body decides about the new sources.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    query: String,
    #[serde(default)]
    replacement: String,
    #[serde(default)]
    regex: Option<bool>,
}

/// Describes a replacement that may set `deleted` in a source.
pub(super) fn problem(body: &[u8]) -> Option<String> {
    // A body that is no such request is refused by the server.
    let request: Request = serde_json::from_slice(body).ok()?;
    is_suspicious(&request).then(|| {
        "the replacement may set `deleted` in a source, and a server deletes the flow of a source with `deleted: \
         true` and responds with 200: check it with `preview_source_replacement` first"
            .to_owned()
    })
}

fn is_suspicious(request: &Request) -> bool {
    let Request { query, replacement, .. } = request;
    let keeps_match = !replacement.is_empty() && query.contains(KEY);
    keeps_match || has_escape(replacement) || pieces(request).iter().any(|piece| may_set(piece))
}

/// Returns whether a double-quoted key with this text may be any key.
fn has_escape(text: &str) -> bool {
    ["\\x", "\\u", "\\U", "\\\n", "\\\r"].iter().any(|escape| text.contains(escape))
}

/// Returns the texts that the replacement puts into a source as they are. Between them are the groups of a regular expression.
fn pieces(request: &Request) -> Vec<String> {
    if request.regex != Some(true) {
        return vec![request.replacement.clone()];
    }
    let mut pieces = vec![String::new()];
    let mut characters = request.replacement.chars();
    while let Some(character) = characters.next() {
        match character {
            '$' => {
                let rest = characters.as_str();
                let end = match rest.strip_prefix('{') {
                    Some(name) => name.find('}').map_or(rest.len(), |end| end + 2),
                    None => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
                };
                characters = rest[end..].chars();
                pieces.push(String::new());
            }
            // The next character stands for itself.
            '\\' => push(&mut pieces, characters.next()),
            other => push(&mut pieces, Some(other)),
        }
    }
    pieces
}

fn push(pieces: &mut [String], character: Option<char>) {
    if let Some(piece) = pieces.last_mut() {
        piece.extend(character);
    }
}

/// Returns whether a text may set the key, with any text before and behind it.
fn may_set(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let first = text.split(|c| !is_word(c)).next().unwrap_or_default();
    let last = text.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    let is_inner = first.len() == text.len() && KEY.contains(first);
    text.contains(KEY)
        || text.contains("<<")
        || flow_style::alias(&format!("{text} :")).is_some()
        || (first.len() >= PART && (is_inner || KEY.ends_with(first)))
        || (last.len() >= PART && KEY.starts_with(last))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::problem;

    fn is_refused(query: &str, replacement: &str, regex: bool) -> bool {
        let body = json!({"query": query, "replacement": replacement, "regex": regex, "flows": []});
        problem(body.to_string().as_bytes()).is_some()
    }

    #[test]
    fn a_replacement_that_may_make_the_key_is_refused() {
        for replacement in [
            "deleted",
            "deleted: true",
            "id: a\ndeleted: true\n",
            "{id: a, deleted: true}",
            "'deleted'",
            "\"del\\x65ted\": true",
            "\"d\\u0065",
            "\\x64",
            "\"del\\\n",
            "<<: *a",
            "x\n<<",
            "*a : true",
            "? *a\n: true",
            "*a",
            "eleted",
            "ted: true",
            "dele",
            "id: a\ndele",
            "elete",
        ] {
            assert!(is_refused("x", replacement, false), "{replacement:?}");
            assert!(is_refused("x", replacement, true), "{replacement:?}");
        }
        for replacement in ["d\\eleted", "del$1", "$1eted: x", "a ${name}leted", "\n\\deleted"] {
            assert!(is_refused("x", replacement, true), "{replacement:?}");
        }
        assert!(is_refused("(deleted: )false", "$1true", true));
        assert!(is_refused("deleted: false", "x", false));
    }

    #[test]
    fn usual_replacements_pass() {
        for replacement in [
            "",
            "company.team",
            "io.kestra.plugin.core.log.Log",
            "timeout: PT10S\n    retry:",
            "*/5 * * * *",
            "{{ inputs.name }}",
            "enabled",
            "model",
            "accepted",
            "C:\\data",
            "a | b",
        ] {
            assert!(!is_refused("x", replacement, false), "{replacement:?}");
        }
        assert!(!is_refused("deleted: true", "", false));
        assert!(!is_refused("image: (.*):1.0", "image: $1:2.0", true));
        assert!(problem(b"").is_none() && problem(b"[]").is_none());
    }
}
