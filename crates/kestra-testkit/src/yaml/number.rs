//! Numbers, read and written as Java does.

use serde_json::{Number, Value};

/// The integer of a plain scalar: decimal, octal (`012`), `0x1F` or `0b11`, with underscores anywhere but at the start.
///
/// One of more than 64 bits is a string of its digits, as JSON values hold no larger ones.
pub(super) fn integer(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, base) = match unsigned.strip_prefix('0') {
        Some("") => ("0", 10),
        Some(rest) => match (rest.strip_prefix('b'), rest.strip_prefix('x')) {
            (Some(binary), _) => (binary, 2),
            (_, Some(hexadecimal)) => (hexadecimal, 16),
            _ => (rest, 8),
        },
        None => (unsigned, 10),
    };
    let starts = base != 10 || digits.starts_with(|c: char| c.is_ascii_digit());
    let fits = digits.chars().all(|c| c == '_' || c.is_digit(base));
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if !starts || !fits || digits.is_empty() {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(match i128::from_str_radix(&format!("{sign}{digits}"), base) {
        Ok(number) => {
            Number::from_i128(number).map_or_else(|| Value::from(number.to_string()), Value::Number)
        }
        Err(_) => Value::from(format!("{sign}{digits}")),
    })
}

/// The number of a text with a point or an exponent, if it is finite.
pub(super) fn float(text: &str) -> Option<Value> {
    let text: String = text.chars().filter(|c| *c != '_').collect();
    let number: f64 = text.parse().ok()?;
    Number::from_f64(number).map(Value::Number)
}

/// A scalar as the text that a field of a string takes from it; `None` of null, lists and maps.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => decimal(number),
            None => number.to_string(),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A finite number as Java writes it: with a point, and an exponent from 10⁷ and below 10⁻³.
fn decimal(number: f64) -> String {
    if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => text,
    }
}
