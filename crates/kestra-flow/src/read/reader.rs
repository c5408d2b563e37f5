//! Trees from the events of a parser.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag};

use super::ParseError;
use super::plain::{self, Unreadable};
use super::tree::{Entry, Tree, Value};
use crate::Node;

/// The documents of a source, or the first alone.
pub(super) fn read(source: &str, only_first: bool) -> Result<Vec<Tree>, ParseError> {
    check_characters(source)?;
    // The one break of YAML 1.1 that a parser of YAML 1.2 takes for text, and that ends most lines if it is there. This one has
    // as many bytes.
    let source =
        &*if source.contains('\u{85}') { source.replace('\u{85}', "\r\n").into() } else { Cow::from(source) };
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: true,
    };
    let mut reader = Reader { source, open: Vec::new(), root: None };
    let mut documents = Vec::new();
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| {
            ParseError::new(source, error.info(), error.marker().line(), error.marker().col() + 1)
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

/// How deep lists and maps may be nested, so that any that is read can be written.
const DEPTH: usize = 250;

struct Reader<'a> {
    source: &'a str,
    /// Collections that have begun, the innermost last.
    open: Vec<Open>,
    /// The document, once it is complete.
    root: Option<Tree>,
}

/// A collection that has begun.
struct Open {
    start: usize,
    is_flow: bool,
    children: Children,
}

enum Children {
    Items(Vec<Tree>),
    Entries { entries: Vec<Entry>, key: Option<(String, Range<usize>)> },
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), ParseError> {
        let range = span.byte_range().unwrap_or_default();
        if let Some(Children::Entries { key: key @ None, .. }) =
            self.open.last_mut().map(|open| &mut open.children)
        {
            match event {
                Event::Scalar(text, ..) => {
                    // An absent key is told as null.
                    let name = if span.is_empty() { String::new() } else { text.into_owned() };
                    *key = Some((name, range));
                    return Ok(());
                }
                event if event.is_node() => return Err(self.error(&no_name(&event), span)),
                _ => {}
            }
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                let node = scalar(text, style, tag.as_deref())
                    .map_err(|Unreadable(cause)| self.error(&cause, span))?;
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let range = if is_block { self.block_range(range, &node) } else { range };
                self.put(Tree { value: Value::Scalar { node, is_block }, range });
            }
            // The name, also where the anchor is known.
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = span.slice(self.source).unwrap_or_default();
                let node = Node::from(name.strip_prefix('*').unwrap_or(name));
                self.put(Tree { value: Value::Scalar { node, is_block: false }, range });
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if self.open.len() == DEPTH => {
                return Err(self.error(&format!("lists and maps are nested more than {DEPTH} deep"), span));
            }
            Event::SequenceStart(style, ..) => self.begin(style, range, Children::Items(Vec::new())),
            Event::MappingStart(style, ..) => {
                self.begin(style, range, Children::Entries { entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.put(open.close(range.end));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, style: StructureStyle, range: Range<usize>, children: Children) {
        self.open.push(Open { start: range.start, is_flow: style == StructureStyle::Flow, children });
    }

    fn put(&mut self, tree: Tree) {
        match self.open.last_mut().map(|open| &mut open.children) {
            Some(Children::Items(items)) => items.push(tree),
            Some(Children::Entries { entries, key }) => {
                if let Some((key, range)) = key.take() {
                    entries.push(Entry { key, range, tree });
                }
            }
            None => self.root = Some(tree),
        }
    }

    /// The range of a block scalar up to its last line, without that line's break and without what comes before the next token.
    fn block_range(&self, range: Range<usize>, node: &Node) -> Range<usize> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let mut end = range.start + text.trim_end_matches([' ', '\n', '\r']).len();
        let value = node.as_str().unwrap_or_default();
        // Line breaks that are kept.
        for _ in 1..value.len() - value.trim_end_matches('\n').len() {
            end += self.source[end..].find('\n').map_or(0, |length| length + 1);
        }
        range.start..end
    }

    fn error(&self, cause: &str, span: &Span) -> ParseError {
        ParseError::new(self.source, cause, span.start.line(), span.start.col() + 1)
    }
}

impl Open {
    /// The collection, whose last character is before `end` in flow style; else it ends with its last child.
    fn close(self, end: usize) -> Tree {
        let is_flow = self.is_flow;
        let (value, last) = match self.children {
            Children::Items(items) => {
                let last = items.last().map(|item| item.range.end);
                (Value::List { is_flow, items }, last)
            }
            Children::Entries { entries, .. } => {
                let last = entries.last().map(|entry| entry.tree.range.end.max(entry.range.end));
                (Value::Map { is_flow, entries }, last)
            }
        };
        let end = if is_flow { end } else { last.unwrap_or(end) };
        Tree { value, range: self.start..end.max(self.start) }
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, Unreadable> {
    match tag {
        Some(tag) => plain::tagged(tag.core_suffix(), text),
        None if style == ScalarStyle::Plain => plain::untagged(text),
        None => Ok(Node::String(text.into_owned())),
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
fn check_characters(source: &str) -> Result<(), ParseError> {
    let is_special = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let Some(at) = source.find(is_special) else { return Ok(()) };
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Err(ParseError::new(source, "special characters are not allowed", line, column))
}
