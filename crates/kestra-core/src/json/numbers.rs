//! The text of numbers, and what is lost if they become a number of 64 bits.

/// A number of JSON.
pub(super) enum Number<'a> {
    /// An integer from zero on.
    Natural(u64),
    /// An integer below zero.
    Integer(i64),
    /// Any other number that an `f64` can have, perhaps rounded.
    Float(f64),
    /// An integer over 64 bits, as its digits.
    Large(&'a str),
    /// A number out of the range of `f64`, as its text.
    Far(&'a str),
}

/// Returns how many bytes belong to the number that is next.
pub(super) fn length(json: &[u8]) -> usize {
    let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    json.iter().take_while(is_part).count()
}

impl<'a> Number<'a> {
    /// Reads the text of a number; `None` if it is none.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let is_integer = is_integer(text)?;
        // Not an integer.
        if text == "-0" {
            return Some(Self::Float(-0.0));
        }
        if is_integer && let Ok(natural) = text.parse() {
            return Some(Self::Natural(natural));
        }
        if is_integer && let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        Some(match serde_json::from_str(text) {
            Err(_) => Self::Far(text),
            Ok(_) if is_integer => Self::Large(text),
            Ok(float) => Self::Float(float),
        })
    }
}

/// Returns whether a number is an integer, or `None` if it is not a number.
fn is_integer(text: &str) -> Option<bool> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = text.split_at(digits(text));
    if whole.is_empty() || whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    let after_point = rest.strip_prefix('.').map(|rest| rest.split_at(digits(rest)));
    let (fraction, rest) = after_point.unwrap_or(("0", rest));
    let exponent = rest.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    let is_number = match exponent {
        Some(exponent) => !exponent.is_empty() && digits(exponent) == exponent.len(),
        None => rest.is_empty(),
    };
    (is_number && !fraction.is_empty()).then_some(after_point.is_none() && exponent.is_none())
}
