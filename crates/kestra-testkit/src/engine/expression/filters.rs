//! What stands behind a `|`.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::functions::{date_text, parse_date};
use super::{Trouble, eval, text_of};

/// Applies a filter.
pub(super) fn apply(name: &str, of: Value, arguments: &[(Option<String>, Value)]) -> Result<Value, Trouble> {
    let argument = |index: usize| arguments.get(index).map(|(_, value)| value);
    let text_argument = |index: usize| argument(index).map(text_of).unwrap_or_default();
    let failed = |why: &str| Trouble::Failed(format!("The '{name}' filter {why}"));
    Ok(match name {
        "upper" => json!(text_of(&of).to_uppercase()),
        "lower" => json!(text_of(&of).to_lowercase()),
        "trim" => json!(text_of(&of).trim()),
        "capitalize" => json!(capitalize(&text_of(&of))),
        "title" => json!(text_of(&of).split(' ').map(capitalize).collect::<Vec<_>>().join(" ")),
        "slugify" => json!(slug(&text_of(&of))),
        "string" => json!(text_of(&of)),
        "number" => number(&of).ok_or_else(|| failed("needs a number"))?,
        "toJson" | "json" => json!(of.to_string()),
        "length" => match &of {
            Value::Array(list) => json!(list.len()),
            Value::Object(map) => json!(map.len()),
            other => json!(text_of(other).chars().count()),
        },
        "first" => ends(&of, true),
        "last" => ends(&of, false),
        "join" => {
            let list = of.as_array().ok_or_else(|| failed("needs a list"))?;
            json!(list.iter().map(text_of).collect::<Vec<_>>().join(&text_argument(0)))
        }
        "split" => {
            let separator = text_argument(0);
            text_of(&of).split(&separator).map(|part| json!(part)).collect()
        }
        "replace" => {
            let mut text = text_of(&of);
            for (from, to) in argument(0).and_then(Value::as_object).into_iter().flatten() {
                text = text.replace(from, &text_of(to));
            }
            json!(text)
        }
        "substringBefore" => json!(text_of(&of).split(&text_argument(0)).next().unwrap_or_default()),
        "substringAfter" => {
            json!(text_of(&of).split_once(&text_argument(0)).map(|(_, after)| after).unwrap_or_default())
        }
        "substringBeforeLast" => {
            let text = text_of(&of);
            json!(text.rsplit_once(&text_argument(0)).map_or(text.as_str(), |(before, _)| before))
        }
        "substringAfterLast" => {
            json!(text_of(&of).rsplit_once(&text_argument(0)).map(|(_, after)| after).unwrap_or_default())
        }
        "startsWith" => json!(text_of(&of).starts_with(&text_argument(0))),
        "endsWith" => json!(text_of(&of).ends_with(&text_argument(0))),
        "keys" => match &of {
            Value::Object(map) => map.keys().map(|key| json!(key)).collect(),
            Value::Array(list) => (0..list.len()).map(|index| json!(index)).collect(),
            _ => return Err(failed("needs a map")),
        },
        "values" => of.as_object().ok_or_else(|| failed("needs a map"))?.values().cloned().collect(),
        "sort" | "rsort" => {
            let mut list = of.as_array().cloned().ok_or_else(|| failed("needs a list"))?;
            list.sort_by(|a, b| eval::compare(a, b).unwrap_or(std::cmp::Ordering::Equal));
            if name == "rsort" {
                list.reverse();
            }
            Value::Array(list)
        }
        "reverse" => match &of {
            Value::Array(list) => list.iter().rev().cloned().collect(),
            other => json!(text_of(other).chars().rev().collect::<String>()),
        },
        "distinct" => {
            let mut kept: Vec<Value> = Vec::new();
            for item in of.as_array().ok_or_else(|| failed("needs a list"))? {
                if !kept.contains(item) {
                    kept.push(item.clone());
                }
            }
            Value::Array(kept)
        }
        "merge" => merge(of, argument(0)).ok_or_else(|| failed("needs two lists or two maps"))?,
        "abs" => match (of.as_i64(), of.as_f64()) {
            (Some(whole), _) => json!(whole.abs()),
            (None, Some(number)) => json!(number.abs()),
            _ => return Err(failed("needs a number")),
        },
        "base64encode" => json!(base64::engine::general_purpose::STANDARD.encode(text_of(&of))),
        "base64decode" => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text_of(&of));
            json!(String::from_utf8_lossy(&bytes.map_err(|_| failed("needs base64"))?))
        }
        "urlencode" => json!(form_urlencoded::byte_serialize(text_of(&of).as_bytes()).collect::<String>()),
        "urldecode" => {
            let text = text_of(&of).replace('+', " ");
            json!(percent_encoding::percent_decode_str(&text).decode_utf8_lossy())
        }
        "date" => {
            let at = parse_date(&of).ok_or_else(|| failed("needs a date"))?;
            json!(date_text(at, argument(0).map(text_of).as_deref()))
        }
        "timestamp" => json!(parse_date(&of).ok_or_else(|| failed("needs a date"))?.as_second()),
        "timestampMilli" => json!(parse_date(&of).ok_or_else(|| failed("needs a date"))?.as_millisecond()),
        other => return Err(Trouble::Failed(format!("Filter [{other}] does not exist."))),
    })
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn slug(text: &str) -> String {
    let dashed: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    dashed.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

fn number(of: &Value) -> Option<Value> {
    match of {
        Value::Number(_) => Some(of.clone()),
        Value::String(text) => {
            let whole = text.trim().parse::<i64>().ok().map(|number| json!(number));
            whole.or_else(|| text.trim().parse::<f64>().ok().map(|number| json!(number)))
        }
        _ => None,
    }
}

fn ends(of: &Value, first: bool) -> Value {
    match of {
        Value::Array(list) if first => list.first().cloned().unwrap_or_default(),
        Value::Array(list) => list.last().cloned().unwrap_or_default(),
        other => {
            let text = text_of(other);
            let letter = if first { text.chars().next() } else { text.chars().next_back() };
            json!(letter.map(String::from).unwrap_or_default())
        }
    }
}

fn merge(of: Value, with: Option<&Value>) -> Option<Value> {
    match (of, with?) {
        (Value::Array(mut list), Value::Array(more)) => {
            list.extend(more.iter().cloned());
            Some(Value::Array(list))
        }
        (Value::Object(map), Value::Object(more)) => {
            let mut merged: Map<String, Value> = map;
            merged.extend(more.clone());
            Some(Value::Object(merged))
        }
        _ => None,
    }
}
