//! Reads YAML as Kestra's servers do: YAML 1.1 by SnakeYAML's rules for scalars, with what Jackson makes of them.
//!
//! This module uses nothing else of the crate. What differs from other readers:
//!
//! - `yes`, `on`, `off` and `no` are booleans, `012` is 10; `08`, `0o17`, `1:30` and dates are strings.
//! - Of several documents only the first is read.
//! - The last of several equal keys wins.
//! - An alias is the name of its anchor as a string, whether the anchor exists or not, and no alias is a key.
//! - `<<` is a key like any other.
//! - A string field takes a number or a boolean as [`text`] writes it.

mod error;
mod number;
mod plain;
mod reader;

use serde_json::Value;

pub use error::YamlError;
pub use number::text;

/// Reads the first document; `null` if there is none.
///
/// # Errors
///
/// The document isn't YAML, or a server doesn't read it.
pub fn read(source: &str) -> Result<Value, YamlError> {
    Ok(reader::read(source)?.into_iter().next().unwrap_or_default())
}

/// Reads each document of a source.
///
/// # Errors
///
/// As [`read`], for any of the documents.
pub fn read_all(source: &str) -> Result<Vec<Value>, YamlError> {
    reader::read_all(source)
}

/// Splits a source into documents at lines that are `---`.
#[must_use]
pub fn documents(source: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in source.split_inclusive('\n') {
        if line.trim_end() == "---" {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push_str(line);
        }
    }
    if all.len() > 1 && all[0].trim().is_empty() {
        all.remove(0);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(source: &str) -> Value {
        read(source).unwrap_or_else(|error| Value::from(error.message))
    }

    #[test]
    fn documents_are_split_at_lines_of_dashes() {
        assert_eq!(documents("a\n---\nb\n"), ["a\n", "b\n"]);
        assert_eq!(documents("---\na: '---'\n"), ["a: '---'\n"]);
        assert_eq!(documents("one"), ["one"]);
    }

    #[test]
    fn plain_scalars_are_read_by_the_rules_of_servers() {
        for (text, expected) in [
            ("yes", json!(true)),
            ("On", json!(true)),
            ("NO", json!(false)),
            ("off", json!(false)),
            ("'off'", json!("off")),
            ("y", json!("y")),
            ("N", json!("N")),
            ("yEs", json!("yEs")),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("nULL", json!("nULL")),
            ("''", json!("")),
            ("012", json!(10)),
            ("-012", json!(-10)),
            ("0x1F", json!(31)),
            ("0X1F", json!("0X1F")),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("+1", json!(1)),
            ("0", json!(0)),
            ("08", json!("08")),
            ("0o17", json!("0o17")),
            ("1:30", json!("1:30")),
            ("2026-01-02", json!("2026-01-02")),
            ("1e3", json!(1000.0)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("-.5", json!("-.5")),
            ("08.5", json!(8.5)),
            ("1_0.5", json!(10.5)),
            ("1.2.3", json!("1.2.3")),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
            ("123456789012345678901", json!("123456789012345678901")),
            ("!!str 12", json!("12")),
            ("!!int \"12\"", json!(12)),
            ("!!bool 'yes'", json!(true)),
            ("!!float 1", json!(1.0)),
            ("!other 12", json!("12")),
            ("! 12", json!("12")),
            ("|\n  12", json!("12")),
        ] {
            assert_eq!(value(&format!("x: {text}"))["x"], expected, "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "1:30.5", "1e999"] {
            assert!(read(&format!("x: {text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn strings_take_scalars_as_their_text() {
        let written = |source: &str| text(&value(source)["x"]);
        for (source, expected) in [
            ("x: 1e3", "1000.0"),
            ("x: 1e7", "1.0E7"),
            ("x: 0.001", "0.001"),
            ("x: 0.0001", "1.0E-4"),
            ("x: -1.50", "-1.5"),
            ("x: 012", "10"),
            ("x: yes", "true"),
            ("x: 1_000", "1000"),
            ("x: a", "a"),
        ] {
            assert_eq!(written(source).as_deref(), Some(expected), "{source}");
        }
        assert_eq!(written("x: [1]"), None);
    }

    #[test]
    fn keys_are_text_and_the_last_of_equal_ones_wins() {
        assert_eq!(value("a: 1\nb: 2\na: 3"), json!({"a": 3, "b": 2}));
        assert_eq!(value("yes: 1\n012: 2\n~: 3"), json!({"yes": 1, "012": 2, "~": 3}));
        assert_eq!(value("\"\\x64eleted\": true"), json!({"deleted": true}));
        assert_eq!(value("? a\n: 1"), json!({"a": 1}));
        for source in ["[a]: 1", "? {a: 1}\n: 2", "x: &a b\n*a : 1"] {
            let refused = read(source).map_err(|error| error.message.contains("Expected a field name"));
            assert_eq!(refused, Err(true), "{source}");
        }
    }

    #[test]
    fn aliases_are_names() {
        assert_eq!(value("a: &x 1\nb: *x\nc: *nowhere"), json!({"a": 1, "b": "x", "c": "nowhere"}));
        assert_eq!(value("a: &x {b: 1}\n<<: *x"), json!({"a": {"b": 1}, "<<": "x"}));
    }

    #[test]
    fn only_the_first_document_counts() {
        assert_eq!(value("a: 1\n---\nb: ["), json!({"a": 1}));
        assert_eq!(value("---\na: 1\n...\n"), json!({"a": 1}));
        assert_eq!(value("# nothing\n"), json!(null));
        assert_eq!(read_all("a: 1\n---\nb: 2").ok(), Some(vec![json!({"a": 1}), json!({"b": 2})]));
        assert!(read_all("a: 1\n---\nb: [").is_err());
    }

    #[test]
    fn lines_may_end_as_in_yaml_1_1() {
        assert_eq!(value("a: 1\u{85}b: 2\rc: 3\r\nd: 4"), json!({"a": 1, "b": 2, "c": 3, "d": 4}));
        assert_eq!(value("\u{feff}a: 1"), json!({"a": 1}));
        assert!(read("a: \"\u{7}\"").is_err());
    }

    #[test]
    fn an_error_says_where() {
        let error = read("a: 1\nid: [").err().map(|error| error.line);
        assert_eq!(error, Some(2));
    }
}
