//! The lenient reader: a slower second pass over documents that the first pass can't read.
//!
//! Servers send what `serde_json` refuses or rounds: halves of surrogate pairs, numbers that no `f64` has, deep nesting, and
//! integers over 64 bits. Here the first are read as U+FFFD, and numbers that would lose something as their text.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::de::SliceRead;
use serde_json::{Error, StreamDeserializer};

use super::numbers::{self, Number};
use super::strings;

/// How deep arrays and objects may be nested.
pub(super) const DEPTH: usize = 512;

/// A reader of a document.
pub(super) struct Lenient<'a> {
    json: &'a [u8],
    at: usize,
    depth: usize,
    fault: Option<Fault>,
}

/// Why a document is not JSON, independently of the type that it is read into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Syntax,
    TooDeep,
}

impl<'a> Lenient<'a> {
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0, depth: 0, fault: None }
    }

    /// Returns the position of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Checks that nothing follows the document.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.syntax("more follows the document")),
        }
    }

    fn syntax(&mut self, problem: &str) -> Error {
        self.fault = Some(Fault::Syntax);
        Error::custom(problem)
    }

    /// Returns the next byte that is not white space, without consuming it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.json.get(self.at..)?;
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
        self.json.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return Err(self.syntax("a character is missing"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.json[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax("expected a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<Number<'a>, Error> {
        let rest = &self.json[self.at..];
        let text = std::str::from_utf8(&rest[..numbers::length(rest)]).unwrap_or_default();
        self.at += text.len();
        Number::of(text).ok_or_else(|| self.syntax("invalid number"))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        let start = self.at + 1;
        let Some(length) = strings::length(&self.json[start..]) else {
            return Err(self.syntax("a string has no end or a control character"));
        };
        let text = &self.json[start..start + length];
        self.at = start + length + 1;
        if !text.contains(&b'\\') {
            return Ok(String::from_utf8_lossy(text));
        }
        let mut kept = Vec::with_capacity(length);
        match strings::unescape(text, &mut kept) {
            Some(()) => Ok(String::from_utf8_lossy(&kept).into_owned().into()),
            None => Err(self.syntax("a string has an invalid escape")),
        }
    }

    /// Skips a value of any depth.
    fn skip(&mut self) -> Result<(), Error> {
        let mut values = StreamDeserializer::<_, IgnoredAny>::new(SliceRead::new(&self.json[self.at..]));
        match values.next() {
            Some(Ok(IgnoredAny)) => {
                self.at += values.byte_offset();
                Ok(())
            }
            _ => Err(self.syntax("expected a value")),
        }
    }

    /// Reads an array or object, whose bracket is next.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEPTH {
            self.fault = Some(Fault::TooDeep);
            return Err(Error::custom("nested too deep"));
        }
        let start = self.at;
        self.at += 1;
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        if result.is_err() && self.at == start + 1 {
            // The whole document is refused.
            self.at = start;
        }
        result
    }
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

/// Returns the text of the value that an object has under a name, the last one if there are several, as elsewhere.
pub(super) fn member<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut reader = Lenient::new(json);
    let mut found = None;
    reader.take(b'{').ok()?;
    while reader.peek()? == b'"' {
        let key = reader.string().ok()?;
        reader.take(b':').ok()?;
        reader.peek()?;
        let start = reader.at;
        reader.skip().ok()?;
        if key == name {
            found = Some(&json[start..reader.at]);
        }
        if reader.peek()? != b',' {
            break;
        }
        reader.at += 1;
        reader.peek()?;
    }
    found
}

impl<'de> Deserializer<'de> for &mut Lenient<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'"') => {
                let text = self.string()?;
                visitor.visit_str(&text)
            }
            Some(b'[') => self.nested(|reader| visitor.visit_seq(Parts { reader, is_first: true })),
            Some(b'{') => self.nested(|reader| visitor.visit_map(Parts { reader, is_first: true })),
            Some(b'-' | b'0'..=b'9') => match self.number()? {
                Number::Natural(natural) => visitor.visit_u64(natural),
                Number::Integer(integer) => visitor.visit_i64(integer),
                Number::Float(float) => visitor.visit_f64(float),
                Number::Large(digits) => visitor.visit_str(digits),
                // Bytes are used for nothing else.
                Number::Far(text) => visitor.visit_bytes(text.as_bytes()),
            },
            Some(_) => Err(self.syntax("expected a value")),
            None => Err(self.syntax("the document ends too early")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// The elements of an array or an object.
struct Parts<'a, 'r> {
    reader: &'a mut Lenient<'r>,
    is_first: bool,
}

impl Parts<'_, '_> {
    /// Returns whether another element is next, and not the end.
    fn has_next(&mut self, end: u8) -> Result<bool, Error> {
        if self.reader.peek() == Some(end) {
            self.reader.at += 1;
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if !self.has_next(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.has_next(b'}')? {
            return Ok(None);
        }
        if self.reader.peek() != Some(b'"') {
            return Err(self.reader.syntax("a key is not a string"));
        }
        let key = seed.deserialize(&mut *self.reader)?;
        self.reader.take(b':')?;
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
}
