//! All executions of a server, and what they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;

use super::cell::Cell;
use super::execution::Execution;
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
    timing: Mutex<Timing>,
    /// The one worker there is.
    pub(crate) worker_id: String,
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<String, Arc<Cell>>,
    in_order: Vec<Arc<Cell>>,
}

/// How long things take that take time on a real server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Between the steps of a task.
    pub(crate) pace: Duration,
    /// How long a stream of an unknown execution waits for it.
    pub(crate) patience: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { pace: Duration::from_millis(2), patience: Duration::from_secs(10) }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            table: RwLock::default(),
            slots: Mutex::default(),
            files: Mutex::default(),
            scripts: Mutex::default(),
            timing: Mutex::default(),
            worker_id: new_id(),
        }
    }
}

impl Engine {
    /// Keeps an execution.
    pub(crate) fn insert(&self, execution: Execution) -> Arc<Cell> {
        let id = execution.id.clone();
        let cell = Arc::new(Cell::new(execution));
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = table.by_id.insert(id, Arc::clone(&cell)) {
            table.in_order.retain(|known| !Arc::ptr_eq(known, &old));
        }
        table.in_order.push(Arc::clone(&cell));
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

    /// Forgets executions; what runs them stops.
    pub(crate) fn remove(&self, ids: &[String]) {
        let mut gone = Vec::new();
        {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                gone.extend(table.by_id.remove(id));
            }
            table.in_order.retain(|cell| !gone.iter().any(|gone| Arc::ptr_eq(gone, cell)));
        }
        for cell in gone {
            cell.update(|execution| execution.deleted = true);
        }
    }

    /// The executions that run or wait for a slot.
    pub(crate) fn slots<R>(&self, act: impl FnOnce(&mut Slots) -> R) -> R {
        act(&mut lock(&self.slots))
    }

    /// The scripts of flows.
    pub(crate) fn scripts<R>(&self, act: impl FnOnce(&mut Scripts) -> R) -> R {
        act(&mut lock(&self.scripts))
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
