//! Which scalars servers take for which kinds.

use super::kind::Scalar;
use crate::{Node, names};

/// How a scalar does not fit.
pub(super) enum Mismatch<'a> {
    Kind,
    /// It is none of these words.
    Word(&'a [String]),
}

/// Returns what a kind is, for a message.
pub(super) fn expected(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::String => "a string",
        Scalar::Integer => "a whole number",
        Scalar::Number => "a number",
        Scalar::Boolean => "a boolean",
        Scalar::Duration => "a duration in ISO 8601, such as `PT10S`",
        Scalar::TaskId => "an id: letters, digits, `-` and `_`, with a letter or digit first",
        Scalar::FlowId => "an id: letters, digits, `.`, `-` and `_`, with a letter or digit first",
        Scalar::Namespace => {
            "a namespace: lower-case letters, digits, `.`, `-` and `_`, with a letter or digit first"
        }
        Scalar::Enum(_) => "one of a few words",
    }
}

pub(super) fn check<'a>(node: &Node, scalar: &'a Scalar) -> Result<(), Mismatch<'a>> {
    let fits = match (scalar, node) {
        (Scalar::String, _) => true,
        (Scalar::Integer | Scalar::Number | Scalar::Duration, Node::Integer(_) | Node::Float(_)) => true,
        (Scalar::Integer | Scalar::Number, Node::String(text)) => text.trim().parse::<f64>().is_ok(),
        (Scalar::Boolean, Node::Bool(_) | Node::Integer(_)) => true,
        (Scalar::Boolean, Node::String(text)) => {
            matches!(text.trim(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "")
        }
        (Scalar::Duration, Node::String(text)) => is_duration(text.trim()),
        (Scalar::TaskId, node) => names::is_task_id(&plain(node)),
        (Scalar::FlowId, node) => names::is_id(&plain(node)),
        (Scalar::Namespace, node) => names::is_namespace(&plain(node)),
        (Scalar::Enum(words), node) => {
            return if words.contains(&plain(node)) { Ok(()) } else { Err(Mismatch::Word(words)) };
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Mismatch::Kind) }
}

/// A scalar as a server turns it into a string.
pub(super) fn plain(node: &Node) -> String {
    match node {
        Node::String(text) => text.clone(),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) => number.to_string(),
        Node::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// Returns the seconds of a duration in ISO 8601.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_uppercase();
    if !is_duration(&text) {
        return None;
    }
    let is_negative = text.split('P').next().is_some_and(|signs| signs.contains('-'));
    let (mut total, mut number) = (0.0, String::new());
    for char in text.split('P').nth(1)?.chars() {
        let unit = match char {
            'D' => 86_400.0,
            'H' => 3_600.0,
            'M' => 60.0,
            'S' => 1.0,
            'T' => continue,
            char => {
                number.push(if char == ',' { '.' } else { char });
                continue;
            }
        };
        total += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    Some(if is_negative { -total } else { total })
}

/// Whether `java.time.Duration` reads the text: `P2DT3H4M5.6S`, with signs, in any case.
fn is_duration(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let Some(rest) = text.trim_start_matches(['+', '-']).strip_prefix('P') else { return false };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let has_days = !days.is_empty();
    let days = days.strip_suffix('D').map_or(days.is_empty(), is_whole);
    let Some(time) = time else { return has_days && days };
    let mut rest = time;
    for unit in ['H', 'M', 'S'] {
        if let Some((number, tail)) = rest.split_once(unit) {
            let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
            let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
            if !is_whole(whole) || !is_fraction || (unit != 'S' && number.contains(['.', ','])) {
                return false;
            }
            rest = tail;
        }
    }
    days && !time.is_empty() && rest.is_empty()
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // More digits exceed what Java counts in.
    (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
