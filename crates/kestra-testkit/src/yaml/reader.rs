//! Values from the events of a parser.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::YamlError;
use super::plain::{self, Unreadable};

/// The first document, if there is one.
pub(super) fn read(source: &str) -> Result<Option<Value>, YamlError> {
    Reader::each(source, true).map(|documents| documents.into_iter().next())
}

/// All documents.
pub(super) fn read_all(source: &str) -> Result<Vec<Value>, YamlError> {
    Reader::each(source, false)
}

struct Reader<'a> {
    source: &'a str,
    /// Collections that have begun, the innermost last.
    open: Vec<Open>,
    /// The document, once it is complete.
    root: Option<Value>,
}

enum Open {
    Sequence(Vec<Value>),
    Mapping { entries: Map<String, Value>, key: Option<String> },
}

impl Reader<'_> {
    fn each(source: &str, only_first: bool) -> Result<Vec<Value>, YamlError> {
        check_characters(source)?;
        // The one break of YAML 1.1 that a parser of YAML 1.2 takes for text, and that ends most lines if it is there.
        let source = &*if source.contains('\u{85}') {
            source.replace('\u{85}', "\n").into()
        } else {
            Cow::from(source)
        };
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
        };
        let mut reader = Reader { source, open: Vec::new(), root: None };
        let mut documents = Vec::new();
        for event in Parser::new_from_str_with_options(source, options) {
            let (event, span) = event.map_err(|error| {
                YamlError::new(source, error.info(), error.marker().line(), error.marker().col() + 1)
            })?;
            reader.take(event, &span)?;
            if let Some(document) = reader.root.take() {
                documents.push(document);
                if only_first {
                    break;
                }
            }
        }
        Ok(documents)
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        if self.expects_key() {
            match event {
                Event::Scalar(text, ..) => {
                    // An absent key is told as null.
                    self.set_key(if span.is_empty() { String::new() } else { text.into_owned() });
                    return Ok(());
                }
                event if event.is_node() => return Err(self.error(&no_name(&event), span)),
                _ => {}
            }
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                let value = scalar(text, style, tag.as_deref())
                    .map_err(|Unreadable(cause)| self.error(&cause, span))?;
                self.put(value);
            }
            // The name, also where the anchor is known.
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = span.slice(self.source).unwrap_or_default();
                self.put(Value::from(name.strip_prefix('*').unwrap_or(name)));
            }
            Event::SequenceStart(..) => self.open.push(Open::Sequence(Vec::new())),
            Event::MappingStart(..) => self.open.push(Open::Mapping { entries: Map::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::Sequence(items)) => self.put(Value::Array(items)),
                Some(Open::Mapping { entries, .. }) => self.put(Value::Object(entries)),
                None => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { key: None, .. }))
    }

    fn set_key(&mut self, name: String) {
        if let Some(Open::Mapping { key, .. }) = self.open.last_mut() {
            *key = Some(name);
        }
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping { entries, key }) => {
                if let Some(key) = key.take() {
                    entries.insert(key, value);
                }
            }
            None => self.root = Some(value),
        }
    }

    fn error(&self, cause: &str, span: &Span) -> YamlError {
        YamlError::new(self.source, cause, span.start.line(), span.start.col() + 1)
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Unreadable> {
    match tag {
        Some(tag) => plain::tagged(tag.core_suffix(), text),
        None if style == ScalarStyle::Plain => plain::untagged(text),
        None => Ok(Value::from(text.into_owned())),
    }
}

fn no_name(event: &Event<'_>) -> String {
    let found = match event {
        Event::Alias(_) | Event::UnresolvedAlias(_) => "AliasEvent",
        Event::SequenceStart(..) => "SequenceStartEvent",
        _ => "MappingStartEvent",
    };
    format!(
        "Expected a field name (Scalar value in YAML), got this instead: <org.yaml.snakeyaml.events.{found}>"
    )
}

/// Refuses the characters that YAML 1.1 has no place for.
fn check_characters(source: &str) -> Result<(), YamlError> {
    let is_special = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let Some(at) = source.find(is_special) else { return Ok(()) };
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Err(YamlError::new(source, "special characters are not allowed", line, column))
}
