//! From the text of an input to its value.

use base64::Engine as _;
use regex::Regex;
use serde_json::{Value, json};

use super::flow::{InputDefinition, plain_text};
use super::input_error::Fault;
use super::time;
use crate::dialect::Dialect;
use crate::yaml;

/// A value of an input: as the answer to a creation shows it on 1.x, and as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InputValue {
    pub(crate) fresh: Value,
    pub(crate) stored: Value,
}

impl InputValue {
    fn same(value: Value) -> Self {
        Self { fresh: value.clone(), stored: value }
    }
}

/// Reads a text as the value of an input and checks it.
pub(crate) fn convert(input: &InputDefinition, text: &str, dialect: Dialect) -> Result<InputValue, Fault> {
    let value = of_kind(&input.kind, input, text, dialect)?;
    check_range(input, &value.stored)?;
    Ok(value)
}

/// Reads a text as a value of a type.
fn of_kind(kind: &str, input: &InputDefinition, text: &str, dialect: Dialect) -> Result<InputValue, Fault> {
    let unreadable = |cause: String, class| Fault::Unreadable { kind: kind.to_owned(), cause, class };
    let not_at = |class| unreadable(format!("Text '{text}' could not be parsed at index 0"), class);
    Ok(match kind {
        "INT" => {
            let number: i32 = text
                .parse()
                .map_err(|_| unreadable(format!("For input string: \"{text}\""), Some("Integer")))?;
            InputValue::same(json!(number))
        }
        "FLOAT" => {
            let number: f32 = text
                .trim()
                .parse()
                .map_err(|_| unreadable(format!("For input string: \"{text}\""), Some("Float")))?;
            // Its shortest digits, not those of the nearest double.
            InputValue::same(number.to_string().parse::<f64>().map_or(Value::Null, |number| json!(number)))
        }
        "BOOL" | "BOOLEAN" => InputValue::same(json!(text.eq_ignore_ascii_case("true"))),
        "DATETIME" => {
            let at = time::parse_instant(text).ok_or_else(|| not_at(Some("Instant")))?;
            InputValue { fresh: json!(time::shortest(at)), stored: json!(time::stored(at)) }
        }
        "DATE" => {
            let date: jiff::civil::Date = text.parse().map_err(|_| not_at(Some("LocalDate")))?;
            InputValue::same(json!(date.to_string()))
        }
        "TIME" => {
            let clock: jiff::civil::Time = text.parse().map_err(|_| not_at(Some("LocalTime")))?;
            InputValue::same(json!(clock.to_string()))
        }
        "DURATION" => {
            let duration = time::parse_duration(text).ok_or_else(|| {
                unreadable("Text cannot be parsed to a Duration".to_owned(), Some("Duration"))
            })?;
            let stored = json!(time::seconds(duration));
            let fresh = json!(time::write_duration(duration));
            InputValue { fresh, stored }
        }
        "JSON" => InputValue::same(read_json(text).map_err(|cause| unreadable(cause, None))?),
        "YAML" => {
            let value = yaml::read(text).map_err(|error| unreadable(error.message, None))?;
            InputValue::same(value)
        }
        "FILE" => InputValue::same(file(text).map_err(|cause| unreadable(cause, None))?),
        "URI" => {
            check_uri(text, dialect)?;
            InputValue::same(json!(text))
        }
        "EMAIL" => {
            check_email(text)?;
            InputValue::same(json!(text))
        }
        "SELECT" | "ENUM" => {
            let values = choices(input);
            if !values.iter().any(|value| value == text) && !allows_custom(input) {
                return Err(Fault::Value(format!("it must match the values `[{}]`", values.join(", "))));
            }
            InputValue::same(json!(text))
        }
        "MULTISELECT" => multiselect(input, text, dialect)?,
        "ARRAY" => array(input, text, dialect)?,
        "SECRET" => {
            if !dialect.is_v2() {
                let cause = "Unable to use a `SECRET` input/output as encryption is not configured";
                return Err(unreadable(cause.to_owned(), None));
            }
            check_pattern(input, text)?;
            InputValue::same(veil(text))
        }
        "STRING" => {
            check_pattern(input, text)?;
            InputValue::same(json!(text))
        }
        _ => InputValue::same(json!(text)),
    })
}

