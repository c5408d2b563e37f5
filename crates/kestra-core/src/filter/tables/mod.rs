//! The fields of each resource, by version: from the servers' own list (`resourceToFilters` of 1.0), their refusals, and the
//! history of their source.

mod enterprise;

use crate::filter::operation::Operation::{
    AtLeast, AtMost, Contains, EndsWith, Equals, GreaterThan, In, IsNotNull, IsNull, LessThan, NotContains,
    NotEquals, NotIn, Prefix, Regex, StartsWith,
};
use crate::filter::operation::Operations;
use crate::filter::rules::{Allowed, Resource, Rule};
use crate::operation::OperationInfo;
use crate::version::Version;

const V1_1: Version = Version::new(1, 1, 0);
const V1_2: Version = Version::new(1, 2, 0);
const V2_0: Version = Version::new(2, 0, 0);

const EXACT: Operations = Operations::of(&[Equals]);
const SAME: Operations = Operations::of(&[Equals, NotEquals]);
const CHOICE: Operations = Operations::of(&[Equals, NotEquals, In, NotIn]);
const PARTS: Operations = Operations::of(&[Equals, NotEquals, StartsWith, EndsWith, Contains]);
const LISTS: Operations = Operations::of(&[In, NotIn]);
const ID: Operations = PARTS.and(CHOICE);
const TEXT: Operations = ID.and(Operations::of(&[Regex, Prefix]));
/// As ids, but with patterns.
const PATTERN_ID: Operations = ID.and(Operations::of(&[Regex]));
const PATTERN: Operations = PARTS.and(Operations::of(&[Regex]));
const DATE: Operations = SAME.and(Operations::of(&[GreaterThan, LessThan, AtLeast, AtMost]));
const WITHIN: Operations = Operations::of(&[Contains, NotContains]);
const PAIRS: Operations = SAME.and(WITHIN).and(Operations::of(&[IsNull, IsNotNull]));

const ALWAYS_SAME: &[Allowed] = &[Allowed::always(SAME)];
const ALWAYS_TEXT: &[Allowed] = &[Allowed::always(TEXT)];
const ALWAYS_ID: &[Allowed] = &[Allowed::always(ID)];
const ALWAYS_PATTERN_ID: &[Allowed] = &[Allowed::always(PATTERN_ID)];
const ALWAYS_DATE: &[Allowed] = &[Allowed::always(DATE)];
const ALWAYS_CHOICE: &[Allowed] = &[Allowed::always(CHOICE)];
const ALWAYS_EXACT: &[Allowed] = &[Allowed::always(EXACT)];
const CHOICE_2_0: &[Allowed] = &[Allowed::since(V2_0, CHOICE)];
const EXACT_2_0: &[Allowed] = &[Allowed::since(V2_0, EXACT)];
const SCOPE: &[Allowed] = &[Allowed::always(SAME), Allowed::since(V2_0, CHOICE)];
const ID_2_0: &[Allowed] = &[Allowed::since(V2_0, ID)];
const DATE_2_0: &[Allowed] = &[Allowed::since(V2_0, DATE)];
/// 1.2 gave the ids of flows the lists and the prefix that namespaces had.
const FLOW_ID: &[Allowed] = &[Allowed::always(PATTERN), Allowed::since(V1_2, TEXT)];
/// Without the lists that servers have: they read all values as one, and labels of several lists as alternatives.
const LABELS: &[Allowed] = &[Allowed::always(SAME), Allowed::since(V2_0, PAIRS)];
const ANY_LABEL: &[Allowed] =
    &[Allowed::since(V1_1, Operations::of(&[Contains])), Allowed::since(V2_0, WITHIN)];
const ANY_LABEL_OF_FLOWS: &[Allowed] = &[Allowed::since(V2_0, WITHIN)];
/// `EQUALS` is "at least" before 2.0, where `GREATER_THAN_OR_EQUAL_TO` took its place; each stands for the other.
const LEVEL: &[Allowed] = &[
    Allowed::always(Operations::of(&[Equals, AtLeast])),
    Allowed::until(V2_0, Operations::of(&[NotEquals])),
    Allowed::since(V2_0, LEVELS_2_0),
];
const LEVELS_2_0: Operations = Operations::of(&[AtMost, In, NotIn]);
const LEVEL_OF_EXECUTION: &[Allowed] =
    &[Allowed::always(Operations::of(&[Equals, AtLeast])), Allowed::since(V2_0, LEVELS_2_0)];
const ID_OF_EXECUTION: &[Allowed] = &[Allowed::always(EXACT), Allowed::since(V2_0, ID)];
const ATTEMPT_OF_EXECUTION: &[Allowed] = &[Allowed::always(EXACT), Allowed::since(V2_0, CHOICE)];
const SAME_2_0: &[Allowed] = &[Allowed::since(V2_0, SAME)];

const INSTEAD_OF_DATES: &str = "from 2.0 on use `lastTriggeredDate` or `nextExecutionDate`";

static EXECUTIONS: Resource = Resource {
    name: "executions",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("scope", SCOPE),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("flowId", FLOW_ID),
        Rule::new("startDate", ALWAYS_DATE),
        Rule::new("endDate", ALWAYS_DATE),
        Rule::new("timeRange", ALWAYS_EXACT),
        Rule::new("state", ALWAYS_CHOICE),
        Rule::new("labels", LABELS),
        Rule::of_any_entry("labels", ANY_LABEL),
        Rule::new("triggerExecutionId", ALWAYS_ID),
        Rule::new("childFilter", ALWAYS_SAME),
        Rule::new("kind", &[Allowed::since(V1_1, SAME), Allowed::since(V1_2, LISTS)]),
        Rule::new("parentId", CHOICE_2_0),
        Rule::new("taskId", ID_2_0),
    ]),
};

