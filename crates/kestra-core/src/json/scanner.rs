//! The scanner: from the text of JSON straight into the shapes.

use serde::de::IgnoredAny;
use serde_json::de::SliceRead;
use serde_json::{Map as JsonMap, StreamDeserializer, Value};

use super::numbers::{self, Number};
use super::target::{Mismatch, Target, place};
use super::{List, Map, Object, ScalarValue, Shape, strings};

/// How deep arrays and objects may be nested: each level takes stack.
pub(super) const DEPTH: usize = 512;

/// Reads a document into a shape that is blank.
pub(super) fn scan(json: &str, shape: Shape<'_>) -> Result<(), Failure> {
    let mut scanner = Scanner::new(json);
    let read = scanner.read(Target::Root(shape));
    match read.filter(|()| scanner.peek().is_none() && scanner.at == json.len()) {
        Some(()) => Ok(()),
        None => Err(Failure { at: scanner.at, kind: scanner.failure }),
    }
}

/// Why a document can't be read, and after how many bytes that shows.
pub(super) struct Failure {
    pub(super) at: usize,
    pub(super) kind: FailureKind,
}

pub(super) enum FailureKind {
    Syntax,
    TooDeep,
    /// A value doesn't fit the type, with the reason.
    Mismatch(String),
}

struct Scanner<'a> {
    json: &'a str,
    at: usize,
    depth: usize,
    /// The text of the last string with escapes.
    unescaped: Vec<u8>,
    failure: FailureKind,
}

impl<'a> Scanner<'a> {
    fn new(json: &'a str) -> Self {
        Self { json, at: 0, depth: 0, unescaped: Vec::new(), failure: FailureKind::Syntax }
    }

    /// Keeps why the document can't be read.
    #[cold]
    fn fail(&mut self, failure: FailureKind) -> Option<()> {
        self.failure = failure;
        None
    }

    fn accept(&mut self, result: Result<(), String>) -> Option<()> {
        match result {
            Ok(()) => Some(()),
            Err(reason) => self.fail(FailureKind::Mismatch(reason)),
        }
    }

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
                let read = target.null();
                return self.accept(read.map_err(|mismatch| mismatch.describe(ScalarValue::Null)));
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
        match target.scalar(value) {
            Ok(()) => Some(()),
            Err(mismatch) => {
                let reason = mismatch.describe(value);
                self.fail(FailureKind::Mismatch(reason))
            }
        }
    }

    /// Reads what is between brackets, the first of which is next.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.depth == DEPTH {
            return self.fail(FailureKind::TooDeep);
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
            Shape::FromValue(target) => {
                let list = self.free_list()?;
                self.accept(target.set_value(list))
            }
            other => self.accept(Err(Mismatch::unfit(other.expected(), "a list"))),
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
            Shape::FromValue(target) => {
                let object = self.free_object()?;
                self.accept(target.set_value(object.into()))
            }
            other => self.accept(Err(Mismatch::unfit(other.expected(), "an object"))),
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

/// Returns the text of the value that an object has under a name, the last one if there are several, as elsewhere.
pub(super) fn member<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut scanner = Scanner::new(std::str::from_utf8(json).ok()?);
    let mut found = None;
    scanner.take(b'{')?;
    let mut is_first = true;
    while scanner.has_next(b'}', &mut is_first)? {
        let key = scanner.key()?;
        scanner.peek()?;
        let start = scanner.at;
        scanner.skip()?;
        if key == name {
            found = Some(&json[start..scanner.at]);
        }
    }
    found
}

/// Returns how deep the arrays and objects of a document are nested.
pub(super) fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
