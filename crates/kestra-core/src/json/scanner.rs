//! The first reader: from the bytes of well-formed JSON straight into the shapes.
//!
//! It knows no errors. Where a document is not JSON, doesn't fit the type or is nested deep, it gives up, and the document is
//! read from the start by another reader, whose value or error counts.

use serde::de::IgnoredAny;
use serde_json::de::SliceRead;
use serde_json::{Map as JsonMap, StreamDeserializer, Value};

use super::numbers::{self, Number};
use super::target::{Target, place};
use super::{List, Map, Object, ScalarValue, Shape, strings};

/// How deep arrays and objects may be nested, as for `serde_json`: each level takes stack.
const DEPTH: usize = 127;

/// Reads a document into a shape that is blank; `None` if another reader has to.
pub(super) fn scan(json: &[u8], shape: Shape<'_>) -> Option<()> {
    let json = std::str::from_utf8(json).ok()?;
    let mut scanner = Scanner { json, at: 0, depth: 0, unescaped: Vec::new() };
    scanner.read(Target::Root(shape))?;
    (scanner.peek().is_none() && scanner.at == json.len()).then_some(())
}

struct Scanner<'a> {
    json: &'a str,
    at: usize,
    depth: usize,
    /// The text of the last string with escapes.
    unescaped: Vec<u8>,
}

