//! Tells without a server what a server would refuse.

mod cron;
mod expressions;
mod finding;
mod inputs;
mod kind;
mod pattern;
mod replaced;
mod rules;
mod scalar;
mod schema;
mod values;
mod walk;

use std::sync::LazyLock;

pub use finding::{Finding, Severity};
pub use schema::{Schema, SchemaError};

use crate::read::trees;
use walk::Walk;

/// A line of Kestra's versions whose types this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Release {
    /// Kestra 1.0 to 1.2, by the types of 1.0.3.
    V1_0,
    /// Kestra 1.3 and later of 1.x, by the types of 1.3.25.
    V1_3,
    /// Kestra 2.0 and later.
    V2_0,
}

impl Release {
    /// Returns the line of a version by its first two numbers.
    #[must_use]
    pub const fn of(major: u16, minor: u16) -> Self {
        match (major, minor) {
            (0, _) | (1, 0..=2) => Self::V1_0,
            (1, _) => Self::V1_3,
            _ => Self::V2_0,
        }
    }

    /// Returns the types that Kestra itself has; those of plugins are not known.
    pub(super) fn schema(self) -> &'static Schema {
        static SCHEMAS: [LazyLock<Schema>; 3] = [
            LazyLock::new(|| {
                read(concat!(
                    include_str!("../../schemas/1.0.txt"),
                    include_str!("../../schemas/1.0-more.txt")
                ))
            }),
            LazyLock::new(|| {
                read(concat!(
                    include_str!("../../schemas/1.3.txt"),
                    include_str!("../../schemas/1.3-more.txt")
                ))
            }),
            LazyLock::new(|| {
                read(concat!(
                    include_str!("../../schemas/2.0.txt"),
                    include_str!("../../schemas/2.0-more.txt")
                ))
            }),
        ];
        let [v1_0, v1_3, v2_0] = &SCHEMAS;
        match self {
            Self::V1_0 => v1_0,
            Self::V1_3 => v1_3,
            Self::V2_0 => v2_0,
        }
    }
}

/// Reads a condensed schema; a test holds that each is one.
fn read(text: &str) -> Schema {
    Schema::condensed(text).unwrap_or_default()
}

/// Returns what a server of this version refuses in the source of a flow, in the order of the source.
///
/// The types of Kestra itself are known; of a task of another plugin nothing but its `type` is read. What the server would take but
/// may not do as it says is a [`Severity::Warning`].
///
/// ```
/// use kestra_flow::{Release, check};
///
/// let source = "id: hello\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    mesage: hi\n";
/// let findings = check(source, Release::V2_0);
/// assert_eq!(findings[0].to_string(), "4:5: error: tasks[0]: `message` is missing");
/// assert_eq!(
///     findings[1].to_string(),
///     "6:5: error: tasks[0].mesage: unknown field `mesage`: did you mean `message`?"
/// );
/// ```
#[must_use]
pub fn check(source: &str, release: Release) -> Vec<Finding> {
    release.schema().check_for(source, Some(release))
}

impl Schema {
    /// Returns what the server of this schema refuses in the source of a flow, in the order of the source.
    ///
    /// See [`check`].
    #[must_use]
    pub fn check(&self, source: &str) -> Vec<Finding> {
        self.check_for(source, None)
    }

    fn check_for(&self, source: &str, release: Option<Release>) -> Vec<Finding> {
        let mut walk = Walk { schema: self, source, findings: Vec::new() };
        match trees(source) {
            Err(problem) => walk.findings.push(Finding {
                severity: Severity::Error,
                line: problem.line(),
                column: problem.column(),
                path: String::new(),
                message: problem.cause().to_owned(),
            }),
            Ok(documents) => {
                if let Some(second) = documents.get(1) {
                    let message = "only the first document is read: remove the others, or write them to files of their own";
                    walk.find(Severity::Warning, second.range.start, "", message.to_owned());
                }
                match (documents.first(), self.definitions.get(&self.root)) {
                    (Some(flow), Some(definition)) => {
                        walk.object(flow, definition, "");
                        rules::check(&mut walk, flow, release);
                    }
                    _ => walk.error(0, "", "there is no flow in the source"),
                }
            }
        }
        walk.findings.sort_by_key(|finding| (finding.line, finding.column));
        walk.findings
    }
}
