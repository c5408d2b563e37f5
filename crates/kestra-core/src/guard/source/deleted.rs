//! Finds the key `deleted` at the top level of a source; false positives are preferred to misses.
//!
//! This is not a YAML parser. The top level of a document is recognized by its indentation: all its keys begin in the column
//! of the first. In a list of flows that is the top level of each item. Anything that may be the key counts as the key, whatever
//! the rest of the source is.

use super::flow_style;
use super::lines::{Breaks, Line, breaks, lines};

const KEY: &str = "deleted";

/// Returns the line of a key that may be `deleted`, with any value but a plain `false` or null.
pub(super) fn line(source: &str) -> Option<usize> {
    if !may_set(source) {
        return None;
    }
    breaks(source).iter().find_map(|rules| within(source, rules))
}

/// Returns whether a source has the key in plain letters, or anything with which YAML writes a key otherwise: an escape, an
/// alias, `? key` or a merge. Most have none of it, and this is much cheaper than to look at each line.
fn may_set(source: &str) -> bool {
    // Without an early exit the compiler compares many bytes at once.
    let has_sign = source.bytes().fold(false, |found, byte| found | matches!(byte, b'\\' | b'*' | b'?'));
    has_sign || source.contains(KEY) || source.contains("<<")
}

fn within(source: &str, rules: Breaks) -> Option<usize> {
    lines(source, rules).chunk_by(|_, next| !next.begins_document).find_map(in_document)
}

fn in_document(document: &[Line<'_>]) -> Option<usize> {
    // The column of the keys of the flow, and that of the list whose items are flows, if the document is one.
    let (mut top, mut list) = (None, None);
    for (index, line) in document.iter().enumerate() {
        let is_directive = top.is_none() && list.is_none() && line.text.starts_with('%');
        if line.is_blank() || is_directive {
            continue;
        }
        let column = |text: &str| line.column + line.text.chars().count() - text.chars().count();
        let mut key = after_properties(line.text);
        // Where the value must go on behind.
        let mut start = line.indent;
        while let Some(item) = item(key)
            && top.is_none_or(|_| list.is_some_and(|list| column(key).min(line.indent) <= list))
        {
            list = Some(column(key));
            top = None;
            // A byte order mark takes no column for some parsers.
            start = line.indent + line.text.chars().count() - item.chars().count();
            key = after_properties(item);
        }
        if key.is_empty() || key.starts_with('#') {
            // An anchor or a tag of the whole document, or an item that begins on the next line.
            continue;
        }
        if top.is_none() && key.starts_with(['{', '[']) {
            return flow_style::line(&document[index..]);
        }
        let top = *top.get_or_insert(column(key));
        if line.indent <= top && is_meant(key, start, list, &document[index + 1..]) {
            return Some(line.number);
        }
    }
    None
}

/// Returns the item of a list in block style that begins with this text.
fn item(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('-')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim_start_matches([' ', '\t']))
}

/// Returns the text after anchors and tags.
fn after_properties(mut text: &str) -> &str {
    while text.starts_with(['&', '!']) {
        // They end at a bracket too, but for a tag in full.
        let ends: &[char] = if text.starts_with("!<") { &[' ', '\t'] } else { &[' ', '\t', '{', '['] };
        text = text.find(ends).map_or("", |end| text[end..].trim_start_matches([' ', '\t']));
    }
    text
}

