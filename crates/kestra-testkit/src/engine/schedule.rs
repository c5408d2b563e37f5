//! Schedules: which triggers there are, when they are next, and backfills that really start executions.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::create::{Creation, create};
use super::cron::Cron;
use super::flow::{FlowDefinition, Task};
use super::inputs::GivenInputs;
use super::run;
use crate::app::App;
use crate::store::{Backfill, TriggerKey, TriggerRow};

/// Triggers of the core that no scheduler evaluates.
const NOT_EVALUATED: &[&str] = &[".trigger.Webhook", ".trigger.Flow", ".trigger.McpToolTrigger"];

/// How long the scheduler pauses between two looks.
const LOOK: Duration = Duration::from_millis(10);

impl App {
    /// Brings the triggers up to what the flows have now.
    pub(crate) fn sync_triggers(&self) {
        let now = Timestamp::now();
        let flows = self.flows().all();
        let mut found = Vec::new();
        for flow in &flows {
            for trigger in &flow.definition.triggers {
                let evaluated = NOT_EVALUATED.iter().all(|kind| !trigger.kind.ends_with(kind));
                // A 2.0 server forgets triggers that the flow disables.
                let off = self.dialect.is_v2() && trigger.flag("disabled", false);
                if evaluated && !off {
                    let row = new_row(flow.namespace(), flow.id(), trigger, now, self.dialect.is_v2());
                    found.push((row, flow.revision));
                }
            }
        }
        self.triggers().take(found);
    }

    /// The trigger of a flow as its source has it. One whose id the reader takes for something else than a text isn't found.
    pub(crate) fn trigger_source(&self, row: &TriggerRow) -> Option<Value> {
        let flow = self.stored_flow(&row.namespace, &row.flow_id, None)?;
        let triggers = flow.definition.raw.get("triggers")?.as_array()?;
        let own = triggers
            .iter()
            .find(|trigger| trigger.get("id").and_then(Value::as_str) == Some(row.trigger_id.as_str()))?;
        Some(super::flow_json::task(own, self.dialect))
    }
}

fn new_row(namespace: &str, flow: &str, trigger: &Task, now: Timestamp, v2: bool) -> TriggerRow {
    TriggerRow {
        namespace: namespace.to_owned(),
        flow_id: flow.to_owned(),
        trigger_id: trigger.id.clone(),
        kind: trigger.kind.clone(),
        date: (!v2).then_some(now),
        next: Some(next(trigger, now).unwrap_or(now)),
        updated: now,
        touched: false,
        last_triggered: None,
        disabled: false,
        backfill: None,
        number: 0,
        execution_id: None,
    }
}

/// When a schedule is next after an instant; nothing for other triggers.
pub(crate) fn next(trigger: &Task, at: Timestamp) -> Option<Timestamp> {
    Cron::parse(&trigger.text("cron")?)?.after(at)
}

/// The trigger of a flow.
pub(crate) fn trigger_of(flow: &FlowDefinition, id: &str) -> Option<Task> {
    flow.triggers.iter().find(|trigger| trigger.id == id).cloned()
}

/// Runs the backfill of a trigger until it has ended, is deleted, or is replaced by another.
pub(crate) fn start_backfill(app: &Arc<App>, key: TriggerKey, number: u64) {
    if app.settings.no_executor {
        return;
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(app.settings.backfill_interval()).await;
            let Some(row) = app.triggers().find(&key) else { return };
            let Some(backfill) = row.backfill.filter(|backfill| backfill.number == number) else { return };
            let wait = backfill.paused || row.disabled || row.execution_id.is_some();
            if !wait && !step(&app, &key, &backfill).await {
                return;
            }
        }
    });
}

/// Starts the next execution of a backfill and waits for its end; says whether there was one.
async fn step(app: &Arc<App>, key: &TriggerKey, backfill: &Backfill) -> bool {
    let (namespace, flow_id, trigger_id) = key;
    let Some(flow) = app.stored_flow(namespace, flow_id, None) else { return false };
    let Some(trigger) = trigger_of(&flow.definition, trigger_id) else { return false };
    let due = if app.dialect.is_v2() { Some(backfill.current) } else { next(&trigger, backfill.current) };
    let Some(due) = due.filter(|due| *due <= backfill.end) else {
        app.triggers().update(key, TriggerRow::end_backfill);
        return false;
    };
    if due > Timestamp::now() {
        tokio::time::sleep(LOOK).await;
        return true;
    }
    let following = next(&trigger, due);
    let mut given = trigger.properties.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
    given.extend(backfill.inputs.clone());
    let variables = json!({"date": due.to_string(), "next": following.map(|next| next.to_string())});
    let creation = Creation {
        labels: backfill.labels.clone(),
        trigger: Some(json!({"id": trigger.id, "type": trigger.kind, "variables": variables})),
        ..Creation::of(&flow, GivenInputs::from_json(&given))
    };
    let created = create(app, creation);
    let cell = created.ok().map(|created| app.engine.insert(created.execution.stored()));
    app.triggers().update(key, |row| {
        row.date = Some(due);
        row.last_triggered = Some(Timestamp::now());
        row.execution_id = cell.as_ref().map(|cell| cell.now().id.clone());
        row.touched = true;
        let v2 = app.dialect.is_v2();
        if let Some(own) = row.backfill.as_mut().filter(|own| own.number == backfill.number) {
            own.current = if v2 { following.unwrap_or(own.end) } else { due };
            row.next = if v2 { following } else { Some(due) };
        }
    });
    if let Some(cell) = cell {
        run::start(app, &cell);
        cell.until(|execution| execution.deleted || execution.is_over()).await;
    }
    app.triggers().update(key, |row| {
        row.execution_id = None;
        if row.backfill.as_ref().is_some_and(|own| own.number == backfill.number) {
            row.next = following;
        }
    });
    true
}
