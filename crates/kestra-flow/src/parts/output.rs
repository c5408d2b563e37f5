//! Outputs.

use super::part;
use crate::{Map, Node};

part! {
    /// An output of a flow. Executions have its value once they have ended.
    Output with id and type
}

impl Output {
    /// Creates an output of a type, such as `STRING`, with an expression as its value.
    ///
    /// ```
    /// use kestra_flow::{Output, Task};
    ///
    /// let answer = Task::returns("answer", "42");
    /// let output = Output::new("answer", "INT", answer.output("value"));
    /// ```
    #[must_use]
    pub fn new(id: impl Into<String>, kind: impl Into<String>, value: impl Into<Node>) -> Self {
        Self(Map::new().with("id", id.into()).with("type", kind.into()).with("value", value))
    }
}
