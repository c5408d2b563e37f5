//! Checks inputs and breakpoints against the flow, since servers don't: they drop a name that the flow lacks, and read a
//! BOOL that is neither `true` nor `false` as false.

use kestra_core::internal::instant;
use kestra_core::{Call, Error, ErrorKind};
use kestra_models::{FlowWithSource, Input};
use serde_json::{Map, Value};

use crate::Client;

/// How to send it anyway.
const INSIST: &str = "call `.unchecked()` to send it anyway";

/// Returns the value of a query parameter.
pub(super) fn value(call: &Call, name: &str) -> Option<String> {
    let place = call.info().query_parameters.iter().position(|parameter| parameter.name == name)?;
    call.query_value(place)
}

/// Returns the revision of the flow that a call names.
pub(crate) fn revision(call: &Call) -> Result<Option<i64>, Error> {
    let revision: Option<i64> = value(call, "revision").and_then(|revision| revision.parse().ok());
    match revision {
        Some(revision) if revision < 1 => Err(Error::invalid(
            "revision",
            format_args!("{revision} is not a revision: set one from 1 on, or {INSIST}"),
        )),
        _ => Ok(revision),
    }
}

/// Refuses inputs and breakpoints of a creation that the server would drop or misread.
pub(super) async fn against_flow(client: &Client, creation: &Call) -> Result<(), Error> {
    // Comma-separated.
    let tasks = value(creation, "breakpoints").unwrap_or_default();
    let tasks: Vec<String> = tasks.split(',').filter(|task| !task.is_empty()).map(str::to_owned).collect();
    if creation.parts().next().is_none() && tasks.is_empty() {
        return Ok(());
    }
    let (namespace, id) =
        (creation.path_value(0).unwrap_or_default(), creation.path_value(1).unwrap_or_default());
    let mut call = client.flows().get_flow(&namespace, &id).source(false);
    if let Some(revision) = revision(creation)? {
        call = call.revision(revision);
    }
    let flow = call.await?;
    let flow_name = format!("{namespace}.{id}");
    let check = || {
        breakpoints(&tasks, &flow, &flow_name)?;
        for (name, value) in creation.parts() {
            let input = declared(&flow.inputs, name, &flow_name)?;
            if let Some(problem) = value.and_then(|value| misfit(input, name, value)) {
                let message = format!("input `{name}` of {flow_name} {problem}; {INSIST}");
                return Err(Error::new(ErrorKind::Refused, message).with_invalid_input(name));
            }
        }
        Ok(())
    };
    check().map_err(|error| error.with_operation(creation.info()))
}

/// Refuses breakpoints at tasks that the flow doesn't have, nested tasks included.
pub(crate) fn breakpoints(
    breakpoints: &[String],
    flow: &FlowWithSource,
    flow_name: &str,
) -> Result<(), Error> {
    let mut tasks = Tasks::default();
    let all = [&flow.tasks, &flow.errors, &flow.finally, &flow.after_execution];
    all.into_iter().flatten().for_each(|task| tasks.collect_fields(task.fields()));
    if tasks.are_elsewhere {
        return Ok(());
    }
    // Servers read the part after the first dot as the value of an iteration.
    let id = |breakpoint: &str| breakpoint.split('.').next().unwrap_or_default().to_owned();
    match breakpoints.iter().find(|breakpoint| !tasks.ids.contains(&id(breakpoint))) {
        Some(breakpoint) => Err(Error::new(
            ErrorKind::Refused,
            format!(
                "{flow_name} has no task `{}` for a breakpoint, so the server would not stop there: use one of {}, or {INSIST}",
                id(breakpoint),
                tasks.ids.join(", ")
            ),
        )),
        None => Ok(()),
    }
}

/// The ids of tasks, nested tasks included.
#[derive(Default)]
struct Tasks {
    ids: Vec<String>,
    /// Whether there may be more tasks, in a template of 1.x.
    are_elsewhere: bool,
}

impl Tasks {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.collect(value)),
            Value::Object(fields) => self.collect_fields(fields),
            _ => {}
        }
    }

    fn collect_fields(&mut self, fields: &Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        if let (Some(id), Some(kind)) = (text("id"), text("type")) {
            self.ids.push(id.to_owned());
            self.are_elsewhere |= kind.ends_with(".Template");
        }
        fields.values().for_each(|value| self.collect(value));
    }
}

/// The input of a name; a dotted name is one within a form.
fn declared<'a>(inputs: &'a [Input], name: &str, flow: &str) -> Result<&'a Input, Error> {
    let known = |name: &str| inputs.iter().find(|input| id(input) == Some(name));
    let form = || {
        let (form, _) = name.split_once('.')?;
        known(form).filter(|input| input.type_() == Some("FORM"))
    };
    known(name).or_else(form).ok_or_else(|| {
        let names: Vec<_> = inputs.iter().filter_map(id).collect();
        let declared = match names.as_slice() {
            [] => "it has none".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        Error::new(
            ErrorKind::Refused,
            format!("{flow} has no input `{name}`, the server would drop it ({declared}); {INSIST}"),
        )
        .with_invalid_input(name)
    })
}

