//! The facts of an operation, as a static.

use crate::catalogue::{
    Answer, CharacterRules, Edition, Effect, Filters, Operation, Precheck, Replay, Traffic, Type, Version,
    Versions,
};
use crate::error::{Error, Result};
use crate::generate::writer::Writer;

use super::builder::Builder;

/// More variables than any path may have, by the limit of `kestra_core`.
const MAX_ARGUMENTS: usize = 6;

pub(super) fn write(builder: &Builder<'_>, filters: &Filters, file: &mut Writer) -> Result<()> {
    let operation = builder.operation;
    if operation.path.len() > MAX_ARGUMENTS {
        let message = format!("`{}` has more than {MAX_ARGUMENTS} path variables", operation.name);
        return Err(Error::invalid("generated code", message));
    }
    let routes: Vec<String> = operation
        .routes
        .iter()
        .filter_map(|route| {
            let versions = intersection(route.versions, builder.versions)?;
            let method = route.method.to_lowercase();
            Some(format!("::kestra_core::Route::{method}({:?}, {})", route.path, range(versions)))
        })
        .collect();
    if routes.is_empty() {
        return Err(Error::invalid("generated code", format!("`{}` has no route", builder.method)));
    }

    file.line(format!("pub(crate) static {}: ::kestra_core::OperationInfo = {{", builder.info()));
    file.line(format!("static ROUTES: &[::kestra_core::Route] = &[{}];", routes.join(", ")));
    file.line(format!(
        "::kestra_core::OperationInfo::new({:?}, {:?}, ROUTES)",
        builder.method, operation.area
    ));
    file.line(format!(".go_key({:?})", operation.go_key));
    if !operation.aliases.is_empty() {
        file.line(format!(".aliases(&{:?})", operation.aliases));
    }
    if operation.edition == Edition::Enterprise {
        file.line(".edition(::kestra_core::Edition::Enterprise)");
    }
    match operation.replay {
        Replay::Safe => file.line(".replay(::kestra_core::Replay::Safe)"),
        Replay::Idempotent => file.line(".replay(::kestra_core::Replay::Idempotent)"),
        Replay::NonIdempotent => {}
    }
    if !operation.path.is_empty() {
        let names: Vec<&str> = operation.path.iter().map(|parameter| parameter.name.as_str()).collect();
        file.line(format!(".path_parameters(&{names:?})"));
    }
    if !operation.query.is_empty() {
        let parameters: Vec<String> = operation
            .query
            .iter()
            .map(|parameter| {
                let mut text = match parameter.versions.is_all() {
                    true => format!("::kestra_core::QueryParameter::new({:?})", parameter.name),
                    false => format!(
                        "::kestra_core::QueryParameter::of({:?}, {})",
                        parameter.name,
                        range(parameter.versions)
                    ),
                };
                if let Some(consequence) = &parameter.open_source_ignores {
                    text.push_str(&format!(".open_source_ignores({consequence:?})"));
                }
                if let Some(kind) = &parameter.characters {
                    let rules = kind.to_uppercase();
                    text.push_str(&format!(".characters(crate::generated::characters::{rules})"));
                }
                if parameter.uri {
                    text.push_str(".uri()");
                }
                if let Some(value) = &parameter.empty_as {
                    text.push_str(&format!(".empty_as({value:?})"));
                }
                if let Some(known) = &parameter.known_values {
                    text.push_str(&format!(".known_values(&{:?}, {:?})", known.values, known.otherwise));
                }
                if let Some((field, comparison)) =
                    parameter.filter.as_deref().and_then(|it| it.split_once(' '))
                {
                    text.push_str(&format!(".filter({field:?}, {comparison:?})"));
                }
                if parameter.split {
                    text.push_str(".split()");
                }
                if parameter.names_tasks {
                    text.push_str(".names_tasks()");
                }
                if let Some(versions) = parameter.milliseconds {
                    text.push_str(&format!(".milliseconds({})", range(versions)));
                }
                text
            })
            .collect();
        file.line(format!(".query_parameters(&[{}])", parameters.join(", ")));
    }
    let response = match operation.answer {
        Answer::Empty => "Empty",
        Answer::Json(_) | Answer::OptionalJson(_) => "Json",
        Answer::Text => "Text",
        Answer::Download => "Download",
        Answer::Events(_) => "Events",
    };
    file.line(format!(".response(::kestra_core::ResponseKind::{response}, {:?})", operation.accept));
    match operation.traffic {
        Traffic::Quick => {}
        Traffic::Upload => file.line(".traffic(::kestra_core::Traffic::Upload)"),
        Traffic::Download => file.line(".traffic(::kestra_core::Traffic::Download)"),
        Traffic::Follow => file.line(".traffic(::kestra_core::Traffic::Follow)"),
        Traffic::FollowBriefly => file.line(".traffic(::kestra_core::Traffic::FollowBriefly)"),
    }
    if operation.early_error {
        file.line(".early_error()");
    }
    if let Some(precheck) = &operation.precheck {
        let Precheck { operation, check } = precheck;
        file.line(format!(".precheck(&{}, ::kestra_core::Check::{check:?})", operation.to_uppercase()));
    }
    if operation.query.iter().any(|parameter| parameter.ty == Type::Filters) {
        let resource = filters.resource(&operation.area, &operation.name).ok_or_else(|| {
            let message = format!("`{}.{}` has filters and no resource", operation.area, operation.name);
            Error::invalid("filters.yaml", message)
        })?;
        file.line(format!(".filters(&crate::generated::filters::{})", resource.to_uppercase()));
    }
    if !operation.read_alike.is_empty() {
        let forms: Vec<String> = operation
            .read_alike
            .iter()
            .map(|(field, comparisons)| {
                format!("::kestra_core::FilterForms::new({field:?}, &{comparisons:?})")
            })
            .collect();
        file.line(format!(".read_alike(&[{}])", forms.join(", ")));
    }
    if let Some(search) = &operation.counted_by {
        file.line(format!(".counted_by(&{})", search.to_uppercase()));
    }
    if let Some(action) = &operation.body_filters {
        file.line(format!(".body_filters(&crate::generated::{})", action.to_uppercase()));
    }
    if let Some(list) = &operation.listed_by {
        file.line(format!(".listed_by(&{})", list.to_uppercase()));
    }
    if let Some(action) = &operation.by_ids {
        file.line(format!(".by_ids(&{})", action.to_uppercase()));
    }
    if operation.acts_by_query {
        file.line(".acts_by_query()");
    }
    if operation.looks_back {
        file.line(".looks_back()");
    }
    if let Some(deletion) = operation.deletes {
        file.line(format!(".deletes(::kestra_core::Deletion::{deletion:?})"));
    }
    if let Some(effect) = &operation.effect {
        file.line(format!(".effect({})", effect_code(effect)));
    }
    if let Some(guard) = &operation.guard {
        file.line(format!(".guard(::kestra_core::Guard::{guard})"));
    }
    if !operation.stable_sort.is_empty() {
        file.line(format!(".stable_sort(&{:?})", operation.stable_sort));
    }
    if let Some(stopped) = operation.stops_server {
        file.line(format!(".stops_server({})", range(stopped)));
    }
    if let Some(hint) = &operation.instead {
        file.line(format!(".instead({hint:?})"));
    }
    if operation.shows_inputs {
        file.line(".shows_inputs()");
    }
    if operation.redirects {
        file.line(".redirects()");
    }
    if operation.webhook {
        file.line(".webhook()");
    }
    file.line("};");
    Ok(())
}

