//! The effect of an action, and whether it is visible.

use kestra_core::Call;
use serde_json::Value;

use super::items::{Items, text};

/// The effect of an action on an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// The execution has ended.
    Over,
    /// The execution is paused, or was since.
    Paused,
    /// The execution has gone on to another state.
    Moved,
    /// The execution is in none of these states, or has gone on.
    Left(&'static [&'static str]),
    /// The execution is in this state.
    State(String),
    /// The execution has these labels.
    Labels(Vec<Value>),
    /// There is another execution that replays it.
    Replayed,
    /// The item is missing.
    Gone,
    /// The flow or trigger is disabled, or isn't.
    Disabled(bool),
    /// The trigger isn't locked.
    Unlocked,
    /// The trigger's backfill is paused, or isn't.
    BackfillPaused(bool),
    /// The trigger has no backfill.
    NoBackfill,
}

/// Whether an effect is visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Yes,
    /// Not visible yet; describes the state of the item.
    NotYet(String),
    /// It can't become visible any more, with the reason.
    Never(String),
}

impl Effect {
    /// Returns the effect of an action by ids.
    pub(super) fn of(call: &Call, items: &Items) -> Option<Self> {
        let info = call.info();
        let parameter = |name: &str| {
            let index = info.query_parameters.iter().position(|parameter| parameter.name == name)?;
            call.query_value(index)
        };
        use kestra_core::Effect as Fact;
        Some(match info.effect? {
            Fact::Ended => Self::Over,
            Fact::Paused => Self::Paused,
            Fact::Moved => Self::Moved,
            Fact::Left(states) => Self::Left(states),
            Fact::StateOfParameter(name) => Self::State(parameter(name)?),
            Fact::LabelsOfField(name) => Self::Labels(items.setting(name)?.as_array()?.clone()),
            Fact::Replayed => Self::Replayed,
            Fact::Gone => Self::Gone,
            Fact::Disabled(is_disabled) => Self::Disabled(is_disabled),
            Fact::DisabledByField(name) => Self::Disabled(items.setting(name)?.as_bool()?),
            Fact::Unlocked => Self::Unlocked,
            Fact::BackfillPaused(is_paused) => Self::BackfillPaused(is_paused),
            Fact::NoBackfill => Self::NoBackfill,
            _ => return None,
        })
    }

    /// Returns whether the effect can only be told from the state before.
    pub(super) fn needs_before(&self) -> bool {
        matches!(self, Self::Paused | Self::Moved | Self::Left(_) | Self::Replayed)
    }

    /// Returns whether the effect is visible on a resource; `now` is null if it is missing.
    pub(super) fn seen(&self, before: &Value, now: &Value) -> Visibility {
        if now.is_null() {
            return match self {
                Self::Gone => Visibility::Yes,
                _ => Visibility::Never("it is missing".to_owned()),
            };
        }
        let state = now.pointer("/state/current").and_then(Value::as_str).unwrap_or("in no state");
        let since = states(now).get(states(before).len()..).unwrap_or_default();
        let is_disabled = now.get("disabled").and_then(Value::as_bool).unwrap_or_default();
        let backfill = now.get("backfill").filter(|backfill| !backfill.is_null());
        let is_seen = match self {
            Self::Over => is_end(state),
            Self::Paused if state == "PAUSED" || since.iter().any(|entry| entry["state"] == "PAUSED") => true,
            Self::Paused if is_end(state) => return Visibility::Never(format!("it has ended as {state}")),
            Self::Paused => false,
            Self::Moved => !since.is_empty(),
            Self::Left(states) => !states.contains(&state) || !since.is_empty(),
            Self::State(wanted) => state == wanted,
            Self::Labels(wanted) => {
                let known =
                    now.get("labels").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                wanted.iter().all(|label| known.contains(label))
            }
            Self::Replayed => !new(before, now).is_empty(),
            Self::Gone => false,
            Self::Disabled(wanted) => is_disabled == *wanted,
            Self::Unlocked => match now.get("locked").and_then(Value::as_bool) {
                Some(locked) => !locked,
                None => text(now, "executionId").is_none() && text(now, "evaluateRunningDate").is_none(),
            },
            Self::BackfillPaused(wanted) => match backfill {
                Some(backfill) => backfill["paused"] == *wanted,
                None => return Visibility::Never("it has no backfill".to_owned()),
            },
            Self::NoBackfill => backfill.is_none(),
        };
        if is_seen { Visibility::Yes } else { Visibility::NotYet(self.standing(state)) }
    }

