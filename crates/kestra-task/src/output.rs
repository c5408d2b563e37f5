use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::checks::{Problem, check};
use crate::line::{FRAME, LIMIT, Start, has_null, json, write};
use crate::{Error, name};

/// Reports one output, which the flow reads as `{{ outputs.<task>.vars.<name> }}`.
///
/// A name that is reported again takes the last value. An output that is null is dropped by the server, so it is not written.
///
/// # Errors
///
/// - [`Error::TooLong`] if it does not fit in a line of 4,095 bytes; write it to an [`output_file`](crate::output_file) then
/// - [`Error::NotFinite`] if a number in it is NaN or infinite
/// - [`Error::InvalidName`] if `name` is empty
/// - [`Error::NullCharacter`] if a string in it has the character U+0000
/// - [`Error::Serialize`] if it is not valid as JSON, such as a map whose keys are lists, or is nested deeper than 100
/// - [`Error::Write`] if standard output is closed
///
/// ```
/// kestra_task::output("rows", 42)?;
/// kestra_task::output("columns", ["id", "name"])?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn output(name: &str, value: impl Serialize) -> Result<(), Error> {
    name::check(name)?;
    write_lines(lines([(name, json_of(name, &value)?.as_str())])?)
}

/// Reports each field of a struct, or each entry of a map, as an output.
///
/// They take as many lines as needed, each with whole outputs. Nothing is written if one of them is refused.
///
/// # Errors
///
/// Those of [`output`], and [`Error::NotAnObject`] if the value is no struct and no map.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Report {
///     rows: u64,
///     day: &'static str,
/// }
/// kestra_task::outputs(&Report { rows: 42, day: "2026-11-30" })?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn outputs<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    write_lines(lines_of(value)?)
}

fn lines_of(value: &(impl Serialize + ?Sized)) -> Result<Vec<String>, Error> {
    let json = json_of("", value)?;
    if !json.starts_with('{') {
        return Err(Error::NotAnObject);
    }

    let fields =
        serde_json::from_str::<BTreeMap<String, &RawValue>>(&json).map_err(|source| failed("", source))?;
    fields.keys().try_for_each(|name| name::check(name))?;
    lines(fields.iter().map(|(name, field)| (name.as_str(), field.get())))
}

fn json_of(name: &str, value: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    match check(value) {
        Ok(()) => json(value).and_then(readable).map_err(|source| failed(name, source)),
        Err(Problem::NotFinite(path)) => {
            let separator = if name.is_empty() || path.is_empty() { "" } else { "." };
            Err(Error::NotFinite { name: format!("{name}{separator}{path}") })
        }
        Err(problem) => Err(failed(name, serde::ser::Error::custom(problem))),
    }
}

/// Refuses JSON that a value brought along and that no server reads, such as the number `1e999`.
fn readable(json: String) -> serde_json::Result<String> {
    serde_json::from_str::<serde_json::Value>(&json).map(|_| json)
}

fn failed(name: &str, source: serde_json::Error) -> Error {
    Error::Serialize { name: if name.is_empty() { "outputs" } else { name }.to_owned(), source }
}

/// Joins outputs to messages that fit in a line each; servers merge them.
fn lines<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<String>, Error> {
    const BEGIN: &str = r#"{"outputs":{"#;
    const END: &str = "}}";
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in outputs.into_iter().filter(|(_, value)| *value != "null") {
        let entry = format!("{}:{value}", json(name).map_err(|source| failed(name, source))?);
        if has_null(&entry) {
            return Err(Error::NullCharacter { name: name.to_owned() });
        }
        let free = LIMIT - FRAME - END.len();
        match lines.last_mut() {
            Some(line) if line.len() + 1 + entry.len() <= free => {
                line.push(',');
                line.push_str(&entry);
            }
            _ if BEGIN.len() + entry.len() <= free => lines.push(format!("{BEGIN}{entry}")),
            _ => {
                let length = BEGIN.len() + entry.len() + END.len() + FRAME;
                return Err(Error::TooLong { name: name.to_owned(), length });
            }
        }
    }
    for line in &mut lines {
        line.push_str(END);
    }
    Ok(lines)
}