/// The address of a file that is kept somewhere; any other text is a path on the server's own disk, where nothing is.
fn file(text: &str) -> Result<Value, String> {
    if ["kestra://", "file://", "nsfile://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(json!(text));
    }
    Err(format!("{text} (No such file or directory)"))
}

fn read_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let place = format!(
            "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: \
             {column}]"
        );
        let word: String = text.trim().chars().take_while(|c| c.is_alphanumeric()).collect();
        if error.is_eof() {
            return format!("Unexpected end-of-input{place}");
        }
        format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
             'false'){place}"
        )
    })
}

fn choices(input: &InputDefinition) -> Vec<String> {
    let values = input.properties.get("values").or_else(|| input.properties.get("options"));
    values.and_then(Value::as_array).map(|list| list.iter().map(choice).collect()).unwrap_or_default()
}

/// A value, which has a label beside it from 2.0 on.
fn choice(value: &Value) -> String {
    plain_text(value.get("value").unwrap_or(value))
}

fn allows_custom(input: &InputDefinition) -> bool {
    input.properties.get("allowCustomValue") == Some(&json!(true))
}

fn multiselect(input: &InputDefinition, text: &str, dialect: Dialect) -> Result<InputValue, Fault> {
    let list = read_list("MULTISELECT", text)?;
    let values = choices(input);
    let stranger = list.iter().map(plain_text).find(|item| !values.contains(item));
    if let Some(stranger) = stranger.filter(|_| !allows_custom(input)) {
        let values = values.join(", ");
        return Err(Fault::Value(if dialect == Dialect::V1_0 {
            format!("it must match the values `[{values}]`")
        } else {
            format!("value `{stranger}` doesn't match the values `[{values}]`")
        }));
    }
    Ok(InputValue::same(Value::Array(list)))
}

fn array(input: &InputDefinition, text: &str, dialect: Dialect) -> Result<InputValue, Fault> {
    let list = read_list("ARRAY", text)?;
    let kind = input.properties.get("itemType").map(plain_text).unwrap_or_else(|| "STRING".to_owned());
    let mut items = Vec::with_capacity(list.len());
    for item in &list {
        let element = InputDefinition {
            id: String::new(),
            kind: kind.clone(),
            required: true,
            properties: serde_json::Map::new(),
        };
        let value = match (item, kind.as_str()) {
            (Value::Object(_) | Value::Array(_), "JSON") => InputValue::same(item.clone()),
            _ => of_kind(&kind, &element, &plain_text(item), dialect).map_err(|_| {
                Fault::Value(format!("Unable to parse array element as `{kind}` on `{}`", plain_text(item)))
            })?,
        };
        items.push(value);
    }
    Ok(InputValue {
        fresh: items.iter().map(|item| item.fresh.clone()).collect(),
        stored: items.into_iter().map(|item| item.stored).collect(),
    })
}

fn read_list(kind: &str, text: &str) -> Result<Vec<Value>, Fault> {
    let unreadable = |cause: String| Fault::Unreadable { kind: kind.to_owned(), cause, class: None };
    match read_json(text).map_err(&unreadable)? {
        Value::Array(list) => Ok(list),
        _ => Err(unreadable(
            "Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`".to_owned(),
        )),
    }
}

fn check_pattern(input: &InputDefinition, text: &str) -> Result<(), Fault> {
    let Some(pattern) = input.properties.get("validator").and_then(Value::as_str) else { return Ok(()) };
    let whole = Regex::new(&format!("^(?:{pattern})$"));
    if whole.is_ok_and(|whole| !whole.is_match(text)) {
        return Err(Fault::Value(format!("it must match the pattern `{pattern}`")));
    }
    Ok(())
}

