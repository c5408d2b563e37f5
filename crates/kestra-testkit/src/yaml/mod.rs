//! What servers make of a source of YAML: JSON values, and errors in their words.

mod error;
mod number;

use serde_json::Value;

pub use error::YamlError;
pub use number::text;

/// Reads the first document; `null` if there is none.
///
/// # Errors
///
/// The document isn't YAML, or a server doesn't read it.
pub fn read(source: &str) -> Result<Value, YamlError> {
    Ok(kestra_flow::read(source)?.into())
}

/// Reads each document of a source.
///
/// # Errors
///
/// As [`read`], for any of the documents.
pub fn read_all(source: &str) -> Result<Vec<Value>, YamlError> {
    Ok(kestra_flow::read_all(source)?.into_iter().map(Value::from).collect())
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
    use super::*;

    #[test]
    fn documents_are_split_at_lines_of_dashes() {
        assert_eq!(documents("a\n---\nb\n"), ["a\n", "b\n"]);
        assert_eq!(documents("---\na: '---'\n"), ["a: '---'\n"]);
        assert_eq!(documents("one"), ["one"]);
    }

    #[test]
    fn strings_take_scalars_as_their_text() {
        let written = |source: &str| text(&read(source).unwrap()["x"]);
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
    fn an_error_is_arranged_as_servers_do_it() {
        let error = read("a: 1\nid: [").unwrap_err();
        assert!(
            error.message.starts_with("while parsing a YAML document\n in 'reader', line 2, column"),
            "{error}"
        );
        assert!(error.message.ends_with(&format!("line: 2, column: {}]", error.column)), "{error}");
    }
}