static FLOWS: Resource = Resource {
    name: "flows",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("scope", SCOPE),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("labels", LABELS),
        Rule::of_any_entry("labels", ANY_LABEL_OF_FLOWS),
        Rule::new("flowId", &[Allowed::since(V1_2, TEXT)]),
    ]),
};

static LOGS: Resource = Resource {
    name: "logs",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("scope", SCOPE),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("startDate", ALWAYS_DATE),
        Rule::new("endDate", ALWAYS_DATE),
        Rule::new("timeRange", ALWAYS_EXACT),
        Rule::new("flowId", FLOW_ID),
        Rule::new("triggerId", ALWAYS_ID),
        Rule::new("level", LEVEL).instead("say `at_least`, which every version has"),
        Rule::new("executionId", ALWAYS_ID),
        Rule::new("taskId", ID_2_0),
        Rule::new("taskRunId", ID_2_0),
        Rule::new("attemptNumber", CHOICE_2_0),
        Rule::new("kind", CHOICE_2_0),
    ]),
};

/// A wrong operation breaks the stream of a follow without a word.
static EXECUTION_LOGS: Resource = Resource {
    name: "logs of an execution",
    fields: Some(&[
        Rule::new("level", LEVEL_OF_EXECUTION).instead("say `at_least`, which every version has"),
        Rule::new("taskId", ID_OF_EXECUTION),
        Rule::new("taskRunId", ID_OF_EXECUTION),
        Rule::new("attemptNumber", ATTEMPT_OF_EXECUTION),
        Rule::new("q", SAME_2_0),
        Rule::new("startDate", DATE_2_0),
        Rule::new("endDate", DATE_2_0),
    ]),
};

static TRIGGERS: Resource = Resource {
    name: "triggers",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("scope", SCOPE),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("workerId", ALWAYS_ID),
        Rule::new("flowId", FLOW_ID),
        Rule::new("triggerId", ALWAYS_ID),
        // 2.0 reads them as whichever date `dateFilter` names.
        Rule::new("startDate", &[Allowed::until(V2_0, DATE)]).instead(INSTEAD_OF_DATES),
        Rule::new("endDate", &[Allowed::until(V2_0, DATE)]).instead(INSTEAD_OF_DATES),
        Rule::new("triggerState", &[Allowed::since(V1_2, SAME)]),
        Rule::new("source", EXACT_2_0),
        Rule::new("locked", EXACT_2_0),
        Rule::new("lastTriggeredDate", DATE_2_0),
        Rule::new("nextExecutionDate", DATE_2_0),
    ]),
};

static KEYS: Resource = Resource {
    name: "keys",
    fields: Some(&[
        Rule::new("q", &[Allowed::since(V1_1, SAME)]),
        Rule::new("namespace", &[Allowed::since(V1_1, TEXT)]),
        Rule::new("updated", &[Allowed::since(V1_1, DATE)]),
        Rule::new("expirationDate", &[Allowed::since(V1_1, DATE)]),
    ]),
};

static SECRETS: Resource = Resource {
    name: "secrets",
    fields: Some(&[
        Rule::new("q", &[Allowed::since(V1_1, SAME)]),
        Rule::new("namespace", &[Allowed::since(V1_1, TEXT)]),
    ]),
};

static NAMESPACES: Resource = Resource {
    name: "namespaces",
    fields: Some(&[
        Rule::new("q", ALWAYS_SAME),
        Rule::new("namespace", ALWAYS_TEXT),
        Rule::new("existingOnly", &[Allowed::until(V2_0, EXACT)])
            .instead("from 2.0 on use the parameter `existing`"),
    ]),
};

/// Not in any public list. Servers refuse names that none of them knows; the builders' documentation says what is known.
static OTHERS: Resource = Resource { name: "these", fields: None };

/// What an operation searches.
pub(crate) fn resource(info: &OperationInfo) -> &'static Resource {
    match (info.area, info.name) {
        (_, "list_secrets" | "list_namespace_secrets") => &SECRETS,
        ("logs", "search_logs") => &LOGS,
        ("logs", _) => &EXECUTION_LOGS,
        ("executions", _) => &EXECUTIONS,
        ("flows", _) => &FLOWS,
        ("triggers", _) => &TRIGGERS,
        ("kv", _) => &KEYS,
        ("namespaces", "search_namespaces") => &NAMESPACES,
        (_, "search_assets" | "delete_assets_by_query") => &enterprise::ASSETS,
        (_, "search_asset_usages" | "delete_asset_usages_by_query") => &enterprise::ASSET_USAGES,
        ("assets", _) => &enterprise::ASSET_LINEAGE,
        ("credentials", _) => &enterprise::CREDENTIALS,
        ("users", _) => &enterprise::USERS,
        (_, "search_roles" | "search_groups" | "autocomplete_groups") => &enterprise::NAMED,
        ("invitations", _) => &enterprise::INVITATIONS,
        ("bindings", _) => &enterprise::BINDINGS,
        ("security_integrations", _) => &enterprise::SECURITY_INTEGRATIONS,
        ("audit_logs", _) => &enterprise::AUDIT_LOGS,
        ("services", _) => &enterprise::SERVICES,
        ("tenants", _) => &enterprise::TENANTS,
        ("apps", _) => &enterprise::APPS,
        ("worker_groups", _) => &enterprise::WORKER_GROUPS,
        ("banners", _) => &enterprise::BANNERS,
        ("blueprints" | "blueprint_tags", _) => &enterprise::BLUEPRINTS,
        ("plugins", _) => &enterprise::PLUGINS,
        _ => &OTHERS,
    }
}
