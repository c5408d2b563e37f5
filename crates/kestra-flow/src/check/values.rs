//! Whether the default of an input is a value that it takes, which Kestra 2.0 and later look at.

use super::rules::items;
use super::scalar::{self, plain};
use super::walk::{Fields, fields};
use crate::Node;
use crate::read::{Tree, Value};

/// Returns what is wrong with the default of an input; nothing of what an expression makes.
pub(super) fn problem(kind: &str, default: &Tree, found: &Fields<'_>) -> Option<String> {
    let text = scalar_text(default);
    if text.as_deref().is_some_and(|text| text.contains("{{")) {
        return None;
    }
    if kind == "SELECT" {
        return of_select(text.as_deref(), found);
    }
    let Some(text) = text else {
        let is_one = matches!(kind, "INT" | "FLOAT" | "DATE" | "TIME" | "DATETIME" | "DURATION");
        return is_one.then(|| format!("must be a single value of type {kind}"));
    };
    let is_value = match kind {
        "INT" => text.parse::<i32>().is_ok(),
        "FLOAT" => is_float(&text),
        "DATE" => is_date(&text),
        "TIME" => is_time(&text, false),
        "DATETIME" => is_instant(&text),
        "DURATION" => {
            !matches!(default.value, Value::Scalar { node: Node::Integer(_) | Node::Float(_), .. })
                && scalar::seconds(&text).is_some()
        }
        "EMAIL" => is_email(&text),
        _ => return None,
    };
    if is_value {
        out_of_bounds(kind, &text, found)
    } else {
        Some(format!("`{text}` is not a value of type {kind}"))
    }
}

/// Whether a text is certainly no limit of dates or times. Servers also read limits of other forms than values.
pub(super) fn is_no_bound(kind: &str, text: &str) -> bool {
    let is_long = text.contains(['T', 't']);
    match kind {
        "DATE" => !is_long && !is_date(text),
        "TIME" => !is_long && !is_time(text, false),
        "DATETIME" => !is_long,
        _ => false,
    }
}

fn scalar_text(tree: &Tree) -> Option<String> {
    match &tree.value {
        Value::Scalar { node, .. } => Some(plain(node)),
        _ => None,
    }
}

fn of_select(text: Option<&str>, found: &Fields<'_>) -> Option<String> {
    let takes_others = found
        .get("allowCustomValue")
        .is_some_and(|(_, tree)| matches!(&tree.value, Value::Scalar { node: Node::Bool(true), .. }));
    let values = found.get("values").and_then(|(_, tree)| items(tree)).filter(|_| !takes_others)?;
    // From 2.0 on a value may have a label.
    let value = |tree: &Tree| match fields(tree) {
        Some(labelled) => labelled.get("value").and_then(|(_, tree)| scalar_text(tree)),
        None => scalar_text(tree),
    };
    let values: Vec<String> = values.iter().filter_map(value).collect();
    if text.is_some_and(|text| values.iter().any(|value| value == text)) {
        return None;
    }
    let shown = text.map_or_else(|| "a list".to_owned(), |text| format!("`{text}`"));
    Some(format!("{shown} is not one of the values: {}", values.join(", ")))
}

fn out_of_bounds(kind: &str, text: &str, found: &Fields<'_>) -> Option<String> {
    let bound = |name| found.get(name).and_then(|(_, tree)| scalar_text(tree));
    let number = |text: &str| match kind {
        "INT" | "FLOAT" => text.trim().parse::<f64>().ok(),
        "DURATION" => scalar::seconds(text),
        _ => None,
    };
    let moment = |text: &str| match kind {
        "DATE" => Some(text.to_owned()),
        "TIME" => Some(if text.len() == 5 { format!("{text}:00") } else { text.to_owned() }),
        // Those of other zones are left to the server.
        "DATETIME" => text.to_ascii_uppercase().strip_suffix('Z').map(str::to_owned),
        _ => None,
    };
    let is_less = |one: &str, other: &str| match (number(one), number(other), moment(one), moment(other)) {
        (Some(one), Some(other), ..) => one < other,
        (_, _, Some(one), Some(other)) => one < other,
        _ => false,
    };
    for (name, is_least) in [("min", true), ("max", false), ("after", true), ("before", false)] {
        if let Some(bound) = bound(name)
            && (if is_least { is_less(text, &bound) } else { is_less(&bound, text) })
        {
            return Some(format!("`{text}` is out of range: `{name}` is {bound}"));
        }
    }
    None
}

/// Java also takes a letter at the end of a number, and hexadecimal ones.
fn is_float(text: &str) -> bool {
    let text = text.trim();
    let number = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    number.parse::<f64>().is_ok() || number.to_ascii_lowercase().contains("0x")
}

fn digits<const N: usize>(text: &str, separator: char) -> Option<[u32; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    let parts: [&str; N] = parts.try_into().ok()?;
    let mut numbers = [0; N];
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    Some(numbers)
}

fn is_date(text: &str) -> bool {
    // Years of more digits have a sign.
    if text.starts_with(['+', '-']) {
        return true;
    }
    let Some([year, month, day]) = digits(text, '-').filter(|_| text.len() == 10) else { return false };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Whether it is hours and minutes, with seconds if they are needed, in two digits each.
fn is_time(text: &str, needs_seconds: bool) -> bool {
    let (time, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let is_in_range = |hour, minute, second| hour < 24 && minute < 60 && second < 60;
    match time.len() {
        8 => {
            is_fraction
                && digits(time, ':').is_some_and(|[hour, minute, second]| is_in_range(hour, minute, second))
        }
        5 => {
            !needs_seconds
                && !text.contains('.')
                && digits(time, ':').is_some_and(|[hour, minute]| is_in_range(hour, minute, 0))
        }
        _ => false,
    }
}

fn is_instant(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let Some((date, time)) = text.split_once('T') else { return false };
    let (time, is_zone) = match time.split_once(['+', '-']) {
        Some((time, zone)) => (time, digits::<2>(zone, ':').is_some() || digits::<3>(zone, ':').is_some()),
        None => (time.strip_suffix('Z').unwrap_or_default(), true),
    };
    // The end of a day, and leap seconds.
    let is_special = time.starts_with("24:00:00") || time.starts_with("23:59:60");
    is_date(date) && is_zone && (is_special || is_time(time, true))
}

/// Whether it may be one, by what is certain.
fn is_email(text: &str) -> bool {
    text.is_empty()
        || text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        })
}
