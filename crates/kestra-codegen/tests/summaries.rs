//! Holds the documentation of generated models and operations: how much of them says what it means, and that it says more than
//! names do.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use kestra_codegen::catalogue::{Catalogue, Content, Field, Kind, Operation, Schema};

/// The models that people use most: each of their fields has a meaning of its own.
const PEOPLES: &[&str] = &[
    "Backfill",
    "Chart",
    "Configuration",
    "CreateBackfillRequest",
    "CreateBackfillRequestBackfill",
    "Dashboard",
    "DeleteBulkRequest",
    "DeleteBulkResponse",
    "DisableTriggerRequest",
    "Execution",
    "ExecutionMetadata",
    "ExecutionTrigger",
    "FileAttributes",
    "FileMetas",
    "FilePreview",
    "Flow",
    "FlowForExecution",
    "FlowWithSource",
    "Input",
    "KvDetail",
    "KvEntry",
    "LogEntry",
    "MetricAggregations",
    "MetricEntry",
    "Namespace",
    "NamespaceFileRevision",
    "NamespacedId",
    "Output",
    "Plugin",
    "PluginElementMetadata",
    "SecretList",
    "SetDisabledRequest",
    "SetLabelsByIdsRequest",
    "State",
    "StateHistory",
    "Task",
    "TaskRun",
    "TaskRunAttempt",
    "TaskRunStateRequest",
    "TimeWindow",
    "Trigger",
    "TriggerAndState",
    "TriggerId",
    "TriggerState",
];

/// Words that say nothing by themselves.
const FILLERS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "been", "by", "for", "from", "given", "has", "have", "if",
    "in", "is", "it", "its", "of", "on", "or", "set", "that", "the", "this", "to", "value", "was", "were",
    "whether", "with",
];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../api");
    Catalogue::load(&api).unwrap().generated()
});

fn fields(schema: &Schema) -> &[Field] {
    match &schema.kind {
        Kind::Object(object) | Kind::Open(object) => &object.fields,
        Kind::Enum(_) | Kind::Alias(_) | Kind::Union(_) => &[],
    }
}

/// The words of a name or a sentence, lower case, without the `s` of a plural.
fn words(text: &str) -> BTreeSet<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if before.is_ascii_lowercase() && c.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    let words = spaced.split_whitespace().map(str::to_lowercase);
    words.map(|word| word.trim_end_matches('s').to_owned()).collect()
}

/// Whether a sentence has a word that neither the names nor the type of what it is about have.
fn says_more(sentence: &str, names: &[&str]) -> bool {
    let known: BTreeSet<String> =
        names.iter().copied().chain(FILLERS.iter().copied()).flat_map(words).collect();
    words(sentence).iter().any(|word| !known.contains(word))
}

