//! Where in a JSON text an error lies.
//!
//! The path is read off the text, not out of the decoder: a decoder that keeps track of it would be compiled once more for
//! every type that a program decodes.

use std::ops::Range;

use crate::redact::brief;

/// How many parts of a long path are shown from its start and from its end.
const ENDS: usize = 8;

/// What the text is within.
enum Frame {
    /// An object, and the key of its current value.
    Object { key: Option<Range<usize>>, expects_key: bool },
    /// A list, and the place of its current value.
    List(usize),
}

/// The path to what a decoder read last before this position, such as `taskRunList[0].state`; nothing at the top.
///
/// Lines count from 1, columns are the bytes of the line that were read: as errors of `serde_json` have it.
pub(crate) fn at(json: &[u8], line: usize, column: usize) -> Option<String> {
    let before: usize =
        json.split(|byte| *byte == b'\n').take(line.checked_sub(1)?).map(|line| line.len() + 1).sum();
    let end = json.len().min(before + column);
    let mut frames: Vec<Frame> = Vec::new();
    let mut place = 0;
    while place < end {
        match json[place] {
            b'{' => frames.push(Frame::Object { key: None, expects_key: true }),
            b'[' => frames.push(Frame::List(0)),
            b'}' | b']' => drop(frames.pop()),
            b',' => match frames.last_mut() {
                Some(Frame::List(index)) => *index += 1,
                Some(Frame::Object { expects_key, .. }) => *expects_key = true,
                None => {}
            },
            b'"' => {
                let text = text(json, place);
                place = text.end;
                if let Some(Frame::Object { key, expects_key: expects_key @ true }) = frames.last_mut() {
                    *key = Some(text);
                    *expects_key = false;
                }
            }
            _ => {}
        }
        place += 1;
    }
    Some(shown(json, &frames)).filter(|path| !path.is_empty())
}

/// What stands between the quote at this place and the next.
fn text(json: &[u8], quote: usize) -> Range<usize> {
    let mut end = quote + 1;
    while end < json.len() && json[end] != b'"' {
        end += if json[end] == b'\\' { 2 } else { 1 };
    }
    quote + 1..end.min(json.len())
}

fn shown(json: &[u8], frames: &[Frame]) -> String {
    let mut path = String::new();
    for (depth, frame) in frames.iter().enumerate() {
        // The two ends of a path are the most informative.
        if (ENDS..frames.len().saturating_sub(ENDS)).contains(&depth) {
            if depth == ENDS {
                path.push('…');
            }
            continue;
        }
        match frame {
            Frame::List(index) => path.push_str(&format!("[{index}]")),
            Frame::Object { key: Some(key), .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&brief(String::from_utf8_lossy(&json[key.clone()]), 60));
            }
            Frame::Object { key: None, .. } => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Run {
        id: String,
        #[serde(default)]
        attempts: Vec<i64>,
        #[serde(default)]
        parent: Option<Box<Run>>,
        #[serde(default)]
        others: BTreeMap<String, Run>,
    }

    fn path(json: &str) -> Option<String> {
        let problem = serde_json::from_str::<Vec<Run>>(json).unwrap_err();
        super::at(json.as_bytes(), problem.line(), problem.column())
    }

    #[test]
    fn a_value_of_another_type() {
        assert_eq!(path(r#"[{"id": "a"}, {"id": 7}]"#).as_deref(), Some("[1].id"));
        assert_eq!(path(r#"[{"id": null, "attempts": []}]"#).as_deref(), Some("[0].id"));
        assert_eq!(path(r#"[{"id": {"a": 1}}]"#).as_deref(), Some("[0].id"));
        assert_eq!(path(r#"[{"id": "a", "attempts": [1, 2, "x"]}]"#).as_deref(), Some("[0].attempts[2]"));
        assert_eq!(
            path("[\n  {\n    \"id\": \"a\",\n    \"attempts\": 3\n  }\n]").as_deref(),
            Some("[0].attempts")
        );
    }

    #[test]
    fn deep_in_maps_and_with_quotes() {
        let json = r#"[{"id": "a\"}]\\", "others": {"x,y": {"id": "b", "parent": {"id": true}}}}]"#;
        assert_eq!(path(json).as_deref(), Some("[0].others.x,y.parent.id"));
    }

    #[test]
    fn a_missing_field_is_of_its_object() {
        assert_eq!(path(r#"[{"id": "a", "parent": {"attempts": []}}]"#).as_deref(), Some("[0].parent"));
    }

    #[test]
    fn a_path_is_not_long() {
        let long = "k".repeat(1 << 20);
        let json = format!(r#"[{{"id": "a", "others": {{"{long}": {{"id": true}}}}}}]"#);
        assert_eq!(path(&json), Some(format!("[0].others.{}….id", &long[..60])));
        let deep = format!(r#"[{}{{"id": 1}}{}]"#, r#"{"id": "a", "parent": "#.repeat(30), "}".repeat(30));
        let path = path(&deep).unwrap();
        assert!(
            path.starts_with("[0].parent.parent") && path.ends_with("parent.id") && path.len() < 150,
            "{path}"
        );
        assert_eq!(path.matches('…').count(), 1, "{path}");
    }

    #[test]
    fn the_top_has_no_path() {
        assert_eq!(path("7"), None);
        assert_eq!(path(""), None);
        assert_eq!(path("{}"), None);
    }
}
