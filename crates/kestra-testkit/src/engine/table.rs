//! All executions of a server, and what they share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;

use super::cell::Cell;
use super::execution::Execution;
use super::flow_trigger::Windows;
use super::ids::new_id;
use super::script::Scripts;
use super::slots::Slots;
use crate::app::lock;

/// Executions, and what runs them.
#[derive(Debug)]
pub(crate) struct Engine {
    table: RwLock<Table>,
    slots: Mutex<Slots>,
    files: Mutex<HashMap<String, Bytes>>,
    scripts: Mutex<Scripts>,
    windows: Mutex<Windows>,
    timing: Mutex<Timing>,
    /// Whether executions were deleted since that was asked last.
    has_deleted: AtomicBool,
    /// The one worker there is.
    pub(crate) worker_id: String,
}

/// The label that executions share which belong together; it never changes.
pub(crate) const CORRELATION: &str = "system.correlationId";

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<String, Arc<Cell>>,
    by_correlation: HashMap<String, Vec<Arc<Cell>>>,
    in_order: Vec<Arc<Cell>>,
}

impl Table {
    fn add(&mut self, cell: &Arc<Cell>) {
        let execution = cell.now();
        if let Some(correlation) = execution.label(CORRELATION) {
            self.by_correlation.entry(correlation.to_owned()).or_default().push(Arc::clone(cell));
        }
        if let Some(old) = self.by_id.insert(execution.id.clone(), Arc::clone(cell)) {
            self.forget(&[old]);
        }
        self.in_order.push(Arc::clone(cell));
    }

    /// Takes executions out of what isn't kept by id.
    fn forget(&mut self, gone: &[Arc<Cell>]) {
        let stays = |cell: &Arc<Cell>| !gone.iter().any(|gone| Arc::ptr_eq(gone, cell));
        self.in_order.retain(stays);
        for cell in gone {
            if let Some(correlation) = cell.now().label(CORRELATION)
                && let Some(group) = self.by_correlation.get_mut(correlation)
            {
                group.retain(stays);
                if group.is_empty() {
                    self.by_correlation.remove(correlation);
                }
            }
        }
    }
}

/// How long things take that take time on a real server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Between the steps of a task.
    pub(crate) pace: Duration,
    /// How long a stream of an unknown execution waits for it.
    pub(crate) missing_execution_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { pace: Duration::from_millis(2), missing_execution_timeout: Duration::from_secs(10) }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            table: RwLock::default(),
            slots: Mutex::default(),
            files: Mutex::default(),
            scripts: Mutex::default(),
            windows: Mutex::default(),
            timing: Mutex::default(),
            has_deleted: AtomicBool::default(),
            worker_id: new_id(),
        }
    }
}

impl Engine {
    /// Keeps an execution.
    pub(crate) fn insert(&self, execution: Execution) -> Arc<Cell> {
        let cell = Arc::new(Cell::new(execution));
        self.table.write().unwrap_or_else(PoisonError::into_inner).add(&cell);
        cell
    }

    /// An execution by its id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Cell>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    /// All executions as they are now, in the order of their creation.
    pub(crate) fn all(&self) -> Vec<Arc<Execution>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.in_order.iter().map(|cell| cell.now()).collect()
    }

    /// The executions with a correlation id as they are now, in the order of their creation.
    pub(crate) fn correlated(&self, correlation: &str) -> Vec<Arc<Execution>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.by_correlation.get(correlation).into_iter().flatten().map(|cell| cell.now()).collect()
    }

    /// Forgets executions; what runs them stops.
    pub(crate) fn remove(&self, ids: &[String]) {
        let mut gone = Vec::new();
        {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                gone.extend(table.by_id.remove(id));
            }
            table.forget(&gone);
        }
        if !gone.is_empty() {
            self.has_deleted.store(true, Ordering::Relaxed);
        }
        for cell in gone {
            cell.update(|execution| execution.deleted = true);
        }
    }

    /// Whether any execution was deleted since this was asked last.
    pub(crate) fn takes_deletions(&self) -> bool {
        self.has_deleted.swap(false, Ordering::Relaxed)
    }

    /// The executions that run or wait for a slot.
    pub(crate) fn slots<R>(&self, act: impl FnOnce(&mut Slots) -> R) -> R {
        act(&mut lock(&self.slots))
    }

    /// The scripts of flows.
    pub(crate) fn scripts<R>(&self, act: impl FnOnce(&mut Scripts) -> R) -> R {
        act(&mut lock(&self.scripts))
    }

    /// What was met so far of the conditions of triggers.
    pub(crate) fn windows<R>(&self, act: impl FnOnce(&mut Windows) -> R) -> R {
        act(&mut lock(&self.windows))
    }

    /// Keeps a file of an execution.
    pub(crate) fn put_file(&self, uri: String, body: Bytes) {
        lock(&self.files).insert(uri, body);
    }

    /// A file of an execution.
    pub(crate) fn file(&self, uri: &str) -> Option<Bytes> {
        lock(&self.files).get(uri).cloned()
    }

    /// Deletes the files of an execution.
    pub(crate) fn remove_files(&self, base: &str) {
        let below = format!("{base}/");
        lock(&self.files).retain(|uri, _| !uri.starts_with(&below));
    }

    /// How long things take.
    pub(crate) fn timing(&self) -> Timing {
        *lock(&self.timing)
    }

    /// Sets how long things take.
    pub(crate) fn set_timing(&self, change: impl FnOnce(&mut Timing)) {
        change(&mut lock(&self.timing));
    }
}
