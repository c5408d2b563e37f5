//! Which fields and comparisons a resource can be filtered by.

use super::Comparison;
use crate::dialect::Dialect;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Flow,
    Execution,
    Log,
    Trigger,
    Kv,
    Secret,
    Namespace,
}

/// Names that 1.0 knows, of any resource.
const KNOWN_1_0: &[&str] = &[
    "q",
    "scope",
    "namespace",
    "labels",
    "flowId",
    "startDate",
    "endDate",
    "state",
    "timeRange",
    "triggerExecutionId",
    "triggerId",
    "executionId",
    "childFilter",
    "workerId",
    "existingOnly",
    "level",
];

/// Names that came until 1.3.
const KNOWN_1_3: &[&str] = &[
    "metadata",
    "triggerState",
    "parentPath",
    "type",
    "taskRunId",
    "path",
    "flowRevision",
    "assetId",
    "id",
    "expirationDate",
    "kind",
    "created",
    "version",
    "updated",
    "taskId",
    "username",
];

/// Names that came with 2.0.
const KNOWN_2_0: &[&str] = &[
    "attemptNumber",
    "source",
    "action",
    "details",
    "locked",
    "policyScope",
    "enforcement",
    "groupList",
    "tags",
    "name",
    "assignee",
    "status",
    "instance_owner",
    "nextExecutionDate",
    "external_id",
    "expired_at",
    "enabled",
    "artifactId",
    "email",
    "severity",
    "resources",
    "userId",
    "parentId",
    "lastTriggeredDate",
];

const ALL_DATES: &[Comparison] = &[
    Comparison::AT_LEAST,
    Comparison::GREATER_THAN,
    Comparison::AT_MOST,
    Comparison::LESS_THAN,
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
];
const TEXT: &[Comparison] = &[
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::CONTAINS,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::REGEX,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::PREFIX,
];
const TEXT_1_0: &[Comparison] = &[
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::CONTAINS,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::REGEX,
];
const PLAIN_TEXT: &[Comparison] = &[
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::CONTAINS,
];
const CHOICE: &[Comparison] =
    &[Comparison::EQUALS, Comparison::NOT_EQUALS, Comparison::IN, Comparison::NOT_IN];
const SAME: &[Comparison] = &[Comparison::EQUALS, Comparison::NOT_EQUALS];
const LABELS: &[Comparison] =
    &[Comparison::EQUALS, Comparison::NOT_EQUALS, Comparison::IN, Comparison::NOT_IN, Comparison::CONTAINS];
const LABELS_2_0: &[Comparison] = &[
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::CONTAINS,
    Comparison::NOT_CONTAINS,
    Comparison::IS_NULL,
    Comparison::IS_NOT_NULL,
];
const LEVEL_2_0: &[Comparison] =
    &[Comparison::AT_LEAST, Comparison::AT_MOST, Comparison::IN, Comparison::NOT_IN];
/// A range becomes a start date before the comparison is looked at.
const ANY: &[Comparison] = &[
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::GREATER_THAN,
    Comparison::LESS_THAN,
    Comparison::AT_LEAST,
    Comparison::AT_MOST,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::CONTAINS,
    Comparison::REGEX,
    Comparison::PREFIX,
];
const EXACT: &[Comparison] = &[Comparison::EQUALS];

