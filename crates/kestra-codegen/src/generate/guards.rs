//! What a server does silently with some requests: facts that no document has.

use crate::catalogue::{Answer, Content, Operation, QueryParameter, Replay, Type};

/// Operation and guard.
const GUARDS: &[(&str, &str)] = &[
    // Deletes the flow of a source with `deleted: true`.
    ("create_flow", "DeletingSource"),
    ("update_flow", "DeletingSource"),
    // Split at every `---`, also within a script; `deleted: true` as above.
    ("bulk_update_flows", "SplitSource"),
    ("update_flows_in_namespace", "SplitSource"),
    // A flow, or the files of an archive, in place of a file.
    ("create_namespace_file", "UnpackedFile"),
    // 200 with the names of what failed; `deleted: true` as above.
    ("import_flows", "ListedFailures"),
];

/// The guard of an operation.
pub(super) fn of(operation: &Operation) -> Option<&str> {
    if operation.guard.is_some() {
        return operation.guard.as_deref();
    }
    let named = GUARDS.iter().find(|(name, _)| *name == operation.name).map(|(_, guard)| *guard);
    named.or_else(|| names_triggers(operation).then_some("NamedTrigger"))
}

/// Whether its body says which triggers it acts on.
fn names_triggers(operation: &Operation) -> bool {
    let variants = operation.body.iter().flat_map(|body| &body.variants);
    variants.into_iter().any(|variant| match &variant.content {
        Content::Json(ty) => matches!(ty.schema(), Some("TriggerId" | "SetDisabledRequest")),
        _ => false,
    })
}

/// The place of the filters of an operation that finds only what is young, unless it is told how far to look back.
pub(super) fn looks_back(operation: &Operation) -> Option<usize> {
    let looks = match operation.area.as_str() {
        "executions" => operation.name != "list_distinct_field_values",
        "logs" => operation.name == "search_logs",
        _ => false,
    };
    if !looks {
        return None;
    }
    operation.query.iter().position(|parameter| parameter.ty == Type::Filters)
}

/// What an action by ids names each thing with, if one that doesn't fit stops the action on others.
pub(super) fn takes_part_by_id(operation: &Operation) -> Option<&'static str> {
    if !is_bulk(operation) || !operation.name.ends_with("_by_ids") {
        return None;
    }
    item(operation)
}

/// For an action on what a query finds: what the action by ids names each thing with, and that action.
pub(super) fn acts_by_ids(operation: &Operation) -> Option<(&'static str, String)> {
    let action = operation.name.strip_suffix("_by_query").filter(|_| is_bulk(operation))?;
    operation.counted_by.as_ref()?;
    Some((item(operation)?, format!("{action}_by_ids")))
}

fn is_bulk(operation: &Operation) -> bool {
    matches!(&operation.answer, Answer::Json(Type::Ref(name)) if name == "BulkOutcome")
}

fn item(operation: &Operation) -> Option<&'static str> {
    match operation.area.as_str() {
        "executions" => Some("String"),
        "flows" => Some("::kestra_models::NamespacedId"),
        "triggers" => Some("::kestra_models::TriggerId"),
        _ => None,
    }
}

/// The place of the labels of an operation that a key makes safe to repeat.
pub(super) fn takes_key(operation: &Operation) -> Option<usize> {
    if operation.name != "create_execution" {
        return None;
    }
    operation.query.iter().position(|parameter| parameter.name == "labels")
}

/// Whether it acts on everything without a filter, or with no path but the root, and so has to be told.
pub(super) fn needs_filter(operation: &Operation) -> bool {
    let by_query = operation.name.ends_with("_by_query") && operation.replay != Replay::Safe;
    (by_query || !operation.needs_one_of.is_empty()) && !filters(operation).is_empty()
}

/// Places of the parameters that narrow what a by-query action acts on.
pub(super) fn filters(operation: &Operation) -> Vec<usize> {
    let query = &operation.query;
    let needed = &operation.needs_one_of;
    if !needed.is_empty() {
        let places = query.iter().enumerate();
        return places.filter(|(_, known)| needed.contains(&known.name)).map(|(place, _)| place).collect();
    }
    // Some never had filters: there every parameter narrows.
    let has_filters = query.iter().any(|parameter| parameter.ty == Type::Filters);
    let narrows =
        |parameter: &QueryParameter| !has_filters || parameter.ty == Type::Filters || parameter.deprecated;
    let places = query.iter().enumerate();
    places.filter(|(_, parameter)| narrows(parameter)).map(|(place, _)| place).collect()
}
