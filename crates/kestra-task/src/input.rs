use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;

use serde::de::DeserializeOwned;

use crate::{Error, name};

/// Reads an input of the flow from the environment of the task, where the block of [`env_block`] puts it.
///
/// The variable is `KESTRA_INPUT_` and the name of the input in capitals, with `_` for what is no letter and no digit; its value is
/// JSON. An input that is absent is `None` for an `Option`.
///
/// # Errors
///
/// - [`Error::MissingVariable`] if the variable is not set and the type is no `Option`
/// - [`Error::InvalidVariable`] if it is not JSON, or not of the type; the error does not have its value
///
/// ```no_run
/// let limit: u32 = kestra_task::input("limit")?;
/// let day: Option<String> = kestra_task::input("day")?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn input<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    let variable = variable(name);
    match read(&variable)? {
        Some(json) => serde_json::from_str(&json).map_err(|error| invalid(&variable, name, &error)),
        None => serde_json::from_str("null").map_err(|_| Error::MissingVariable { variable }),
    }
}

/// Which execution the program runs in, from the variables of [`env_block`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The id of the execution.
    pub execution_id: String,
    /// The namespace of the flow.
    pub namespace: String,
    /// The id of the flow.
    pub flow_id: String,
    /// The revision of the flow, counted from 1.
    pub flow_revision: u32,
    /// The id of the task.
    pub task_id: String,
    /// The id of the task run; each task run of a loop has its own.
    pub task_run_id: String,
}

/// The variables of a [`Context`], and the expressions that they are rendered from.
const CONTEXT: [(&str, &str); 6] = [
    ("KESTRA_EXECUTION_ID", "execution.id"),
    ("KESTRA_FLOW_NAMESPACE", "flow.namespace"),
    ("KESTRA_FLOW_ID", "flow.id"),
    ("KESTRA_FLOW_REVISION", "flow.revision"),
    ("KESTRA_TASK_ID", "task.id"),
    ("KESTRA_TASK_RUN_ID", "taskrun.id"),
];

impl Context {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// - [`Error::MissingVariable`] if one of them is not set
    /// - [`Error::InvalidVariable`] if the revision is no number
    pub fn from_env() -> Result<Self, Error> {
        let text = |place: usize| {
            let variable = CONTEXT[place].0;
            read(variable)?.ok_or_else(|| Error::MissingVariable { variable: variable.to_owned() })
        };
        let revision = text(3)?.parse().map_err(|_| Error::InvalidVariable {
            variable: CONTEXT[3].0.to_owned(),
            problem: "not a whole number".to_owned(),
        });
        Ok(Self {
            execution_id: text(0)?,
            namespace: text(1)?,
            flow_id: text(2)?,
            flow_revision: revision?,
            task_id: text(4)?,
            task_run_id: text(5)?,
        })
    }
}

/// Returns the variables that [`input`] and [`Context::from_env`] read, each with the expression that Kestra renders it from.
///
/// They are the entries of the task's `env`. [`env_block`] returns them as YAML.
///
/// # Errors
///
/// - [`Error::InvalidName`] if one is no name of an input
/// - [`Error::SameVariable`] if two inputs differ only in capitals or in what is no letter and no digit
pub fn env_variables(inputs: &[&str]) -> Result<Vec<(String, String)>, Error> {
    let mut all: Vec<(String, String)> = CONTEXT
        .iter()
        .map(|(variable, expression)| ((*variable).to_owned(), format!("{{{{ {expression} }}}}")))
        .collect();
    let mut known = BTreeMap::new();
    for &input in inputs {
        let expression = expression(input)?;
        let variable = variable(input);
        match known.insert(variable.clone(), input) {
            None => all.push((variable, format!("{{{{ ({expression} ?? null) | toJson }}}}"))),
            Some(same) if same == input => {}
            Some(other) => return Err(Error::SameVariable { inputs: [other.to_owned(), input.to_owned()] }),
        }
    }
    Ok(all)
}

/// Returns the `env` block that a task of the flow needs for [`input`] and [`Context::from_env`], as YAML.
///
/// Secrets among the inputs become part of the environment of the process, as its other variables.
///
/// # Errors
///
/// Those of [`env_variables`].
///
/// ```
/// let block = kestra_task::env_block(&["day", "limit"])?;
/// assert!(block.contains("KESTRA_INPUT_DAY: '{{ (inputs.day ?? null) | toJson }}'"));
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn env_block(inputs: &[&str]) -> Result<String, Error> {
    let variables = env_variables(inputs)?;
    let lines = variables.iter().map(|(variable, expression)| format!("  {variable}: '{expression}'\n"));
    Ok(std::iter::once("env:\n".to_owned()).chain(lines).collect())
}

/// Returns the expression that reads an input.
fn expression(input: &str) -> Result<String, Error> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let mut expression = String::from("inputs");
    for part in input.split('.') {
        if part.is_empty() || !part.bytes().all(is_allowed) {
            return Err(name::refuse(
                input,
                "an input's name has letters of ASCII, digits, `_`, `-` and single dots",
            ));
        }
        // A minus would subtract, and a digit begin a number.
        let is_word = !part.contains('-') && !part.starts_with(|char: char| char.is_ascii_digit());
        let _ = if is_word { write!(expression, ".{part}") } else { write!(expression, "[\"{part}\"]") };
    }
    Ok(expression)
}

fn variable(input: &str) -> String {
    let capitals =
        input.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' });
    "KESTRA_INPUT_".chars().chain(capitals).collect()
}

fn read(variable: &str) -> Result<Option<String>, Error> {
    match env::var(variable) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Error::InvalidVariable { variable: variable.to_owned(), problem: "not UTF-8".to_owned() })
        }
    }
}

/// Says what was expected, without the value, which may be a secret.
fn invalid(variable: &str, input: &str, error: &serde_json::Error) -> Error {
    let problem = if error.is_data() {
        let text = error.to_string();
        match text.rsplit_once(", expected ") {
            Some((_, expected)) => format!("not of the type that the program reads: expected {expected}"),
            None => "not of the type that the program reads".to_owned(),
        }
    } else {
        let expression = expression(input).unwrap_or_else(|_| "inputs..".to_owned());
        format!("not JSON: set it to `{{{{ {expression} | toJson }}}}`")
    };
    Error::InvalidVariable { variable: variable.to_owned(), problem }
}
