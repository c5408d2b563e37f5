use std::{error, fmt, io};

use crate::line::LIMIT;

/// What can go wrong when a task reads an input or reports something.
///
/// No value of an input or an output is part of its text.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The output does not fit in one line.
    #[non_exhaustive]
    TooLong {
        /// The name of the output.
        name: String,
        /// The length of the line in bytes.
        length: usize,
    },
    /// A number is not finite, which JSON has no form for.
    #[non_exhaustive]
    NotFinite {
        /// The name of the output or metric.
        name: String,
    },
    /// A string has the character U+0000, which servers drop or fail on.
    #[non_exhaustive]
    NullCharacter {
        /// The name of the output or metric.
        name: String,
    },
    /// A metric is larger than servers can store or add up.
    #[non_exhaustive]
    OutOfRange {
        /// The name of the metric.
        name: String,
    },
    /// A name is empty, or one that a file of a task cannot have.
    #[non_exhaustive]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with the name.
        problem: &'static str,
    },
    /// [`outputs`](crate::outputs) was called with a value that is no struct and no map.
    NotAnObject,
    /// The value cannot be written as JSON.
    #[non_exhaustive]
    Serialize {
        /// The name of the output.
        name: String,
        /// The reason.
        source: serde_json::Error,
    },
    /// An environment variable is not set.
    #[non_exhaustive]
    MissingVariable {
        /// The name of the environment variable.
        variable: String,
    },
    /// An environment variable is not of the type that the program reads.
    #[non_exhaustive]
    InvalidVariable {
        /// The name of the environment variable.
        variable: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// Two inputs would share an environment variable.
    #[non_exhaustive]
    SameVariable {
        /// The two inputs.
        inputs: [String; 2],
    },
    /// An output file could not be written.
    #[non_exhaustive]
    File {
        /// The name of the file.
        name: String,
        /// The reason.
        source: io::Error,
    },
    /// Standard output could not be written.
    Write(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { name, length } => write!(
                f,
                "output `{name}`: {length} bytes do not fit in a line of {LIMIT}: write it to `kestra_task::output_file` and \
                 list the file in the task's `outputFiles`"
            ),
            Self::NotFinite { name } => {
                write!(f, "`{name}`: a number is NaN or infinite: send a finite number")
            }
            Self::NullCharacter { name } => write!(
                f,
                "`{}`: a string contains the character U+0000, which servers drop or fail on: remove it",
                name.escape_debug()
            ),
            Self::OutOfRange { name } => {
                write!(f, "metric `{name}`: the value is too large for a server: report it in a larger unit")
            }
            Self::InvalidName { name, problem } => write!(f, "name `{}`: {problem}", name.escape_debug()),
            Self::NotAnObject => {
                f.write_str("outputs: not a struct or map: call `output` with a name for the value")
            }
            Self::Serialize { name, source } => write!(f, "output `{name}`: not valid as JSON: {source}"),
            Self::MissingVariable { variable } => write!(
                f,
                "environment variable `{variable}` is not set: add the block that `kestra_task::env_block` returns to the task"
            ),
            Self::InvalidVariable { variable, problem } => {
                write!(f, "environment variable `{variable}`: {problem}")
            }
            Self::SameVariable { inputs: [first, second] } => write!(
                f,
                "inputs `{first}` and `{second}` have the same environment variable: rename one of them"
            ),
            Self::File { name, source } => write!(f, "output file `{name}`: {source}"),
            Self::Write(problem) => write!(f, "standard output: {problem}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Serialize { source, .. } => Some(source),
            Self::File { source, .. } | Self::Write(source) => Some(source),
            _ => None,
        }
    }
}
