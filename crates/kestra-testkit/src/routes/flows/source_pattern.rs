//! What a search in sources looks for, as 2.0 reads it: options, scope, and replacements in the syntax of Java.

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

use crate::http::{ApiError, Context};

/// The parts of a source that a search can be limited to.
const SCOPES: &[&str] = &["ALL", "INPUTS", "TASKS", "TRIGGERS"];

/// The most matches of one source.
const MOST_MATCHES: usize = 500;

/// A line that begins a part of a source.
static TOP_LEVEL_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z_][\w-]*:").ok());

/// What is looked for, and where.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    /// Whether the replacement may refer to groups.
    has_groups: bool,
    /// The key of the part that is searched; the whole source without one.
    scope: Option<String>,
}

/// A match in a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// Number of the line, counted from 1.
    pub(super) line: usize,
    /// Where it begins in the line, in UTF-16 units, counted from 0.
    pub(super) column: usize,
    /// The line.
    pub(super) text: String,
    /// The line with marks around the match.
    pub(super) marked: String,
}

impl Pattern {
    /// The pattern of the query of a request.
    pub(super) fn of_query(cx: &Context, text: &str) -> Result<Self, ApiError> {
        let query = cx.query();
        let scope = query.word("scope", SCOPES, "io.kestra.core.models.flows.SourceSearchScope")?;
        let flag = |name: &str| query.flag(name);
        Self::new(text, [flag("caseSensitive"), flag("wholeWord"), flag("regex")], scope)
    }

    /// The pattern of the body of a request.
    pub(super) fn of_body(body: &Value) -> Result<Self, ApiError> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
        let scope = text("scope").map(ToOwned::to_owned);
        if let Some(scope) = scope.as_deref().filter(|scope| !SCOPES.contains(scope)) {
            return Err(ApiError::new(422, format!("Invalid json: `scope` can't be {scope}")));
        }
        let flags = [flag("caseSensitive"), flag("wholeWord"), flag("regex")];
        Self::new(text("query").unwrap_or_default(), flags, scope)
    }

    fn new(
        text: &str,
        [case_sensitive, whole_word, is_regex]: [bool; 3],
        scope: Option<String>,
    ) -> Result<Self, ApiError> {
        let base = if is_regex { text.to_owned() } else { regex::escape(text) };
        let pattern = if whole_word { format!(r"\b(?:{base})\b") } else { base };
        let regex = RegexBuilder::new(&pattern).case_insensitive(!case_sensitive).build();
        let regex = regex.map_err(|error| ApiError::bad_request(error.to_string()))?;
        let scope = scope.filter(|scope| scope != "ALL").map(|scope| scope.to_lowercase());
        Ok(Self { regex, has_groups: is_regex, scope })
    }

    /// The matches in a source.
    pub(super) fn matches(&self, source: &str) -> Vec<Match> {
        let Some(scope) = self.range(source) else { return Vec::new() };
        let found = self.regex.find_iter(source).take(MOST_MATCHES);
        let found = found.filter(|one| scope.contains(&one.start()) || one.start() == source.len());
        found
            .map(|one| {
                let before = source.get(..one.start()).unwrap_or_default();
                let begin = before.rfind('\n').map_or(0, |at| at + 1);
                let rest = source.get(one.start()..).unwrap_or_default();
                let end = rest.find('\n').map_or(source.len(), |at| one.start() + at);
                let part = |from: usize, to: usize| source.get(from..to).unwrap_or_default();
                let marked_to = one.end().min(end);
                Match {
                    line: before.matches('\n').count() + 1,
                    column: utf16_length(part(begin, one.start())),
                    text: part(begin, end).to_owned(),
                    marked: format!(
                        "{}[mark]{}[/mark]{}",
                        part(begin, one.start()),
                        part(one.start(), marked_to),
                        part(marked_to, end)
                    ),
                }
            })
            .collect()
    }

    /// A source with all matches replaced.
    pub(super) fn replace(&self, source: &str, replacement: &Replacement) -> String {
        let Some(range) = self.range(source) else { return source.to_owned() };
        let part = |range: std::ops::Range<usize>| source.get(range).unwrap_or_default();
        let replaced = self.replace_text(part(range.clone()), replacement);
        format!("{}{replaced}{}", part(0..range.start), part(range.end..source.len()))
    }

    /// A text with all matches replaced, wherever it stands.
    pub(super) fn replace_text(&self, text: &str, replacement: &Replacement) -> String {
        self.regex.replace_all(text, |captures: &Captures<'_>| replacement.expand(captures)).into_owned()
    }

    /// A line with the match replaced that begins at a column; none without one.
    pub(super) fn replace_at(&self, line: &str, column: usize, replacement: &Replacement) -> Option<String> {
        let begins = line.char_indices().map(|(at, _)| at).chain([line.len()]);
        let at = begins.into_iter().find(|at| utf16_length(line.get(..*at).unwrap_or_default()) == column)?;
        let captures = self.regex.captures_at(line, at)?;
        let own = captures.get(0).filter(|own| own.start() == at)?;
        let (before, after) = (line.get(..at)?, line.get(own.end()..)?);
        Some(format!("{before}{}{after}", replacement.expand(&captures)))
    }

    /// The replacement of a request; 400 if it names a group that the pattern doesn't have.
    pub(super) fn replacement(&self, text: &str) -> Result<Replacement, ApiError> {
        Replacement::read(text, self.has_groups.then_some(&self.regex))
    }

    /// The bytes of the part that is searched; none if the source doesn't have it.
    fn range(&self, source: &str) -> Option<std::ops::Range<usize>> {
        let Some(key) = &self.scope else { return Some(0..source.len()) };
        let top_level = TOP_LEVEL_KEY.as_ref()?;
        let (mut at, mut start) = (0, None);
        for line in source.split_inclusive('\n') {
            if top_level.is_match(line) {
                match start {
                    Some(start) => return Some(start..at),
                    None if line.starts_with(&format!("{key}:")) => start = Some(at),
                    None => {}
                }
            }
            at += line.len();
        }
        start.map(|start| start..source.len())
    }
}

fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is put in the place of a match.
#[derive(Debug)]
pub(super) struct Replacement {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    fn read(text: &str, groups: Option<&Regex>) -> Result<Self, ApiError> {
        let Some(groups) = groups else { return Ok(Self { parts: vec![Part::Text(text.to_owned())] }) };
        let wrong = |what: &str| ApiError::bad_request(format!("Invalid replacement: {what}"));
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\\' {
                plain.push(chars.next().ok_or_else(|| wrong("character to be escaped is missing"))?);
                continue;
            }
            if c != '$' {
                plain.push(c);
                continue;
            }
            let group = match chars.next() {
                Some('{') => {
                    let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    groups.capture_names().position(|own| own == Some(name.as_str()))
                }
                Some(digit) => {
                    let mut number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                    // More digits belong to it as long as there is such a group.
                    while let (Some(so_far), Some(next)) = (number, chars.peek().and_then(|c| c.to_digit(10)))
                    {
                        let longer = so_far * 10 + usize::try_from(next).unwrap_or_default();
                        if longer >= groups.captures_len() {
                            break;
                        }
                        number = Some(longer);
                        chars.next();
                    }
                    number.filter(|number| *number < groups.captures_len())
                }
                None => None,
            };
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Group(group.ok_or_else(|| wrong("there is no such group"))?));
        }
        parts.push(Part::Text(plain));
        Ok(Self { parts })
    }

    fn expand(&self, captures: &Captures<'_>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Group(number) => {
                captures.get(*number).map(|own| own.as_str().to_owned()).unwrap_or_default()
            }
        };
        self.parts.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Pattern;

    const SOURCE: &str = "id: a\ninputs:\n  - id: log\ntasks:\n  - id: log\n    message: Log log logs\n";

    fn replaced(body: &serde_json::Value, by: &str) -> Option<String> {
        let pattern = Pattern::of_body(body).ok()?;
        let replacement = pattern.replacement(by).ok()?;
        Some(pattern.replace(SOURCE, &replacement))
    }

    #[test]
    fn options_narrow_what_is_found() {
        let lines = |body: serde_json::Value| -> Vec<(usize, usize)> {
            let found = Pattern::of_body(&body).ok().map(|pattern| pattern.matches(SOURCE));
            found.unwrap_or_default().iter().map(|one| (one.line, one.column)).collect()
        };
        assert_eq!(lines(json!({"query": "log"})), [(3, 8), (5, 8), (6, 13), (6, 17), (6, 21)]);
        assert_eq!(lines(json!({"query": "Log", "caseSensitive": true})), [(6, 13)]);
        assert_eq!(
            lines(json!({"query": "log", "wholeWord": true, "scope": "TASKS"})),
            [(5, 8), (6, 13), (6, 17)]
        );
        assert_eq!(lines(json!({"query": "log", "scope": "INPUTS"})), [(3, 8)]);
        assert_eq!(lines(json!({"query": "log", "scope": "TRIGGERS"})), []);
        assert_eq!(lines(json!({"query": "l.g", "regex": false})), []);
        assert_eq!(lines(json!({"query": "id:\\s*a\\n", "regex": true})), [(1, 0)]);
    }

    #[test]
    fn a_replacement_is_one_of_java() {
        let regex = json!({"query": "(?<verb>l)(o)g", "regex": true, "scope": "INPUTS"});
        for (by, expected) in [("$2$1", "ol"), ("${verb}$0", "llog"), ("\\$1", "$1"), ("$23", "o3")] {
            let expected = SOURCE.replacen("log", expected, 1);
            assert_eq!(replaced(&regex, by).as_deref(), Some(expected.as_str()), "{by}");
        }
        for wrong in ["$3", "$", "${noun}", "\\", "$x"] {
            assert_eq!(replaced(&regex, wrong), None, "{wrong}");
        }
        let literal = json!({"query": "log", "scope": "INPUTS"});
        assert_eq!(replaced(&literal, "$9\\").as_deref(), Some(SOURCE.replacen("log", "$9\\", 1).as_str()));
    }

    #[test]
    fn one_match_is_replaced_by_its_column() {
        let pattern = Pattern::of_body(&json!({"query": "log"})).unwrap();
        let replacement = pattern.replacement("x").unwrap();
        // A letter outside the basic plane counts twice, as in Java.
        let at = |column| pattern.replace_at("😀 log log", column, &replacement);
        assert_eq!(at(3).as_deref(), Some("😀 x log"));
        assert_eq!(at(7).as_deref(), Some("😀 log x"));
        assert_eq!((at(2), at(50)), (None, None));
    }
}
