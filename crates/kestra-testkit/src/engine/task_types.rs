//! Which task and trigger types a flow may name.

use crate::dialect::Dialect;

/// Where the types that come with the server live.
pub(crate) const CORE: &str = "io.kestra.plugin.core.";

/// Core types of every version, by package.
const ALWAYS: &[(&str, &[&str])] = &[
    ("debug", &["Return"]),
    ("execution", &["Assert", "Exit", "Fail", "Labels", "PurgeExecutions", "SetVariables", "UnsetVariables"]),
    (
        "flow",
        &[
            "AllowFailure",
            "Dag",
            "If",
            "LoopUntil",
            "Parallel",
            "Pause",
            "Sequential",
            "Sleep",
            "Subflow",
            "Switch",
            "WaitFor",
            "WorkingDirectory",
        ],
    ),
    ("http", &["Download", "Request", "SseRequest", "Trigger"]),
    ("kv", &["Delete", "Get", "GetKeys", "PurgeKV", "Put", "Set"]),
    ("log", &["Fetch", "Log", "PurgeLogs"]),
    ("metric", &["Publish"]),
    ("namespace", &["DeleteFiles", "DownloadFiles", "PurgeFiles", "UploadFiles"]),
    ("output", &["OutputValues"]),
    (
        "storage",
        &[
            "Concat",
            "DeduplicateItems",
            "Delete",
            "FilterItems",
            "PurgeCurrentExecutionFiles",
            "Reverse",
            "Size",
            "Split",
            "Write",
        ],
    ),
    ("templating", &["TemplatedTask"]),
    ("trigger", &["Flow", "Schedule", "ScheduleOnDates", "Webhook"]),
];

/// Core types that 2.0 removed.
const UNTIL_1: &[(&str, &[&str])] = &[
    ("debug", &["Echo"]),
    ("execution", &["Count", "Resume"]),
    ("flow", &["EachParallel", "EachSequential", "ForEach", "ForEachItem", "Template"]),
    ("state", &["Delete", "Get", "Set"]),
    ("storage", &["LocalFiles", "Purge", "PurgeExecution", "PurgeStorage"]),
    ("trigger", &["Toggle"]),
];

/// Core types that 2.0 brought.
const SINCE_2: &[(&str, &[&str])] = &[
    ("flow", &["Loop", "PurgeFlows", "ForEachItem"]),
    ("execution", &["Count", "Resume"]),
    ("storage", &["PurgeStorage"]),
    ("trigger", &["McpToolTrigger", "Toggle"]),
];

/// Published plugin groups: their tasks are taken on trust, and fail when they run, or do what a script says.
const GROUPS: &[&str] = &[
    "ai",
    "airbyte",
    "airflow",
    "algolia",
    "amqp",
    "ansible",
    "anthropic",
    "apify",
    "archive",
    "arangodb",
    "asana",
    "astradb",
    "aws",
    "azure",
    "beam",
    "cassandra",
    "ceph",
    "clickup",
    "cloudflare",
    "cloudquery",
    "compress",
    "couchbase",
    "crypto",
    "databricks",
    "datadog",
    "datagen",
    "datahub",
    "dataform",
    "dbt",
    "debezium",
    "deepseek",
    "discord",
    "dlt",
    "docker",
    "documentdb",
    "elasticsearch",
    "email",
    "fivetran",
    "fs",
    "gcp",
    "gemini",
    "git",
    "github",
    "gitlab",
    "googleworkspace",
    "graalvm",
    "graphql",
    "hashicorp",
    "hightouch",
    "hubspot",
    "huggingface",
    "influxdb",
    "jdbc",
    "jenkins",
    "jira",
    "jms",
    "kafka",
    "kestra",
    "klaviyo",
    "kubernetes",
    "langchain4j",
    "ldap",
    "linear",
    "malloy",
    "meilisearch",
    "microsoft365",
    "minio",
    "mistral",
    "modal",
    "mongodb",
    "mqtt",
    "nats",
    "neo4j",
    "nifi",
    "notifications",
    "notion",
    "odoo",
    "okta",
    "openai",
    "opensearch",
    "oracle",
    "pagerduty",
    "papermill",
    "perplexity",
    "pinecone",
    "pinot",
    "powerbi",
    "pulsar",
    "redis",
    "resend",
    "salesforce",
    "script",
    "scripts",
    "sendgrid",
    "serdes",
    "servicenow",
    "shopify",
    "sifflet",
    "singer",
    "slack",
    "snmp",
    "soda",
    "solace",
    "spark",
    "spring",
    "sqlmesh",
    "stripe",
    "supabase",
    "surrealdb",
    "tables",
    "tableau",
    "telegram",
    "templates",
    "terraform",
    "tika",
    "timeplus",
    "transform",
    "trello",
    "trivy",
    "twilio",
    "typesense",
    "tyson",
    "unicode",
    "weaviate",
    "wordpress",
    "x",
    "zendesk",
    "zulip",
];

/// The types of the core, with their packages.
pub(crate) fn core(dialect: Dialect) -> Vec<String> {
    let version = if dialect.is_v2() { SINCE_2 } else { UNTIL_1 };
    let tables = ALWAYS.iter().chain(version);
    tables
        .flat_map(|(package, names)| names.iter().map(move |name| format!("{CORE}{package}.{name}")))
        .collect()
}

/// Whether a flow may name this type.
pub(crate) fn exists(kind: &str, dialect: Dialect) -> bool {
    if let Some(rest) = kind.strip_prefix(CORE) {
        let Some((package, name)) = rest.rsplit_once('.') else { return false };
        let version = if dialect.is_v2() { SINCE_2 } else { UNTIL_1 };
        return package == "condition" && !dialect.is_v2()
            || listed(ALWAYS, package, name)
            || listed(version, package, name);
    }
    if let Some(rest) = kind.strip_prefix("io.kestra.plugin.") {
        return rest.split_once('.').is_some_and(|(group, _)| GROUPS.contains(&group));
    }
    // Somebody's own plugin isn't installed; a flow that is scripted may name it all the same.
    false
}

/// Whether the server calls this type deprecated.
pub(crate) fn is_deprecated(kind: &str) -> bool {
    const OLD: &[&str] = &[
        "debug.Echo",
        "flow.EachParallel",
        "flow.EachSequential",
        "flow.Template",
        "flow.WaitFor",
        "state.Delete",
        "state.Get",
        "state.Set",
        "storage.LocalFiles",
        "storage.Purge",
        "storage.PurgeExecution",
    ];
    kind.strip_prefix(CORE).is_some_and(|rest| OLD.contains(&rest))
}

fn listed(table: &[(&str, &[&str])], package: &str, name: &str) -> bool {
    table.iter().any(|(key, names)| *key == package && names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_depend_on_the_dialect() {
        assert!(exists("io.kestra.plugin.core.flow.ForEach", Dialect::V1_3));
        assert!(!exists("io.kestra.plugin.core.flow.ForEach", Dialect::V2_0));
        assert!(exists("io.kestra.plugin.core.flow.Loop", Dialect::V2_0));
        assert!(exists("io.kestra.plugin.scripts.python.Script", Dialect::V2_0));
        assert!(!exists("com.acme.Deploy", Dialect::V2_0));
        assert!(!exists("io.kestra.plugin.nope.Nope", Dialect::V2_0));
        assert!(!exists("nope", Dialect::V2_0));
    }
}
