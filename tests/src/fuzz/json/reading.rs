//! Free-form JSON read a second time, by its rules alone: slow, and only of documents that are known to be JSON.

use serde_json::{Map, Value};

/// What a document says.
pub(super) fn of(json: &str) -> Value {
    Reading(json).value()
}

/// How deep lists and objects are nested in a document.
pub(super) fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What is not read yet.
struct Reading<'a>(&'a str);

impl Reading<'_> {
    fn value(&mut self) -> Value {
        match self.peek() {
            '{' => {
                let mut fields = Map::new();
                while self.has_another('}') {
                    let name = self.string();
                    self.peek();
                    self.pass(1);
                    fields.insert(name, self.value());
                }
                fields.into()
            }
            '[' => {
                let mut elements = Vec::new();
                while self.has_another(']') {
                    elements.push(self.value());
                }
                elements.into()
            }
            '"' => self.string().into(),
            'n' => self.word(4, Value::Null),
            't' => self.word(4, Value::Bool(true)),
            'f' => self.word(5, Value::Bool(false)),
            _ => {
                let is_part = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
                let end = self.0.find(|character| !is_part(character)).unwrap_or(self.0.len());
                let number = number(&self.0[..end]);
                self.pass(end);
                number
            }
        }
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> char {
        self.0 = self.0.trim_start_matches([' ', '\t', '\r', '\n']);
        self.0.chars().next().unwrap_or('\0')
    }

    fn pass(&mut self, bytes: usize) {
        self.0 = &self.0[bytes..];
    }

    /// Passes a bracket or a comma; whether no bracket closes then.
    fn has_another(&mut self, end: char) -> bool {
        if self.peek() != end {
            self.pass(1);
        }
        let has_another = self.peek() != end;
        if !has_another {
            self.pass(1);
        }
        has_another
    }

    fn word(&mut self, length: usize, value: Value) -> Value {
        self.pass(length);
        value
    }

    /// Its UTF-16 code units, of which halves of surrogate pairs that are alone are replaced.
    fn string(&mut self) -> String {
        self.peek();
        self.pass(1);
        let mut units = Vec::new();
        let mut characters = self.0.chars();
        loop {
            match characters.next() {
                None | Some('"') => break,
                Some('\\') => match characters.next().unwrap_or_default() {
                    'u' => {
                        let digits: String = characters.by_ref().take(4).collect();
                        units.push(u16::from_str_radix(&digits, 16).unwrap_or_default());
                    }
                    'b' => units.push(8),
                    'f' => units.push(12),
                    'n' => units.push(10),
                    'r' => units.push(13),
                    't' => units.push(9),
                    other => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
                },
                Some(other) => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
            }
        }
        self.0 = characters.as_str();
        String::from_utf16_lossy(&units)
    }
}

/// A number, or its text if that loses something.
fn number(text: &str) -> Value {
    if text == "-0" {
        return Value::from(-0.0);
    }
    if let Ok(natural) = text.parse::<u64>() {
        return natural.into();
    }
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() && text.contains(['.', 'e', 'E']) => float.into(),
        _ => text.into(),
    }
}
