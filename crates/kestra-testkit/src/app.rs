//! Everything the server knows, shared by all connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use crate::dialect::Dialect;
use crate::engine::Engine;
use crate::engine::flow::FlowDefinition;
use crate::executed::Executed;
use crate::faults::Faults;
use crate::http::ApiError;
use crate::requests::RequestLog;
use crate::routes::{Dashboards, McpServers};
use crate::server::Settings;
use crate::store::{FileStore, FlowStore, KvStore, LogStore, MetricStore, TriggerStore};
use crate::stubbed_responses::StubbedResponses;
use crate::yaml;

/// The state of one embedded server. What is behind an `Arc`, all servers of one cluster share.
///
/// Locks are held for a moment, never over an await, and never two at once.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) dialect: Dialect,
    pub(crate) settings: Settings,
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    pub(crate) started: Timestamp,
    /// Executions, and what runs them.
    pub(crate) engine: Arc<Engine>,
    /// What executions have logged.
    pub(crate) logs: Arc<LogStore>,
    /// What executions have measured.
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) faults: Faults,
    pub(crate) stubs: StubbedResponses,
    pub(crate) requests: RequestLog,
    flows: Arc<Mutex<FlowStore>>,
    credentials: Arc<Mutex<Credentials>>,
    mcp_servers: Arc<Mutex<McpServers>>,
    dashboards: Arc<Mutex<Dashboards>>,
    kv: Arc<Mutex<KvStore>>,
    files: Arc<Mutex<FileStore>>,
    triggers: Arc<Mutex<TriggerStore>>,
}

impl App {
    pub(crate) fn new(settings: Settings, url: String) -> Self {
        let credentials = Credentials { pair: settings.basic_auth.clone(), over_api: false };
        Self {
            dialect: settings.dialect,
            settings,
            url,
            started: Timestamp::now(),
            engine: Arc::default(),
            logs: Arc::default(),
            metrics: Arc::default(),
            faults: Faults::default(),
            stubs: StubbedResponses::default(),
            requests: RequestLog::default(),
            flows: Arc::default(),
            credentials: Arc::new(Mutex::new(credentials)),
            mcp_servers: Arc::default(),
            dashboards: Arc::default(),
            kv: Arc::default(),
            files: Arc::default(),
            triggers: Arc::default(),
        }
    }

    /// Creates another server of the cluster of `first`. It has faults, stubs and a log of requests of its own.
    pub(crate) fn beside(first: &Self, settings: Settings, url: String) -> Self {
        Self {
            engine: Arc::clone(&first.engine),
            logs: Arc::clone(&first.logs),
            metrics: Arc::clone(&first.metrics),
            flows: Arc::clone(&first.flows),
            credentials: Arc::clone(&first.credentials),
            mcp_servers: Arc::clone(&first.mcp_servers),
            dashboards: Arc::clone(&first.dashboards),
            kv: Arc::clone(&first.kv),
            files: Arc::clone(&first.files),
            triggers: Arc::clone(&first.triggers),
            ..Self::new(settings, url)
        }
    }

    /// Whether an execution is there.
    pub(crate) fn knows_execution(&self, id: &str) -> bool {
        self.engine.find(id).is_some()
    }

    /// Makes all executions and their logs older.
    pub(crate) fn age(&self, by: std::time::Duration) {
        let by = jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX);
        for execution in self.engine.all() {
            if let Some(cell) = self.engine.find(&execution.id) {
                cell.update(|execution| execution.age(by));
            }
        }
        self.logs.age(by);
    }

    /// Executions of a flow, oldest first.
    pub(crate) fn executions_of(&self, namespace: &str, flow: &str) -> Vec<Executed> {
        let all = self.engine.all();
        let own =
            all.iter().filter(|execution| execution.namespace == namespace && execution.flow_id == flow);
        own.map(|execution| Executed::of(execution, self.dialect)).collect()
    }

    /// Reads and validates the source of a flow; a scripted one may have tasks that aren't known.
    pub(crate) fn parse_flow(&self, source: &str) -> Result<FlowDefinition, ApiError> {
        let parsed = FlowDefinition::parse(source, self.dialect);
        parsed.or_else(|problem| self.scripted(source).ok_or_else(|| problem.into_error()))
    }

    /// The flow of a source as it stands, if it is scripted.
    fn scripted(&self, source: &str) -> Option<FlowDefinition> {
        let Ok(Value::Object(raw)) = yaml::read(source) else { return None };
        let flow = FlowDefinition::read(raw);
        let script = self.engine.scripts(|scripts| scripts.get(&flow.namespace, &flow.id));
        (script.is_some() && !flow.tasks.is_empty()).then_some(flow)
    }

    /// User name and password that are asked for now.
    pub(crate) fn credentials(&self) -> Credentials {
        lock(&self.credentials).clone()
    }

    /// Sets user name and password, as a client does over the API.
    pub(crate) fn set_credentials(&self, username: String, password: String) {
        *lock(&self.credentials) = Credentials { pair: Some((username, password)), over_api: true };
    }

    /// Settings of MCP servers.
    pub(crate) fn mcp_servers(&self) -> MutexGuard<'_, McpServers> {
        lock(&self.mcp_servers)
    }

    /// Dashboards by their ids.
    pub(crate) fn dashboards(&self) -> MutexGuard<'_, Dashboards> {
        lock(&self.dashboards)
    }

    /// The stored flows.
    pub(crate) fn flows(&self) -> MutexGuard<'_, FlowStore> {
        lock(&self.flows)
    }

    /// Keys and values of namespaces.
    pub(crate) fn kv(&self) -> MutexGuard<'_, KvStore> {
        lock(&self.kv)
    }

    /// Files of namespaces.
    pub(crate) fn files(&self) -> MutexGuard<'_, FileStore> {
        lock(&self.files)
    }

    /// What is known of triggers.
    pub(crate) fn triggers(&self) -> MutexGuard<'_, TriggerStore> {
        lock(&self.triggers)
    }
}

/// The credentials of a server.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// User name and password.
    pub(crate) pair: Option<(String, String)>,
    /// Whether they were set over the API.
    pub(crate) over_api: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("set", &self.pair.is_some()).finish_non_exhaustive()
    }
}

/// A lock, also after somebody panicked while holding it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