    /// Describes a resource on which the effect isn't visible yet.
    fn standing(&self, state: &str) -> String {
        match self {
            Self::Over | Self::Paused | Self::Moved | Self::Left(_) | Self::State(_) => {
                format!("it is {state}")
            }
            Self::Labels(_) => "it lacks labels".to_owned(),
            Self::Replayed => "no replay of it is found".to_owned(),
            Self::Gone => "it is still there".to_owned(),
            Self::Disabled(wanted) => {
                let (is, wanted) = if *wanted { ("enabled", "disabled") } else { ("disabled", "enabled") };
                format!("it is {is}, not {wanted}")
            }
            Self::Unlocked => "it is locked".to_owned(),
            Self::BackfillPaused(true) => "its backfill is running".to_owned(),
            Self::BackfillPaused(false) => "its backfill is paused".to_owned(),
            Self::NoBackfill => "its backfill is still there".to_owned(),
        }
    }
}

/// Returns the replays that weren't there before.
pub(super) fn new(before: &Value, now: &Value) -> Vec<String> {
    let known = before.as_array().map(Vec::as_slice).unwrap_or_default();
    let all = now.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|id| !known.contains(id)).filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Returns the states that an execution has been in, oldest first.
fn states(execution: &Value) -> &[Value] {
    execution.pointer("/state/histories").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn is_end(state: &str) -> bool {
    kestra_models::StateType::from(state).is_terminal()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn execution(states: &[&str]) -> Value {
        let histories: Vec<_> = states.iter().map(|state| json!({"state": state})).collect();
        json!({"state": {"current": states.last(), "histories": histories}})
    }

    #[test]
    fn an_effect_is_told_from_what_was_there_before() {
        let failed = execution(&["CREATED", "FAILED"]);
        let again = execution(&["CREATED", "FAILED", "RESTARTED", "FAILED"]);
        assert_eq!(Effect::Moved.seen(&failed, &failed), Visibility::NotYet("it is FAILED".into()));
        assert_eq!(Effect::Moved.seen(&failed, &again), Visibility::Yes);

        let running = execution(&["CREATED", "RUNNING"]);
        let resumed = execution(&["CREATED", "RUNNING", "PAUSED", "RUNNING"]);
        let ended = execution(&["CREATED", "RUNNING", "SUCCESS"]);
        assert_eq!(Effect::Paused.seen(&running, &running), Visibility::NotYet("it is RUNNING".into()));
        assert_eq!(Effect::Paused.seen(&running, &resumed), Visibility::Yes);
        assert_eq!(
            Effect::Paused.seen(&running, &ended),
            Visibility::Never("it has ended as SUCCESS".into())
        );
        assert_eq!(
            Effect::Over.seen(&Value::Null, &execution(&["KILLING"])),
            Visibility::NotYet("it is KILLING".into())
        );
        assert_eq!(Effect::Over.seen(&Value::Null, &execution(&["KILLED"])), Visibility::Yes);

        let replays = json!(["a", "b"]);
        assert!(matches!(Effect::Replayed.seen(&replays, &replays), Visibility::NotYet(_)));
        assert_eq!(new(&replays, &json!(["b", "c", "a"])), ["c"]);
    }

    #[test]
    fn what_is_gone_shows_only_that() {
        assert_eq!(Effect::Gone.seen(&Value::Null, &Value::Null), Visibility::Yes);
        assert!(matches!(Effect::Disabled(true).seen(&Value::Null, &Value::Null), Visibility::Never(_)));
    }

    #[test]
    fn triggers_are_read_as_both_versions_write_them() {
        let seen = |effect: Effect, now: Value| effect.seen(&Value::Null, &now) == Visibility::Yes;
        assert!(seen(Effect::Unlocked, json!({"locked": false, "executionId": "last"})));
        assert!(!seen(Effect::Unlocked, json!({"executionId": "running"})));
        assert!(seen(Effect::Unlocked, json!({"executionId": null})));
        assert!(
            seen(Effect::Disabled(false), json!({}))
                && seen(Effect::Disabled(true), json!({"disabled": true}))
        );
        assert!(seen(Effect::BackfillPaused(true), json!({"backfill": {"paused": true}})));
        assert!(seen(Effect::NoBackfill, json!({"backfill": null})));
        assert!(matches!(Effect::BackfillPaused(true).seen(&Value::Null, &json!({})), Visibility::Never(_)));
    }

    #[test]
    fn every_action_by_ids_has_an_effect() {
        let is_action = |info: &&'static kestra_core::OperationInfo| {
            ["executions", "flows", "triggers"].contains(&info.area)
                && info.name.ends_with("_by_ids")
                // What is read or brought to another server changes nothing here.
                && !["export", "get", "promote"].iter().any(|verb| info.name.starts_with(verb))
        };
        let actions: Vec<_> = crate::operations().filter(is_action).collect();
        assert_eq!(actions.len(), 19, "{:?}", actions.iter().map(|info| info.name).collect::<Vec<_>>());
        for info in actions {
            let mut call = Call::new(info);
            for index in 0..info.query_parameters.len() {
                call.set_query(index, "SUCCESS");
            }
            let body = json!({"executionsId": ["a"], "executionLabels": [], "disabled": true});
            crate::parameters::json(&mut call, "application/json", &body);
            let items = Items::of(&call).unwrap();
            assert!(Effect::of(&call, &items).is_some(), "{}", info.name);
        }
    }
}
