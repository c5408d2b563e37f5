//! What a scalar is, by its text or its tag.

use std::borrow::Cow;

use super::number::{float, integer};
use crate::Node;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why no value is read.
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) String);

/// The value of a plain scalar.
pub(super) fn untagged(text: Cow<'_, str>) -> Result<Node, Unreadable> {
    if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
        return Ok(Node::Null);
    }
    if let Some(flag) = boolean(&text) {
        return Ok(Node::from(flag));
    }
    if let Some(number) = integer(&text) {
        return Ok(number);
    }
    if is_float(&text) {
        return float(&text).ok_or_else(|| malformed(&text));
    }
    Ok(Node::String(text.into_owned()))
}

/// The value of a scalar with a tag, in any style; any but those of YAML itself are ignored.
pub(super) fn tagged(tag: Option<&str>, text: Cow<'_, str>) -> Result<Node, Unreadable> {
    let value = match tag {
        Some("null") if !text.is_empty() => Some(Node::Null),
        Some("bool") => boolean(&text).map(Node::from),
        Some("int") => integer(&text),
        Some("float") if !text.is_empty() => Some(float(&text).ok_or_else(|| malformed(&text))?),
        Some("binary") => {
            let packed: String = text.split_whitespace().collect();
            let bytes = STANDARD.decode(packed).map_err(|problem| Unreadable(problem.to_string()))?;
            Some(Node::from(STANDARD.encode(bytes)))
        }
        _ => None,
    };
    Ok(value.unwrap_or_else(|| Node::String(text.into_owned())))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Whether the text has the form of a float: with a point or an exponent, to the base of 60, infinite, or no number.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let has_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    let Some((whole, fraction)) = mantissa.split_once('.') else {
        return exponent.is_some() && has_exponent && is_whole(mantissa);
    };
    if !has_exponent || !fraction.bytes().all(is_digit) {
        return false;
    }
    // Without digits before the point there is no sign, and at least one digit after it.
    let is_short =
        whole.is_empty() && text.starts_with('.') && fraction.starts_with(|c: char| c.is_ascii_digit());
    is_short || is_whole(whole) || (exponent.is_none() && is_sexagesimal(whole))
}

fn is_whole(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(is_digit)
}

fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.split(':');
    let is_sixtieth = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    };
    parts.next().is_some_and(is_whole) && text.contains(':') && parts.all(is_sixtieth)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn malformed(text: &str) -> Unreadable {
    Unreadable(format!("Malformed numeric value ('{text}')"))
}
