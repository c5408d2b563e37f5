//! Why a recorded request can't be made with a builder.

use std::fmt;

/// Why a recorded request can't be made with a builder: nobody can send it with this client by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The rule, which many recordings may share.
    pub rule: &'static str,
    /// What it applies to.
    pub what: String,
}

impl Obstacle {
    /// An obstacle.
    pub fn new(rule: &'static str, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.rule, self.what)
    }
}
