//! What the scheduler knows of triggers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Namespace, flow and id of a trigger.
pub(crate) type TriggerKey = (String, String, String);

/// A range of the past that a schedule catches up with.
#[derive(Clone, Debug)]
pub(crate) struct Backfill {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) current: Timestamp,
    pub(crate) paused: bool,
    pub(crate) inputs: Map<String, Value>,
    pub(crate) labels: Vec<(String, String)>,
    /// When the schedule itself goes on.
    pub(crate) previous_next: Option<Timestamp>,
    /// Tells one backfill from another that was made later.
    pub(crate) number: u64,
}

/// One trigger.
#[derive(Clone, Debug)]
pub(crate) struct TriggerRow {
    pub(crate) namespace: String,
    pub(crate) flow_id: String,
    pub(crate) trigger_id: String,
    /// The type, in the spelling of the source.
    pub(crate) kind: String,
    /// When it was evaluated last; 1.x begins with the time that the trigger was seen first.
    pub(crate) date: Option<Timestamp>,
    pub(crate) next: Option<Timestamp>,
    pub(crate) updated: Timestamp,
    /// Whether 1.x shows when it was changed.
    pub(crate) touched: bool,
    pub(crate) last_triggered: Option<Timestamp>,
    pub(crate) disabled: bool,
    pub(crate) backfill: Option<Backfill>,
    /// Which one it is in the order they were seen.
    pub(crate) number: u64,
    /// The execution that it waits for.
    pub(crate) execution_id: Option<String>,
}

impl TriggerRow {
    /// The key of the row.
    pub(crate) fn key(&self) -> TriggerKey {
        (self.namespace.clone(), self.flow_id.clone(), self.trigger_id.clone())
    }

    /// Whether it waits for the end of an execution.
    pub(crate) fn is_locked(&self) -> bool {
        self.execution_id.is_some()
    }

    /// Ends a backfill: the schedule goes on where it was.
    pub(crate) fn end_backfill(&mut self) {
        if let Some(backfill) = self.backfill.take() {
            self.next = backfill.previous_next;
        }
    }
}

/// All triggers that a scheduler evaluates.
#[derive(Debug, Default)]
pub(crate) struct TriggerStore {
    rows: BTreeMap<TriggerKey, TriggerRow>,
    /// Triggers that were deleted, with the revision of the flow that had them.
    deleted: BTreeSet<(TriggerKey, u64)>,
    backfills: u64,
    seen: u64,
}

impl TriggerStore {
    /// All rows, those seen first at the beginning.
    pub(crate) fn all(&self) -> Vec<TriggerRow> {
        let mut all: Vec<TriggerRow> = self.rows.values().cloned().collect();
        all.sort_by_key(|row| row.number);
        all
    }

    /// One row.
    pub(crate) fn find(&self, key: &TriggerKey) -> Option<TriggerRow> {
        self.rows.get(key).cloned()
    }

    /// Changes a row and gives it as it is then.
    pub(crate) fn update(
        &mut self,
        key: &TriggerKey,
        change: impl FnOnce(&mut TriggerRow),
    ) -> Option<TriggerRow> {
        let row = self.rows.get_mut(key)?;
        change(row);
        row.updated = Timestamp::now();
        Some(row.clone())
    }

    /// Deletes a row; it comes back with the next revision of its flow.
    pub(crate) fn delete(&mut self, key: &TriggerKey, revision: u64) -> bool {
        let there = self.rows.remove(key).is_some();
        if there {
            self.deleted.insert((key.clone(), revision));
        }
        there
    }

    /// Takes the triggers that flows have now: new ones are added, those of no flow are dropped.
    pub(crate) fn take(&mut self, found: Vec<(TriggerRow, u64)>) {
        let known: BTreeSet<TriggerKey> = found.iter().map(|(row, _)| row.key()).collect();
        self.rows.retain(|key, _| known.contains(key));
        for (mut row, revision) in found {
            let key = row.key();
            if !self.rows.contains_key(&key) && !self.deleted.contains(&(key.clone(), revision)) {
                self.seen += 1;
                row.number = self.seen;
                self.rows.insert(key, row);
            }
        }
    }

    /// The number of the next backfill.
    pub(crate) fn next_backfill(&mut self) -> u64 {
        self.backfills += 1;
        self.backfills
    }
}
