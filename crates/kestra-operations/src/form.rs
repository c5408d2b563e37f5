//! Bodies of form fields.

use kestra_core::{Call, Error};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What a form leaves as it is; a blank becomes a plus elsewhere, `%20` is read everywhere.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// Sets the body to the fields of an object.
pub(crate) fn set(call: &mut Call, fields: Value) {
    match encode(fields) {
        Ok(text) => call.set_body("application/x-www-form-urlencoded", text.into()),
        Err(name) => call.fail(Error::invalid("body", format_args!("`{name}` can't be a field of a form"))),
    }
}

/// The fields as text, or the name of one that can't be in it.
fn encode(fields: Value) -> Result<String, String> {
    let Value::Object(fields) = fields else { return Err("the body".to_owned()) };
    let mut text = String::new();
    for (name, value) in fields {
        let value = match value {
            Value::Null => continue,
            Value::String(value) => value,
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Err(name),
        };
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(&name, PLAIN));
        text.push('=');
        text.extend(utf8_percent_encode(&value, PLAIN));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::encode;

    #[test]
    fn fields_are_encoded() {
        let fields = json!({"username": "a@b.c", "password": "p&w=ü +", "remember": true, "none": null});
        // An object's order depends on a feature of serde_json, which any crate of a build may switch on.
        let text = encode(fields).unwrap();
        let mut pairs: Vec<&str> = text.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["password=p%26w%3D%C3%BC%20%2B", "remember=true", "username=a%40b.c"]);
        assert_eq!(encode(json!({"a": [1]})), Err("a".to_owned()));
    }
}