/// The name of an input; old flows say `name`.
fn id(input: &Input) -> Option<&str> {
    input.id().or(input.name())
}

/// Why a value isn't one of the input's type. Values are not shown: they may be secrets.
fn misfit(input: &Input, name: &str, text: &str) -> Option<String> {
    if id(input) != Some(name) {
        return None;
    }
    let type_ = input.type_()?;
    let expected = match type_ {
        "BOOL" | "BOOLEAN" if text != "true" && text != "false" => "`true` or `false`",
        "INT" if text.parse::<i64>().is_err() => "an integer",
        "FLOAT" if text.parse::<f64>().is_err() => "a number",
        "DATETIME" if instant::parse(text).is_none() => {
            "a date and time with `Z` or an offset, such as 2026-01-31T09:00:00Z"
        }
        "DATE" if instant::parse(&format!("{text}T00:00:00Z")).is_none() => "a date, such as 2026-01-31",
        "TIME" if !is_time(text) => "a time of the day, such as 09:00:00",
        "ARRAY" | "MULTISELECT" if !is_list(text) => "a list",
        "JSON" if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() => "JSON",
        _ => return None,
    };
    Some(format!("is of type {type_} and must be {expected}"))
}

fn is_time(text: &str) -> bool {
    let is_one = |seconds: &str| instant::parse(&format!("1970-01-01T{text}{seconds}Z")).is_some();
    is_one("") || is_one(":00")
}

fn is_list(text: &str) -> bool {
    serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use kestra_models::InputValue;

    use super::*;

    fn input(type_: &str) -> Input {
        Input::new().set("id", "it").set("type", type_)
    }

    #[test]
    fn loose_values_are_refused() {
        for (type_, value, fits) in [
            ("BOOL", InputValue::from(true), true),
            ("BOOL", InputValue::from("false"), true),
            ("BOOL", InputValue::from("yes"), false),
            ("BOOLEAN", InputValue::from(1), false),
            ("INT", InputValue::from("12"), true),
            ("INT", InputValue::from("a dozen"), false),
            ("FLOAT", InputValue::from(1), true),
            ("ARRAY", InputValue::from(["a"]), true),
            ("ARRAY", InputValue::from("a"), false),
            ("JSON", InputValue::from(serde_json::json!({"a": 1})), true),
            ("DATETIME", InputValue::from("now"), false),
            ("DATETIME", InputValue::from("2026-01-31"), false),
            ("DATETIME", InputValue::from("2026-01-31T09:00:00"), false),
            ("DATETIME", InputValue::from("2026-01-31T09:00:00.5+01:00"), true),
            ("DATETIME", InputValue::from(jiff::Timestamp::UNIX_EPOCH), true),
            ("DATE", InputValue::from("today"), false),
            ("DATE", InputValue::from("2026-01-31"), true),
            ("TIME", InputValue::from("noon"), false),
            ("TIME", InputValue::from("09:00:00"), true),
            ("TIME", InputValue::from("09:00"), true),
            ("STRING", InputValue::from(true), true),
            ("NEWER", InputValue::from("x"), true),
        ] {
            assert_eq!(misfit(&input(type_), "it", &value.to_text()).is_none(), fits, "{type_} {value:?}");
        }
    }

    #[test]
    fn breakpoints_are_at_tasks_however_deep() {
        let flow: FlowWithSource = serde_json::from_value(serde_json::json!({
            "tasks": [{"id": "a", "type": "x.Parallel", "tasks": [{"id": "b", "type": "x.Log"}]},
                      {"id": "s", "type": "x.Switch", "cases": {"one": [{"id": "c", "type": "x.Log"}]}}],
            "errors": [{"id": "d", "type": "x.Log"}],
        }))
        .unwrap();
        let known = ["a", "b", "b.item", "c.1.2", "d"].map(str::to_owned);
        assert!(breakpoints(&known, &flow, "f").is_ok());
        let error = breakpoints(&["b".to_owned(), "bb.x".to_owned()], &flow, "f").unwrap_err();
        assert!(error.to_string().contains("no task `bb` for a breakpoint"), "{error}");
    }

    #[test]
    fn names_are_those_of_the_flow_or_within_a_form() {
        let inputs = [input("FORM"), Input::new().set("name", "old").set("type", "STRING")];
        assert!(declared(&inputs, "it.region", "f").is_ok() && declared(&inputs, "old", "f").is_ok());
        let error = declared(&inputs, "dry-run", "f").unwrap_err();
        assert_eq!(error.invalid_inputs(), ["dry-run"]);
        let message = error.to_string();
        assert!(message.contains("`dry-run`") && message.contains("it, old"), "{message}");
    }
}