fn assert_share(what: &str, all: usize, missing: &[String]) {
    assert!(
        missing.len() * 10 <= all,
        "{} of {all} {what} say nothing of what they mean; add them to api/summaries:\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn the_models_that_people_use_say_what_each_field_means() {
    let mut missing = Vec::new();
    for name in PEOPLES {
        let schema = &CATALOGUE.schemas[*name];
        assert!(schema.summary.is_some(), "{name}");
        assert!(!fields(schema).is_empty(), "{name}");
        let silent = fields(schema).iter().filter(|field| field.summary.is_none());
        missing.extend(silent.map(|field| format!("{name}.{}", field.name)));
    }
    assert!(missing.is_empty(), "add these to api/summaries/fields.yaml:\n{}", missing.join("\n"));
}

#[test]
fn nine_of_ten_fields_types_and_values_say_what_they_mean() {
    let (mut all_fields, mut silent_fields) = (0, Vec::new());
    let (mut all_values, mut silent_values) = (0, Vec::new());
    for (name, schema) in &CATALOGUE.schemas {
        all_fields += fields(schema).len();
        let silent = fields(schema).iter().filter(|field| field.meaning().is_none());
        silent_fields.extend(silent.map(|field| format!("{name}.{}", field.name)));
        if let Kind::Enum(values) = &schema.kind {
            all_values += values.len();
            let silent = values.iter().filter(|value| value.summary.is_none());
            silent_values.extend(silent.map(|value| format!("{name}.{}", value.name)));
        }
    }
    let silent = CATALOGUE.schemas.values().filter(|schema| schema.summary.is_none());
    let silent: Vec<String> = silent.map(|schema| schema.name.clone()).collect();
    assert_share("fields", all_fields, &silent_fields);
    assert_share("values", all_values, &silent_values);
    assert_share("types", CATALOGUE.schemas.len(), &silent);
}

#[test]
fn a_sentence_says_more_than_the_names_do() {
    let mut empty = Vec::new();
    for (name, schema) in &CATALOGUE.schemas {
        for field in fields(schema) {
            let Some(meaning) = field.meaning() else { continue };
            if !says_more(meaning, &[name, &field.name, &field.ty.to_string()]) {
                empty.push(format!("{name}.{}: {meaning}", field.name));
            }
        }
    }
    assert!(empty.is_empty(), "these repeat names:\n{}", empty.join("\n"));
}

#[test]
fn a_sentence_of_names_alone_is_found() {
    assert!(!says_more("The id of the flow.", &["TaskRun", "flowId", "string"]));
    assert!(!says_more("Whether the flow is disabled.", &["Flow", "disabled", "bool"]));
    assert!(!says_more("List of task runs.", &["Execution", "taskRunList", "list<TaskRun>"]));
    assert!(says_more("The revision of the flow, counted from 1.", &["Flow", "revision", "int32"]));
}

#[test]
fn a_sentence_ends_and_leaves_versions_to_the_catalogue() {
    let mut wrong = Vec::new();
    for (name, schema) in &CATALOGUE.schemas {
        for field in fields(schema) {
            let Some(meaning) = field.meaning() else { continue };
            let versions = ["Requires Kestra", "Kestra before", "Before Kestra"];
            let says_versions = versions.iter().any(|words| meaning.contains(words));
            if !meaning.ends_with('.') || (says_versions && !field.versions.is_all()) {
                wrong.push(format!("{name}.{}: {meaning}", field.name));
            }
        }
        if let Some(summary) = schema.summary.as_ref().filter(|summary| !summary.ends_with('.')) {
            wrong.push(format!("{name}: {summary}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn operations() -> impl Iterator<Item = &'static Operation> {
    CATALOGUE.areas.values().flatten()
}

#[test]
fn an_operation_begins_with_what_it_does() {
    let mut wrong = Vec::new();
    for operation in operations() {
        let summary = operation.summary.as_deref().unwrap_or_default();
        let verb = summary.split(' ').next().unwrap_or_default();
        let is_verb = verb.starts_with(|c: char| c.is_ascii_uppercase()) && verb.ends_with('s');
        let private = ["answer", "whoever", "gone with", "told otherwise", "one's own"];
        if !is_verb || !summary.ends_with('.') || private.iter().any(|words| summary.contains(words)) {
            wrong.push(format!("{}.{}: {summary}", operation.area, operation.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the text of each of an operation's parameters is there, by `area.operation.parameter`.
fn parameters(operation: &Operation) -> Vec<(String, bool)> {
    let path = operation.path.iter().map(|parameter| (&parameter.name, &parameter.summary));
    let query = operation.query.iter().map(|parameter| (&parameter.name, &parameter.summary));
    let headers = operation.headers.iter().map(|parameter| (&parameter.name, &parameter.summary));
    let variants = operation.body.iter().flat_map(|body| &body.variants);
    let parts = variants.filter_map(|variant| match &variant.content {
        Content::Multipart(multipart) => Some(&multipart.parts),
        _ => None,
    });
    let parts = parts.flatten().map(|part| (&part.name, &part.summary));
    let all = path.chain(query).chain(headers).chain(parts);
    all.map(|(name, summary)| (format!("{}.{}.{name}", operation.area, operation.name), summary.is_some()))
        .collect()
}

#[test]
fn nine_of_ten_parameters_say_what_they_do() {
    let all: Vec<(String, bool)> = operations().flat_map(parameters).collect();
    let silent: Vec<String> = all.iter().filter(|(_, said)| !said).map(|(name, _)| name.clone()).collect();
    assert_share("parameters", all.len(), &silent);
}

#[test]
fn what_people_use_most_has_examples() {
    let examples = operations().filter(|operation| operation.example.is_some()).count();
    assert!(examples >= 40, "{examples} examples");
    for name in
        ["create_execution", "get_execution", "search_executions", "create_flow", "get_flow", "set_key_value"]
    {
        let operation = operations().find(|operation| operation.name == name).unwrap();
        assert!(operation.example.is_some(), "{name}");
    }
}
