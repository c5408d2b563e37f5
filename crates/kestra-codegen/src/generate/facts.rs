//! The places and types that an operation's facts name.

use crate::catalogue::{Operation, QueryParameter, Type};

/// The place of the filters of an operation that finds only what is young, unless it is told how far to look back.
pub(super) fn looks_back(operation: &Operation) -> Option<usize> {
    operation.query.iter().position(|parameter| operation.looks_back && parameter.ty == Type::Filters)
}

/// What an action by ids names each thing with, if one that doesn't fit stops the action on others.
pub(super) fn bulk_item(operation: &Operation) -> Option<String> {
    let name = operation.bulk_item.as_deref()?;
    Some(if name == "String" { name.to_owned() } else { format!("::kestra_models::{name}") })
}

/// For an action on what a query finds: what the action by ids names each thing with.
pub(super) fn bulk_item_of_query(operation: &Operation, area: &[&Operation]) -> Option<String> {
    let by_ids = operation.by_ids.as_ref()?;
    area.iter().find(|other| other.name == *by_ids).and_then(|other| bulk_item(other))
}

/// The place of the labels of an operation that a key makes safe to repeat.
pub(super) fn takes_key(operation: &Operation) -> Option<usize> {
    let name = operation.key_among.as_ref()?;
    operation.query.iter().position(|parameter| parameter.name == *name)
}

/// Whether what it acts on can be counted before.
pub(super) fn is_counted(operation: &Operation) -> bool {
    operation.counted_by.is_some() || operation.body_filters.is_some()
}

/// Whether it acts on everything without a filter, or with no path but the root, so that it is refused unless confirmed.
pub(super) fn needs_filter(operation: &Operation) -> bool {
    (operation.acts_by_query || !operation.needs_one_of.is_empty()) && !filters(operation).is_empty()
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
