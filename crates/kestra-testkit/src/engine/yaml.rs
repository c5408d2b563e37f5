//! Reading YAML as the server reads it, with messages of the same build.

use serde_json::Value;

use super::flow_problem::FlowProblem;
use crate::dialect::Dialect;

/// Why a text is no YAML, and where.
#[derive(Clone, Debug)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    pub(crate) line: u64,
}

/// Reads one document; an empty one is null. `on`, `off`, `yes` and `no` are booleans too.
pub(crate) fn read(source: &str) -> Result<Value, YamlError> {
    if source.trim().is_empty() {
        return Ok(Value::Null);
    }
    let options = serde_saphyr::options! { strict_booleans: has_letters(source) };
    serde_saphyr::from_str_with_options::<Value>(source, options).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let cause = error.without_snippet().to_string();
        let cause = cause.lines().next().unwrap_or_default();
        let text = source.lines().nth(usize::try_from(line.saturating_sub(1)).unwrap_or_default()).unwrap_or("");
        let indent = " ".repeat(usize::try_from(column.saturating_sub(1)).unwrap_or_default());
        let message = format!(
            "while parsing a YAML document\n in 'reader', line {line}, column {column}:\n    {text}\n    {indent}^\n\
             {cause}\n\n at [Source: (StringReader); line: {line}, column: {column}]"
        );
        YamlError { message, line }
    })
}

/// Whether a bare `y` or `n` stands for itself somewhere: no server takes it for a boolean, unlike the parser.
fn has_letters(source: &str) -> bool {
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | ':');
    source.split(separates).any(|word| matches!(word, "y" | "Y" | "n" | "N"))
}

/// Reads a flow's source into JSON.
pub(crate) fn flow_value(source: &str, dialect: Dialect) -> Result<Value, FlowProblem> {
    match read(source) {
        Err(error) => Err(FlowProblem::syntax(&error.message, error.line, dialect)),
        Ok(Value::Null) => Err(FlowProblem::syntax(
            "No content to map due to end-of-input\n at [Source: (StringReader); line: 1, column: 1]",
            1,
            dialect,
        )),
        Ok(value) => Ok(value),
    }
}

/// Splits a text into documents at lines that are `---`.
pub(crate) fn documents(source: &str) -> Vec<String> {
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
    fn words_are_booleans_letters_are_not() {
        let first = |text: &str| read(text).ok().and_then(|value| value.get(0).cloned());
        assert_eq!(first("[off, x]"), Some(Value::Bool(false)));
        assert_eq!(first("[yes, x]"), Some(Value::Bool(true)));
        assert_eq!(first("['off', x]"), Some(Value::from("off")));
        assert_eq!(first("[y, n]"), Some(Value::from("y")));
    }

    #[test]
    fn an_error_says_where() {
        let error = read("id: [").err().map(|error| error.line);
        assert_eq!(error, Some(1));
    }
}