fn check_email(text: &str) -> Result<(), Fault> {
    let parts = text.split_once('@');
    let good = parts.is_some_and(|(user, host)| {
        let host_ok =
            host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@');
        !user.is_empty() && host_ok && !text.contains(char::is_whitespace)
    });
    if good { Ok(()) } else { Err(Fault::Value("The input must be a valid email".to_owned())) }
}

fn check_uri(text: &str, dialect: Dialect) -> Result<(), Fault> {
    let illegal =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`');
    if dialect == Dialect::V1_0 {
        let has_scheme =
            text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        if !has_scheme || text.contains(illegal) {
            return Err(Fault::Value(format!("Expected `URI` but received `{text}`")));
        }
    }
    match text.char_indices().position(|(_, c)| illegal(c)) {
        None => Ok(()),
        Some(index) => Err(Fault::Value(format!("Illegal character in path at index {index}: {text}"))),
    }
}

/// `min` and `max` of numbers and durations, `after` and `before` of dates.
fn check_range(input: &InputDefinition, value: &Value) -> Result<(), Fault> {
    let limit = |name: &str| input.properties.get(name).filter(|limit| !limit.is_null());
    let size = |limit: &Value| match limit {
        Value::String(text) => time::parse_duration(text).map(time::seconds).or_else(|| text.parse().ok()),
        other => other.as_f64(),
    };
    if let Some(number) = value.as_f64() {
        if let Some(min) = limit("min").filter(|min| size(min).is_some_and(|min| number < min)) {
            return Err(Fault::Value(format!("it must be more than `{}`", plain_text(min))));
        }
        if let Some(max) = limit("max").filter(|max| size(max).is_some_and(|max| number > max)) {
            return Err(Fault::Value(format!("it must be less than `{}`", plain_text(max))));
        }
    }
    if let Some(text) = value.as_str().filter(|_| matches!(input.kind.as_str(), "DATE" | "TIME" | "DATETIME"))
    {
        if let Some(after) = limit("after").map(plain_text).filter(|after| text < after.as_str()) {
            return Err(Fault::Value(format!("it must be after `{after}`")));
        }
        if let Some(before) = limit("before").map(plain_text).filter(|before| text > before.as_str()) {
            return Err(Fault::Value(format!("it must be before `{before}`")));
        }
    }
    Ok(())
}

const VEILED: &str = "io.kestra.datatype:aes_encrypted";

/// A secret in the shape that the server's encryption gives it. This only hides it from a glance: an embedded server
/// has no key.
fn veil(text: &str) -> Value {
    let mut bytes: Vec<u8> = (0..16).map(|_| fastrand::u8(..)).collect();
    let pad = bytes.clone();
    bytes.extend(text.bytes().zip(pad.iter().cycle()).map(|(byte, pad)| byte ^ pad));
    json!({"value": base64::engine::general_purpose::STANDARD.encode(bytes), "type": VEILED})
}

/// The value for expressions: secrets are readable there.
pub(crate) fn unveil(value: &Value) -> Value {
    let veiled = value.get("type").and_then(Value::as_str) == Some(VEILED);
    match value {
        Value::Object(map) if veiled => {
            let text = map.get("value").and_then(Value::as_str).unwrap_or_default();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
            let (pad, rest) = bytes.split_at(bytes.len().min(16));
            let clear: Vec<u8> = rest.iter().zip(pad.iter().cycle()).map(|(byte, pad)| byte ^ pad).collect();
            json!(String::from_utf8_lossy(&clear))
        }
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), unveil(value))).collect())
        }
        other => other.clone(),
    }
}

/// The same for all inputs of an execution.
pub(crate) fn unveil_map(map: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    map.iter().map(|(key, value)| (key.clone(), unveil(value))).collect()
}
