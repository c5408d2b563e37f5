//! Everything the server knows, shared by all connections.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dialect::Dialect;
use crate::engine::Engine;
use crate::engine::flow::FlowDefinition;
use crate::http::ApiError;
use crate::server::Settings;
use crate::store::{FlowStore, LogStore};

/// The state of one embedded server.
///
/// Locks are held for a moment, never over an await, and never two at once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) dialect: Dialect,
    pub(crate) settings: Settings,
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    /// Executions, and what runs them.
    pub(crate) engine: Engine,
    /// What executions have logged.
    pub(crate) logs: LogStore,
    flows: Mutex<FlowStore>,
}

impl App {
    pub(crate) fn new(settings: Settings, url: String) -> Self {
        Self {
            dialect: settings.dialect,
            settings,
            url,
            engine: Engine::default(),
            logs: LogStore::default(),
            flows: Mutex::new(FlowStore::default()),
        }
    }

    /// Whether an execution is there.
    pub(crate) fn knows_execution(&self, id: &str) -> bool {
        !self.logs.all(|entry| entry.execution_id == id).is_empty()
    }

    /// Reads and validates the source of a flow.
    pub(crate) fn parse_flow(&self, source: &str) -> Result<FlowDefinition, ApiError> {
        FlowDefinition::parse(source, self.dialect).map_err(|problem| problem.into_error())
    }

    /// The stored flows.
    pub(crate) fn flows(&self) -> MutexGuard<'_, FlowStore> {
        lock(&self.flows)
    }
}

/// A lock, also after somebody panicked while holding it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