impl Resource {
    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flow => "FLOW",
            Self::Execution => "EXECUTION",
            Self::Log => "LOG",
            Self::Trigger => "TRIGGER",
            Self::Kv => "KV_METADATA",
            Self::Secret => "SECRET_METADATA",
            Self::Namespace => "NAMESPACE",
        }
    }

    /// The fields it can be filtered by.
    pub(crate) fn fields(self, dialect: Dialect) -> Vec<&'static str> {
        let mut fields: Vec<&'static str> = match self {
            Self::Flow => vec!["labels", "namespace", "q", "scope"],
            Self::Execution => vec![
                "q",
                "scope",
                "flowId",
                "startDate",
                "endDate",
                "timeRange",
                "state",
                "labels",
                "triggerExecutionId",
                "childFilter",
                "namespace",
            ],
            Self::Log => vec![
                "q",
                "scope",
                "namespace",
                "startDate",
                "endDate",
                "timeRange",
                "flowId",
                "triggerId",
                "level",
                "executionId",
            ],
            Self::Trigger => {
                vec!["q", "scope", "namespace", "workerId", "flowId", "startDate", "endDate", "triggerId"]
            }
            Self::Kv => vec!["q", "namespace", "updated", "expirationDate"],
            Self::Secret => vec!["q", "namespace"],
            Self::Namespace => vec!["existingOnly"],
        };
        if dialect >= Dialect::V1_3 {
            match self {
                Self::Flow => fields.push("flowId"),
                Self::Execution => fields.push("kind"),
                Self::Trigger => fields.push("triggerState"),
                Self::Log | Self::Kv | Self::Secret | Self::Namespace => {}
            }
        }
        if dialect.is_v2() {
            if self == Self::Trigger {
                fields.retain(|field| !matches!(*field, "startDate" | "endDate"));
            }
            match self {
                Self::Flow | Self::Kv | Self::Secret => {}
                Self::Execution => fields.extend(["parentId", "taskId"]),
                Self::Log => fields.extend(["taskId", "taskRunId", "attemptNumber", "kind"]),
                Self::Trigger => {
                    fields.extend(["source", "locked", "lastTriggeredDate", "nextExecutionDate"]);
                }
                Self::Namespace => fields.extend(["namespace", "q"]),
            }
        }
        fields
    }
}

/// The field of a wire name, if the dialect knows it for any resource.
pub(crate) fn field_named(name: &str, dialect: Dialect) -> Option<&'static str> {
    known(dialect).into_iter().find(|known| *known == name)
}

/// All wire names that a dialect knows.
pub(crate) fn known(dialect: Dialect) -> Vec<&'static str> {
    let mut names = KNOWN_1_0.to_vec();
    if dialect >= Dialect::V1_3 {
        names.extend(KNOWN_1_3);
    }
    if dialect.is_v2() {
        names.extend(KNOWN_2_0);
    }
    names
}

/// The comparison of a wire name, if the dialect has it for any field.
pub(crate) fn comparison_named(name: &str, dialect: Dialect) -> Option<Comparison> {
    let newer = LABELS_2_0.iter().filter(|_| dialect.is_v2());
    ANY.iter().chain(newer).find(|comparison| comparison.name() == name).copied()
}

/// The comparisons that a field allows.
pub(crate) fn operations(field: &str, dialect: Dialect) -> &'static [Comparison] {
    let old = dialect < Dialect::V1_3;
    match field {
        "flowId" if old => TEXT_1_0,
        "labels" if old => SAME,
        "namespace" | "flowId" => TEXT,
        "state" | "kind" | "parentId" | "flowRevision" | "attemptNumber" => CHOICE,
        "labels" if dialect.is_v2() => LABELS_2_0,
        "labels" | "metadata" => LABELS,
        "startDate" | "endDate" | "created" | "updated" | "expirationDate" | "lastTriggeredDate"
        | "nextExecutionDate" => ALL_DATES,
        "locked" | "source" => EXACT,
        "existingOnly" | "triggerState" | "version" => SAME,
        "timeRange" => ANY,
        "scope" if dialect.is_v2() => CHOICE,
        "level" if dialect.is_v2() => LEVEL_2_0,
        "q" | "childFilter" | "level" | "scope" => SAME,
        _ => PLAIN_TEXT,
    }
}

/// The name of a field in messages: `START_DATE`.
pub(crate) fn shouted(field: &str, dialect: Dialect) -> String {
    match field {
        "q" => "QUERY".to_owned(),
        "level" if !dialect.is_v2() => "MIN_LEVEL".to_owned(),
        _ => field.chars().fold(String::new(), |mut name, c| {
            if c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
            name
        }),
    }
}
