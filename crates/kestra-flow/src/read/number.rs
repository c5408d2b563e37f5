//! Numbers, read as Java does.

use crate::Node;

/// The integer of a plain scalar: decimal, octal (`012`), `0x1F` or `0b11`, with underscores anywhere but at the start.
///
/// One of more than 128 bits is a string of its digits.
pub(super) fn integer(text: &str) -> Option<Node> {
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
    let digits = format!("{sign}{digits}");
    Some(i128::from_str_radix(&digits, base).map_or(Node::String(digits), Node::Integer))
}

/// The number of a text with a point or an exponent, if it is finite.
pub(super) fn float(text: &str) -> Option<Node> {
    let text: String = text.chars().filter(|c| *c != '_').collect();
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Node::Float(number))
}
