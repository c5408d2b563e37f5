//! From the text of an expression to its tokens.

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Integer(i64),
    Number(f64),
    /// An operator or a bracket.
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "???", "??", "==", "!=", "<=", ">=", "..", "?", ":", "<", ">", "+", "-", "*", "/", "%", "~", "|", ".",
    ",", "(", ")", "[", "]", "{", "}", "=",
];

/// Where `}}` ends an expression, outside of quotes and braces.
pub(super) fn end_of_expression(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        match (quote, byte) {
            (Some(_), b'\\') => index += 1,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(index + 1) == Some(&b'}') => return Some(index),
            _ => {}
        }
        index += 1;
    }
    None
}

/// Splits an expression into tokens.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphabetic() || first == '_' || first == '$' {
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            found.push(Token::Name(rest[..end].to_owned()));
            end
        } else if first.is_ascii_digit() {
            number(rest, &mut found)?
        } else if first == '\'' || first == '"' {
            text(rest, first, &mut found)?
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("Unexpected character [{first}]"))?;
            found.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn number(rest: &str, found: &mut Vec<Token>) -> Result<usize, String> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut end = digits(rest);
    let fraction = rest[end..].strip_prefix('.').map(digits).unwrap_or_default();
    if fraction > 0 {
        end += 1 + fraction;
        let number = rest[..end].parse().map_err(|_| format!("Unexpected number [{}]", &rest[..end]))?;
        found.push(Token::Number(number));
    } else {
        let number = rest[..end].parse().map_err(|_| format!("Unexpected number [{}]", &rest[..end]))?;
        found.push(Token::Integer(number));
    }
    // `10L` is a long.
    Ok(if rest[end..].starts_with('L') { end + 1 } else { end })
}

fn text(rest: &str, quote: char, found: &mut Vec<Token>) -> Result<usize, String> {
    let mut out = String::new();
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => {
                match c {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    '\\' | '\'' | '"' => out.push(c),
                    other => out.extend(['\\', other]),
                }
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == quote => {
                found.push(Token::Text(out));
                return Ok(index + 1);
            }
            c => out.push(c),
        }
    }
    Err("Unclosed string".to_owned())
}
