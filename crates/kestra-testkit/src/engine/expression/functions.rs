//! What stands before a `(`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Scope, Trouble, eval, text_of};
use crate::engine::{ids, time};

/// Calls a function.
pub(super) fn call(
    name: &str,
    arguments: &[(Option<String>, Value)],
    scope: &Scope,
) -> Result<Value, Trouble> {
    let argument = |index: usize, key: &str| {
        let named = arguments.iter().find(|(name, _)| name.as_deref() == Some(key));
        named.or_else(|| arguments.get(index).filter(|(name, _)| name.is_none())).map(|(_, value)| value)
    };
    Ok(match name {
        "now" => {
            let format = argument(1, "format").map(text_of);
            json!(date_text(Timestamp::now(), format.as_deref()))
        }
        "uuid" | "nanoId" | "nanoid" | "ksuid" => json!(ids::new_id()),
        "randomInt" => {
            let bound = |index, key| argument(index, key).and_then(Value::as_i64).unwrap_or_default();
            let (low, high) = (bound(0, "lower"), bound(1, "upper"));
            json!(if low < high { fastrand::i64(low..high) } else { low })
        }
        "max" | "min" => {
            let mut best: Option<&Value> = None;
            for (_, value) in arguments {
                let better = match best {
                    None => true,
                    Some(best) => {
                        let order = eval::compare(value, best)?;
                        if name == "max" { order.is_gt() } else { order.is_lt() }
                    }
                };
                if better {
                    best = Some(value);
                }
            }
            best.cloned().unwrap_or_default()
        }
        "range" => {
            let bound = |index, key| argument(index, key).and_then(Value::as_i64).unwrap_or_default();
            let (from, to) = (bound(0, "start"), bound(1, "end"));
            (from..=to.min(from.saturating_add(10_000))).map(|number| json!(number)).collect()
        }
        "fromJson" | "json" => {
            let text = argument(0, "json").map(text_of).unwrap_or_default();
            serde_json::from_str(&text).map_err(|error| Trouble::Failed(format!("Invalid JSON: {error}")))?
        }
        "render" => {
            let text = argument(0, "toRender").map(text_of).unwrap_or_default();
            json!(super::render(&text, scope).map_err(|error| Trouble::Failed(error.to_string()))?)
        }
        "secret" => {
            let key = argument(0, "key").map(text_of).unwrap_or_default();
            let secret = scope.secret(&key);
            json!(secret.ok_or_else(|| Trouble::Failed(format!("Cannot find secret for key '{key}'.")))?)
        }
        "read" | "fileSize" | "fileExists" | "isFileEmpty" => {
            let path = argument(0, "path").map(text_of).ok_or_else(|| {
                Trouble::Failed(format!("The '{name}' function expects an argument 'path'."))
            })?;
            let namespace = argument(1, "namespace").map(text_of);
            let content = scope.file(&path, namespace.as_deref());
            if name == "fileExists" {
                return Ok(json!(content.is_ok()));
            }
            let content = content.map_err(Trouble::Failed)?;
            match name {
                "read" => json!(String::from_utf8_lossy(&content)),
                "fileSize" => json!(content.len()),
                _ => json!(content.is_empty()),
            }
        }
        "printContext" => json!(text_of(&scope.variables.clone().into())),
        other => return Err(Trouble::Failed(format!("Function or Macro [{other}] does not exist."))),
    })
}

/// A date, given as text or as seconds since 1970.
pub(super) fn parse_date(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => time::parse_instant(text).or_else(|| {
            let date: jiff::civil::DateTime = text.parse().ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(date).ok()
        }),
        Value::Number(number) => Timestamp::from_second(number.as_i64()?).ok(),
        _ => None,
    }
}

/// A date in a pattern of Java's (`yyyy-MM-dd HH:mm:ss`), or in ISO-8601.
pub(super) fn date_text(at: Timestamp, pattern: Option<&str>) -> String {
    let Some(pattern) = pattern else { return time::stored(at) };
    let zoned = jiff::tz::TimeZone::UTC.to_datetime(at);
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == letter).count();
        let width = run;
        match letter {
            'y' | 'u' if run == 2 => out.push_str(&format!("{:02}", zoned.year() % 100)),
            'y' | 'u' => out.push_str(&format!("{:0width$}", zoned.year())),
            'M' if run == 3 => out.push_str(&zoned.strftime("%b").to_string()),
            'M' if run > 3 => out.push_str(&zoned.strftime("%B").to_string()),
            'M' => out.push_str(&format!("{:0width$}", zoned.month())),
            'd' => out.push_str(&format!("{:0width$}", zoned.day())),
            'H' => out.push_str(&format!("{:0width$}", zoned.hour())),
            'm' => out.push_str(&format!("{:0width$}", zoned.minute())),
            's' => out.push_str(&format!("{:0width$}", zoned.second())),
            'S' => {
                let digits = format!("{:09}", zoned.subsec_nanosecond());
                out.push_str(digits.get(..run.min(9)).unwrap_or_default());
            }
            'E' => out.push_str(&zoned.strftime("%a").to_string()),
            'X' | 'Z' | 'z' => out.push('Z'),
            '\'' => {
                let quoted = rest[1..].split('\'').next().unwrap_or_default();
                out.push_str(quoted);
                rest = rest.get(quoted.len() + 2..).unwrap_or_default();
                continue;
            }
            other => out.extend(std::iter::repeat_n(other, run)),
        }
        rest = &rest[run * letter.len_utf8()..];
    }
    out
}