impl Scanner<'_> {
    fn rest(&self) -> &[u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Returns the next byte that is not white space, without consuming it.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.json.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let is_next = self.peek()? == byte;
        self.at += 1;
        is_next.then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += word.len();
        is_next.then_some(())
    }

    /// Reads a string, whose quote is next.
    #[inline]
    fn string(&mut self) -> Option<&str> {
        let start = self.at + 1;
        let length = strings::plain_length(self.json.as_bytes().get(start..)?);
        let end = start + length;
        match self.json.as_bytes().get(end)? {
            b'"' => {
                self.at = end + 1;
                self.json.get(start..end)
            }
            b'\\' => self.string_with_escapes(start),
            _ => None,
        }
    }

    fn string_with_escapes(&mut self, start: usize) -> Option<&str> {
        let text = self.json.as_bytes().get(start..)?;
        let text = &text[..strings::length(text)?];
        self.at = start + text.len() + 1;
        self.unescaped.clear();
        strings::unescape(text, &mut self.unescaped)?;
        std::str::from_utf8(&self.unescaped).ok()
    }

    /// Reads the next value.
    fn read(&mut self, target: Target<'_>) -> Option<()> {
        let value = match self.peek()? {
            b'"' => ScalarValue::Text(self.string()?),
            b'{' => return self.nested(|scanner| scanner.object(target.open().for_object())),
            b'[' => return self.nested(|scanner| scanner.list(target.open().for_list())),
            b'n' => {
                self.word("null")?;
                return target.null().ok();
            }
            b't' => {
                self.word("true")?;
                ScalarValue::Flag(true)
            }
            b'f' => {
                self.word("false")?;
                ScalarValue::Flag(false)
            }
            _ => {
                let text = self.json.get(self.at..self.at + numbers::length(self.rest()))?;
                self.at += text.len();
                match Number::of(text)? {
                    Number::Natural(natural) => ScalarValue::Natural(natural),
                    Number::Integer(integer) => ScalarValue::Integer(integer),
                    Number::Float(float) => ScalarValue::Float(float),
                    Number::Large(digits) => ScalarValue::Text(digits),
                    Number::Far(text) => {
                        target.out_of_range(text);
                        return Some(());
                    }
                }
            }
        };
        target.scalar(value).ok()
    }

    /// Reads what is between brackets, the first of which is next.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.depth == DEPTH {
            return None;
        }
        self.at += 1;
        self.depth += 1;
        read(self)?;
        self.depth -= 1;
        Some(())
    }

    /// Returns whether another element or entry is next, and not the end.
    #[inline]
    fn has_next(&mut self, end: u8, is_first: &mut bool) -> Option<bool> {
        let next = self.peek()?;
        if next == end {
            self.at += 1;
            return Some(false);
        }
        if !std::mem::take(is_first) {
            self.take(b',')?;
        }
        Some(true)
    }

    fn list(&mut self, shape: Shape<'_>) -> Option<()> {
        match shape {
            Shape::List(list) => self.elements(list),
            Shape::Value(value) => {
                *value = self.free_list()?;
                Some(())
            }
            Shape::FromValue(target) => target.set_value(self.free_list()?).ok(),
            _ => None,
        }
    }

    fn object(&mut self, shape: Shape<'_>) -> Option<()> {
        match shape {
            Shape::Object(object) => self.fields(object),
            Shape::Map(map) => self.entries(map),
            Shape::Value(value) => {
                *value = self.free_object()?.into();
                Some(())
            }
            Shape::Fields(all) => {
                *all = self.free_object()?;
                Some(())
            }
            Shape::FromValue(target) => target.set_value(self.free_object()?.into()).ok(),
            _ => None,
        }
    }

    fn elements(&mut self, list: &mut dyn List) -> Option<()> {
        let mut is_first = true;
        while self.has_next(b']', &mut is_first)? {
            self.read(Target::Element(&mut *list))?;
        }
        Some(())
    }

    fn fields(&mut self, object: &mut dyn Object) -> Option<()> {
        let names = object.names();
        let (mut is_first, mut next) = (true, 0);
        while self.has_next(b'}', &mut is_first)? {
            let place = self.field_name(names, next)?;
            match object.field(place) {
                Some(field) => {
                    self.read(Target::Field(field))?;
                    next = place + 1;
                }
                None => self.skip()?,
            }
        }
        Some(())
    }

    /// Reads the name of a field, and the colon after it, as the place in the table.
    fn field_name(&mut self, names: &[&str], next: usize) -> Option<usize> {
        self.peek().filter(|byte| *byte == b'"')?;
        // A guess costs less than to find the end of the name.
        if let Some(guess) = names.get(next)
            && let Some(rest) = self.rest()[1..].strip_prefix(guess.as_bytes())
            && rest.starts_with(b"\":")
        {
            self.at += guess.len() + 3;
            return Some(next);
        }
        let place = place(names, next, self.string()?);
        self.take(b':')?;
        Some(place)
    }

    fn key(&mut self) -> Option<String> {
        self.peek().filter(|byte| *byte == b'"')?;
        let key = self.string()?.to_owned();
        self.take(b':')?;
        Some(key)
    }

    fn entries(&mut self, map: &mut dyn Map) -> Option<()> {
        let mut is_first = true;
        while self.has_next(b'}', &mut is_first)? {
            let key = self.key()?;
            self.read(Target::Entry(&mut *map, key))?;
        }
        Some(())
    }

    fn free(&mut self) -> Option<Value> {
        let mut value = Value::Null;
        self.read(Target::Root(Shape::Value(&mut value)))?;
        Some(value)
    }

    fn free_list(&mut self) -> Option<Value> {
        let (mut is_first, mut list) = (true, Vec::new());
        while self.has_next(b']', &mut is_first)? {
            list.push(self.free()?);
        }
        Some(Value::Array(list))
    }

    fn free_object(&mut self) -> Option<JsonMap<String, Value>> {
        let (mut is_first, mut object) = (true, JsonMap::new());
        while self.has_next(b'}', &mut is_first)? {
            let key = self.key()?;
            let value = self.free()?;
            object.insert(key, value);
        }
        Some(object)
    }

    /// Skips a value of any depth.
    fn skip(&mut self) -> Option<()> {
        let mut values = StreamDeserializer::<_, IgnoredAny>::new(SliceRead::new(self.rest()));
        values.next()?.ok()?;
        let length = values.byte_offset();
        self.at += length;
        Some(())
    }
}
