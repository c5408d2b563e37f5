//! Rows in Amazon Ion, as far as flows write them: structs, lists, texts, numbers, dates.

use serde_json::{Map, Value, json};

/// The values of a text, one after the other; reading stops at what is none.
pub(crate) fn values(text: &str) -> Vec<Value> {
    let mut reader = Reader { rest: text };
    let mut found = Vec::new();
    loop {
        reader.skip();
        if reader.rest.is_empty() {
            return found;
        }
        match reader.value() {
            Some(value) => found.push(value),
            None => return found,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix("//") {
                Some(comment) => self.rest = comment.split_once('\n').map_or("", |(_, after)| after),
                None => return,
            }
        }
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '{' => self.structure(),
            '[' => self.list(),
            '"' => self.quoted('"').map(Value::String),
            '\'' => {
                let symbol = self.quoted('\'')?;
                if self.annotation() { self.value() } else { Some(Value::String(symbol)) }
            }
            _ => {
                let word = self.word()?;
                if self.annotation() {
                    return self.value();
                }
                Some(plain(word))
            }
        }
    }

    /// `type::value`: the annotation is left out.
    fn annotation(&mut self) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix("::");
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn structure(&mut self) -> Option<Value> {
        let mut map = Map::new();
        self.take('{');
        while !self.take('}') {
            let key = match self.rest.chars().next()? {
                sign @ ('"' | '\'') => self.quoted(sign)?,
                _ => self.word()?.to_owned(),
            };
            if !self.take(':') {
                return None;
            }
            map.insert(key, self.value()?);
            self.take(',');
        }
        Some(Value::Object(map))
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.take('[');
        while !self.take(']') {
            items.push(self.value()?);
            self.take(',');
        }
        Some(Value::Array(items))
    }

    fn quoted(&mut self, sign: char) -> Option<String> {
        self.take(sign);
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((index, letter)) = letters.next() {
            match letter {
                '\\' => match letters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    other => text.push(other),
                },
                letter if letter == sign => {
                    self.rest = &self.rest[index + letter.len_utf8()..];
                    return Some(text);
                }
                letter => text.push(letter),
            }
        }
        None
    }

    /// A number, a date, a symbol: up to the next sign. The colons of a time belong to it.
    fn word(&mut self) -> Option<&'a str> {
        let number = self.rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
        let ends =
            |c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | '[' | ']') || c == ':' && !number;
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }
}

fn plain(word: &str) -> Value {
    match word {
        "null" => return Value::Null,
        "true" => return json!(true),
        "false" => return json!(false),
        _ if word.starts_with("null.") => return Value::Null,
        _ => {}
    }
    // `1.5d0` is a decimal, `1_000` has a separator.
    let number = word.replace('_', "").replace(['d', 'D'], "e");
    let looks = word.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match (looks, number.parse::<i64>(), number.parse::<f64>()) {
        (true, Ok(whole), _) => json!(whole),
        (true, _, Ok(float)) => json!(float),
        _ => json!(word),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::values;

    #[test]
    fn rows_become_json() {
        let text = "{id:1,name:\"one\",at:2026-01-02T03:04:05Z}\n{id: 2, 'name': two, price:1.50, list:[true, null]}";
        let rows = values(text);
        assert_eq!(rows[0], json!({"id": 1, "name": "one", "at": "2026-01-02T03:04:05Z"}));
        assert_eq!(rows[1], json!({"id": 2, "name": "two", "price": 1.5, "list": [true, null]}));
        assert_eq!(values("type::{a:\"\\\"\"} // end"), [json!({"a": "\""})]);
        assert_eq!(values("{a"), Vec::<serde_json::Value>::new());
    }
}
