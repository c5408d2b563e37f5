//! Holds the documentation of the generated models: how much of them says what it means, and that it says more than names do.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use kestra_codegen::catalogue::{Catalogue, Field, Kind, Schema};

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