fn write_lines(lines: Vec<String>) -> Result<(), Error> {
    lines.iter().try_for_each(|line| write(Start::NewLine, line))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::strict_reader::{Seen, read};

    fn sent(value: &(impl Serialize + ?Sized)) -> Map<String, Value> {
        let mut all = Map::new();
        for line in lines_of(value).unwrap() {
            assert!(line.len() + FRAME <= LIMIT, "{line}");
            assert!(line.is_ascii(), "{line}");
            match read(format!("::{line}::").as_bytes()).as_slice() {
                [Seen::Outputs(outputs)] => all.extend(outputs.clone()),
                other => panic!("{other:?}"),
            }
        }
        all
    }

    #[test]
    fn outputs_that_do_not_fit_in_a_line_take_several() {
        let many: BTreeMap<String, String> =
            (0..100).map(|n| (format!("key-{n}"), "x".repeat(100))).collect();
        assert_eq!(lines_of(&many).unwrap().len(), 3);
        assert_eq!(Value::Object(sent(&many)), json!(many));
    }

    #[test]
    fn the_longest_output_fits_and_one_byte_more_does_not() {
        let around = r#"{"outputs":{"a":""}}"#.len() + FRAME;
        let text = "x".repeat(LIMIT - around);
        assert_eq!(sent(&json!({"a": text}))["a"], text);
        let error = lines_of(&json!({"b": 1, "a": format!("{text}x")})).unwrap_err();
        assert!(matches!(&error, Error::TooLong { name, length: 4096 } if name == "a"), "{error}");
        assert!(error.to_string().contains("output_file"), "{error}");
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_by_their_path() {
        #[derive(Serialize)]
        struct Report {
            ratio: f64,
            parts: BTreeMap<&'static str, Vec<f32>>,
        }
        for (report, path) in [
            (Report { ratio: f64::NAN, parts: BTreeMap::new() }, "ratio"),
            (Report { ratio: 1.0, parts: BTreeMap::from([("a", vec![f32::INFINITY])]) }, "parts.a"),
        ] {
            match lines_of(&report).unwrap_err() {
                Error::NotFinite { name } => assert_eq!(name, path),
                other => panic!("{other}"),
            }
        }
        assert!(matches!(output("x", f64::NEG_INFINITY), Err(Error::NotFinite { name }) if name == "x"));
    }

    #[test]
    fn what_has_no_form_as_outputs_is_refused() {
        assert!(matches!(lines_of(&[1, 2]), Err(Error::NotAnObject)));
        assert!(matches!(lines_of("text"), Err(Error::NotAnObject)));
        assert!(matches!(output(" ", 1), Err(Error::InvalidName { .. })));
        assert!(matches!(lines_of(&json!({"": 1})), Err(Error::InvalidName { .. })));
        assert!(matches!(lines_of(&BTreeMap::from([(vec![1], 1)])), Err(Error::Serialize { .. })));
        let deep = (0..600).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(lines_of(&json!({"deep": deep})), Err(Error::Serialize { .. })));
    }

    #[test]
    fn a_null_is_left_out_and_large_integers_are_exact() {
        assert_eq!(lines_of(&json!({"a": null})).unwrap(), [""; 0]);
        assert_eq!(
            lines_of(&BTreeMap::from([("n", u128::MAX)])).unwrap(),
            [format!(r#"{{"outputs":{{"n":{}}}}}"#, u128::MAX)]
        );
        assert_eq!(lines_of(&BTreeMap::from([("n", 0.1_f32)])).unwrap(), [r#"{"outputs":{"n":0.1}}"#]);
    }

    #[test]
    fn json_that_is_passed_on_is_one_line_of_ascii() {
        let raw = |text: &str| BTreeMap::from([("a", RawValue::from_string(text.to_owned()).unwrap())]);
        let lines = lines_of(&raw("{\n \"ä\": \"\u{2028}\"\r\n}")).unwrap();
        assert_eq!(lines, ["{\"outputs\":{\"a\":{  \"\\u00e4\": \"\\u2028\"  }}}"]);
        assert!(matches!(lines_of(&raw("1e999")), Err(Error::Serialize { .. })));
    }

    #[test]
    fn a_null_character_is_refused() {
        let raw = RawValue::from_string(r#"["\u0000"]"#.to_owned()).unwrap();
        for lines in [
            lines_of(&json!({"a": "\0"})),
            lines_of(&json!({"a": {"b\0": [1]}})),
            lines_of(&json!({"a": "\\\0"})),
            lines_of(&BTreeMap::from([("a", raw)])),
        ] {
            assert!(matches!(lines, Err(Error::NullCharacter { name }) if name == "a"));
        }
        let text = json!({"a": r"\u0000 \\u0000 \"});
        assert_eq!(Value::Object(sent(&text)), text);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
            "(?s).{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("(?s).{0,12}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn servers_read_what_was_reported(outputs in prop::collection::btree_map("[^ ]{1,12}", values(), 0..30)) {
            let value = Value::Object(outputs.into_iter().filter(|(name, _)| !name.trim().is_empty()).collect());
            match lines_of(&value) {
                Ok(_) => prop_assert_eq!(Value::Object(sent(&value)), value),
                Err(Error::TooLong { name, length }) => {
                    prop_assert!(length > LIMIT && value.get(&name).is_some());
                }
                Err(Error::NullCharacter { .. }) => prop_assert!(value.to_string().contains("\\u0000")),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