/// Returns whether the line may set `deleted`.
fn is_meant(key: &str, start: usize, list: Option<usize>, next: &[Line<'_>]) -> bool {
    match Key::of(key) {
        Key::Other => false,
        Key::Unclear => true,
        Key::Deleted { value } => !is_harmless(value) || goes_on(start, list, next),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Key<'a> {
    Other,
    /// Only a YAML parser could tell the key: `? key`, `*alias`, an escape, a merge.
    Unclear,
    Deleted {
        value: &'a str,
    },
}

impl<'a> Key<'a> {
    fn of(text: &'a str) -> Self {
        let is_explicit =
            text.strip_prefix('?').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if is_explicit || text.starts_with('*') {
            return Self::Unclear;
        }
        if let Some(rest) = text.strip_prefix('"') {
            let Some((key, rest)) = rest.split_once('"') else {
                return if rest.contains('\\') { Self::Unclear } else { Self::Other };
            };
            return if key.contains('\\') { Self::Unclear } else { Self::named(key, rest) };
        }
        if let Some(rest) = text.strip_prefix('\'') {
            return rest.split_once('\'').map_or(Self::Other, |(key, rest)| Self::named(key, rest));
        }
        let (key, rest) = text.split_at(text.find([' ', '\t', ':']).unwrap_or(text.len()));
        Self::named(key, rest)
    }

    fn named(key: &str, rest: &'a str) -> Self {
        let Some(value) = rest.trim_start_matches([' ', '\t']).strip_prefix(':') else { return Self::Other };
        match key {
            KEY => Self::Deleted { value },
            "<<" => Self::Unclear,
            _ => Self::Other,
        }
    }
}

/// Returns whether a value deletes nothing in any version of YAML.
fn is_harmless(value: &str) -> bool {
    let value = value.trim_start_matches([' ', '\t']);
    let comment = value.find(" #").or_else(|| value.find("\t#"));
    let value = if value.starts_with('#') { "" } else { &value[..comment.unwrap_or(value.len())] };
    value.trim_end_matches([' ', '\t']).is_empty() || is_false(value.trim_end_matches([' ', '\t']))
}

pub(super) fn is_false(word: &str) -> bool {
    matches!(word, "false" | "False" | "FALSE" | "null" | "Null" | "NULL" | "~")
}

/// Returns whether the value of a key in this column, within a list in that one, may continue on the next line.
fn goes_on(start: usize, list: Option<usize>, next: &[Line<'_>]) -> bool {
    for next in next {
        // To a parser a byte order mark within a document is text.
        let has_mark = next.column > next.indent;
        if next.is_blank() && !has_mark {
            continue;
        }
        let is_item = item(next.text).is_some() && list.is_none_or(|list| next.indent > list);
        if next.indent > start || is_item {
            return true;
        }
        if !next.is_blank() {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn whatever_may_be_the_key_is_found() {
        for (source, expected) in [
            ("deleted: true", 1),
            ("id: a\ndeleted: true\n", 2),
            ("id: a\r\ndeleted: yes\r\n", 2),
            ("id: a\rdeleted: 1", 2),
            ("id: a\u{2028}deleted: true", 1),
            ("\u{feff}deleted: true", 1),
            ("id: a\ndeleted : on # gone", 2),
            ("id: a\ndeleted\t: 'false'", 2),
            ("\"deleted\": true", 1),
            ("\"deleted\":true", 1),
            ("'deleted': true", 1),
            ("\"\\x64eleted\": true", 1),
            ("\"\\u0064\\U00000065leted\": true", 1),
            ("? deleted\n: true", 1),
            ("?\n  deleted\n: true", 1),
            ("id: a\n? \"deleted\"\n: true", 2),
            ("!!str deleted: true", 1),
            ("&a deleted: true", 1),
            ("&a !!str 'deleted': true", 1),
            ("x: &a deleted\n*a : true", 2),
            ("<<: *a\nid: b", 1),
            ("x: &a {deleted: true}\n<<: *a", 2),
            ("!!map\nid: a\ndeleted: true", 3),
            ("--- !!map\n  id: a\n  deleted: true", 3),
            ("  id: a\n  deleted: true", 2),
            ("# c\n\n%YAML 1.1\n---\ndeleted: true", 5),
            ("id: a\n---\nid: b\ndeleted: true", 4),
            ("id: a\n...\n---\n  id: b\n  deleted: true", 5),
            ("--- {deleted: true}", 1),
            ("{deleted: true}", 1),
            ("{id: a, # c\n  deleted # c\n  : true}", 2),
            ("{id: a,\n \"\\x64eleted\": true}", 1),
            ("{id: a, \"del\\\n  eted\": true}", 1),
            ("{id: a, ? deleted : true}", 1),
            ("&x {id: a, *a : true}", 1),
            ("&x{deleted: true}", 1),
            ("!x{id: a,\n deleted: true}", 2),
            ("{<<: *a}", 1),
            ("{\"id\":\"a\",\n\"deleted\":true}", 2),
            ("{\"deleted\":true, \"deleted\": false}", 1),
            ("{\"\\u0064eleted\":true}", 1),
            ("deleted:\n  true", 1),
            ("deleted:\n# c\n\n  true", 1),
            ("deleted:\n- a", 1),
            ("deleted: false\n  or true", 1),
            ("- id: a\n  deleted: true", 2),
            ("deleted: false\n  \u{feff}", 1),
            ("deleted: false\n\u{feff}# c\n\n or true", 1),
            ("- deleted: false\n   or true", 1),
            ("\u{feff}- \tdeleted: false\n    or true\n", 1),
            ("id: true\u{85}deleted: null\u{2028}", 1),
            ("id: true\u{2029}deleted: null\u{85}", 1),
            ("- deleted:\n  - true", 1),
            ("- deleted: true", 1),
            ("-\n  deleted: true", 2),
            ("- id: a\n-   id: b\n    deleted: true\n", 3),
            ("- id: a\n  tasks:\n  - id: t\n- id: b\n  deleted: yes\n", 5),
            ("- - id: a\n    deleted: true", 2),
            ("- - id: a\n  - deleted: true", 2),
            ("-   - id: a\n    - x: y\n-   - deleted: true\n", 3),
            ("  - id: a\n  - &a !!map\n    'deleted': true\n", 3),
            ("- id: a\n- {deleted: true}", 2),
            ("- {id: a,\n  deleted: true}", 2),
            ("- id: a\n- *b", 2),
            ("- id: a\n- <<: *b", 2),
            ("- \"del\\x65ted\": true", 1),
            ("--- [{deleted: true}]", 1),
            ("[{id: a},\n {deleted: true}]", 2),
            ("[{\"id\": \"a\"}, {\"deleted\": true}]", 1),
            ("[[{\"deleted\": 1}]]", 1),
            ("[deleted: true]", 1),
            ("- id: a\n---\n- id: b\n  deleted: true", 4),
            ("- id: a\n---\n[{\"deleted\": true}]", 3),
            ("deleted: |\n  a", 1),
            ("deleted: !!bool false", 1),
            ("deleted: &a false", 1),
            ("deleted: *a", 1),
            ("deleted: 0", 1),
            ("deleted: \"\"", 1),
        ] {
            assert_eq!(line(source), Some(expected), "{source:?}");
        }
    }

    #[test]
    fn what_is_not_the_key_is_left_alone() {
        for source in [
            "",
            "id: a",
            "deleted: false",
            "id: a\ndeleted: False # kept\nnamespace: b",
            "deleted:\nid: a",
            "deleted: ~",
            "\"deleted\": null\n---\nid: a",
            "deleted: # none\nid: a",
            "id: a\n# deleted: true\n",
            "id: a\ntasks:\n  - id: b\n    deleted: true\n",
            "id: a\ntasks:\n- id: b\n  deleted: true\n",
            "id: a\ndescription: |\n  deleted: true\n   ? x\n",
            "id: a\nvariables: {deleted: true}\n",
            "id: a\nvariables:\n  deleted: true\n  \"a\\tb\": c\n",
            "id: a\nvariables:\n  ? deleted\n  : true\n",
            "id: a\nvariables:\n  <<: *a\n",
            "undeleted: true\ndeleted_at: now\n",
            "id: deleted\n",
            "{id: a, deleted: false}",
            "{id: a, deleted: null , x: y}",
            "{id: a, undeleted: true}",
            "{\"id\":\"a\",\"tasks\":[{\"deleted\":true,\"x\":\"\\u0064\"}],\"deleted\":false}",
            "{\"script\": \"deleted: true, *a : b\"}",
            "- id: a\n  deleted: false\n- id: b\n",
            "- id: a\n  tasks:\n  - id: t\n    deleted: true\n- id: b\n",
            "- deleted: false\n  id: a\n-   deleted: false\n    id: b\n- deleted: null\n- id: c",
            "- id: a\n  variables: {deleted: true}\n",
            "- id: a\n  variables:\n    deleted: true\n",
            "[{\"id\": \"a\", \"tasks\": [{\"deleted\": true}]}, {\"deleted\": false}, \"deleted\", 1]",
        ] {
            assert_eq!(line(source), None, "{source:?}");
        }
    }
}