fn effect_code(effect: &Effect) -> String {
    let code = match effect {
        Effect::Left(states) => format!("Left(&{states:?})"),
        effect => format!("{effect:?}"),
    };
    format!("::kestra_core::Effect::{code}")
}

/// The list of a module's facts.
pub(super) fn write_table(operations: &[&Operation], file: &mut Writer) -> Result<()> {
    let mut names = Vec::new();
    for operation in operations {
        for builder in Builder::all(operation)? {
            names.push(format!("&{}", builder.info()));
        }
    }
    file.blank();
    file.line(format!(
        "pub(in crate::generated) static OPERATIONS: &[&::kestra_core::OperationInfo] = &[{}];",
        names.join(", ")
    ));
    Ok(())
}

/// The rules of the characters of names, as statics of their own.
pub(super) fn write_characters(rules: &CharacterRules, file: &mut Writer) {
    for (kind, rules) in rules {
        file.blank();
        let of = kind.replace('_', " ");
        file.line(format!("/// Characters in the name of a {of} that some versions read as something else."));
        file.line(format!("pub static {}: &[::kestra_core::CharacterRule] = &[", kind.to_uppercase()));
        for rule in rules {
            let versions = rule
                .versions
                .map_or_else(|| "None".to_owned(), |versions| format!("Some({})", range(versions)));
            let at = if rule.at.is_some() { ".at_beginning()" } else { "" };
            let stored =
                rule.stored_as.as_ref().map(|text| format!(".stored_as({text:?})")).unwrap_or_default();
            file.line(format!(
                "::kestra_core::CharacterRule::new({:?}, {versions}, {:?}, {:?}){at}{stored},",
                rule.characters, rule.otherwise, rule.instead
            ));
        }
        file.line("];");
    }
}

/// The versions that are in both, if there are any.
fn intersection(a: Versions, b: Versions) -> Option<Versions> {
    let since = a.since.max(b.since);
    let until = match (a.until, b.until) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (until, None) | (None, until) => until,
    };
    match (since, until) {
        (Some(since), Some(until)) if since >= until => None,
        _ => Some(Versions { since, until }),
    }
}

pub(super) fn range(versions: Versions) -> String {
    match (versions.since, versions.until) {
        (None, None) => "::kestra_core::Versions::ALL".to_owned(),
        (Some(since), None) => format!("::kestra_core::Versions::since({})", version(since)),
        (None, Some(until)) => format!("::kestra_core::Versions::until({})", version(until)),
        (Some(since), Some(until)) => {
            format!("::kestra_core::Versions::between({}, {})", version(since), version(until))
        }
    }
}

pub(super) fn version(version: Version) -> String {
    format!("::kestra_core::Version::new({}, {}, {})", version.major, version.minor, version.patch)
}
