//! Documents in flow style, `{id: a, deleted: true}` or a list of such, JSON among them.
//!
//! JSON is parsed. In any other text the key is searched for at any depth, since only a YAML parser could tell the depth.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::deleted::is_false;
use super::lines::Line;

/// Returns the line of a key that may be `deleted`, with any value but a plain `false` or null.
pub(super) fn line(document: &[Line<'_>]) -> Option<usize> {
    let first = document.first()?.number;
    let text = document.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    if in_json(&text) == Some(false) {
        return None;
    }
    // If escapes hide the key, the source doesn't contain it literally and the line isn't known.
    let place = find(&text).map(|at| text[..at].matches('\n').count());
    let line = place.and_then(|index| document.get(index)).map(|line| line.number);
    line.or_else(|| (in_json(&text) == Some(true) || find(&unescape(&text)).is_some()).then_some(first))
}

/// Returns whether a JSON object, or one in a JSON array, sets the key, or `None` if the text is not JSON.
fn in_json(text: &str) -> Option<bool> {
    let mut json = serde_json::Deserializer::from_str(text);
    let sets = SetsDeleted.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(sets)
}

/// Reads whether a value is an object with the key, or a list that has one.
struct SetsDeleted;

impl<'de> DeserializeSeed<'de> for SetsDeleted {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<bool, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SetsDeleted {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut sets = false;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "deleted" {
                sets |= !matches!(map.next_value::<Value>()?, Value::Null | Value::Bool(false));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(sets)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<bool, A::Error> {
        let mut sets = false;
        while let Some(item) = items.next_element_seed(Self)? {
            sets |= item;
        }
        Ok(sets)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}

/// Returns the position at which something may set the key.
fn find(text: &str) -> Option<usize> {
    named(text, "deleted", |value| !is_harmless(value))
        .or_else(|| named(text, "<<", |_| true))
        .or_else(|| alias(text))
}

/// Returns the position at which the name is a key, plain or quoted, with a value that matters.
fn named(text: &str, name: &str, matters: impl Fn(&str) -> bool) -> Option<usize> {
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let is_whole =
            before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '/' | '$'));
        let after = &text[at + name.len()..];
        let after = after.strip_prefix(['"', '\'']).unwrap_or(after);
        is_whole && skip(after).strip_prefix(':').is_some_and(&matters)
    })
}

/// Returns the position at which an alias is a key.
pub(super) fn alias(text: &str) -> Option<usize> {
    text.match_indices('*').map(|(at, _)| at).find(|at| {
        let after = &text[at + 1..];
        let (name, rest) =
            after.split_at(after.find([' ', '\t', '\n', ',', '{', '}', '[', ']']).unwrap_or(after.len()));
        !name.is_empty() && (name.contains(':') || skip(rest).starts_with(':'))
    })
}

/// Returns whether a value is a plain `false` or null, and ends there.
fn is_harmless(value: &str) -> bool {
    let value = skip(value);
    let (word, rest) = value.split_at(value.find([' ', '\t', '\n', ',', '}']).unwrap_or(value.len()));
    (word.is_empty() || is_false(word)) && skip(rest).starts_with([',', '}'])
}

/// Returns the text after whitespace and comments.
fn skip(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches([' ', '\t', '\n']);
        if !text.starts_with('#') {
            return text;
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

/// Replaces the escapes of quoted strings: characters by number, and escaped line breaks.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut characters = after.chars();
        let digits = match characters.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('\n') => {
                rest = characters.as_str().trim_start_matches([' ', '\t', '\n']);
                continue;
            }
            _ => {
                plain.push(char::REPLACEMENT_CHARACTER);
                rest = characters.as_str();
                continue;
            }
        };
        let after = characters.as_str();
        let code = after.get(..digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        plain.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = if code.is_some() { &after[digits..] } else { after };
    }
    plain + rest
}
