//! Flows with all their revisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::flow::FlowDefinition;

/// One revision of a flow.
#[derive(Clone, Debug)]
pub(crate) struct StoredFlow {
    pub(crate) definition: Arc<FlowDefinition>,
    pub(crate) source: String,
    pub(crate) revision: u64,
    pub(crate) updated: Timestamp,
    pub(crate) deleted: bool,
    /// It stands in for a flow that a script knows, until that is created.
    pub(crate) placeholder: bool,
}

impl StoredFlow {
    pub(crate) fn id(&self) -> &str {
        &self.definition.id
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.definition.namespace
    }
}

/// All flows, by namespace and id.
#[derive(Debug, Default)]
pub(crate) struct FlowStore {
    flows: BTreeMap<(String, String), Vec<StoredFlow>>,
}

impl FlowStore {
    /// The newest revision of a flow that isn't deleted.
    pub(crate) fn find(&self, namespace: &str, id: &str) -> Option<StoredFlow> {
        self.newest(namespace, id).filter(|flow| !flow.deleted)
    }

    /// The newest revision, also if that is a deletion.
    pub(crate) fn newest(&self, namespace: &str, id: &str) -> Option<StoredFlow> {
        self.flows.get(&key(namespace, id))?.last().cloned()
    }

    /// One revision.
    pub(crate) fn revision(&self, namespace: &str, id: &str, revision: u64) -> Option<StoredFlow> {
        self.flows.get(&key(namespace, id))?.iter().find(|flow| flow.revision == revision).cloned()
    }

    /// All revisions, oldest first.
    pub(crate) fn revisions(&self, namespace: &str, id: &str) -> Vec<StoredFlow> {
        self.flows.get(&key(namespace, id)).cloned().unwrap_or_default()
    }

    /// The newest revision of each flow that isn't deleted, those changed last at the end.
    pub(crate) fn all(&self) -> Vec<StoredFlow> {
        let newest = self.flows.values().filter_map(|revisions| revisions.last());
        let mut all: Vec<StoredFlow> = newest.filter(|flow| !flow.deleted).cloned().collect();
        all.sort_by_key(|flow| flow.updated);
        all
    }

    /// The newest revisions, not deleted or disabled, that have a trigger of a kind.
    pub(crate) fn with_trigger(&self, kind: &str) -> Vec<StoredFlow> {
        let newest = self.flows.values().filter_map(|revisions| revisions.last());
        let has = |flow: &&StoredFlow| {
            let triggers = &flow.definition.triggers;
            !flow.deleted && !flow.definition.disabled && triggers.iter().any(|one| one.kind.ends_with(kind))
        };
        newest.filter(has).cloned().collect()
    }

    /// Stores a flow as it is now, and says whether that made a revision: the same source as before doesn't.
    /// A source with `deleted: true` deletes the flow.
    pub(crate) fn save(&mut self, definition: FlowDefinition, source: String) -> (StoredFlow, bool) {
        self.unplace(&definition.namespace, &definition.id);
        let revisions = self.flows.entry(key(&definition.namespace, &definition.id)).or_default();
        if let Some(last) = revisions.last().filter(|last| !last.deleted && last.source == source) {
            return (last.clone(), false);
        }
        let flow = StoredFlow {
            revision: revisions.last().map_or(1, |last| last.revision + 1),
            deleted: definition.deleted,
            definition: Arc::new(definition),
            source,
            updated: Timestamp::now(),
            placeholder: false,
        };
        revisions.push(flow.clone());
        (flow, true)
    }

    /// Puts a flow there that stands in for one to come.
    pub(crate) fn place(&mut self, definition: FlowDefinition, source: String) {
        let name = key(&definition.namespace, &definition.id);
        self.save(definition, source);
        if let Some(flow) = self.flows.get_mut(&name).and_then(|revisions| revisions.last_mut()) {
            flow.placeholder = true;
        }
    }

    /// Takes away what stands in for a flow.
    pub(crate) fn unplace(&mut self, namespace: &str, id: &str) -> bool {
        let name = key(namespace, id);
        let placed = self.flows.get(&name).and_then(|revisions| revisions.last());
        let placed = placed.is_some_and(|flow| flow.placeholder);
        if placed {
            self.flows.remove(&name);
        }
        placed
    }

    /// Deletes a flow: a last revision that says so.
    pub(crate) fn delete(&mut self, namespace: &str, id: &str) -> Option<StoredFlow> {
        let revisions = self.flows.get_mut(&key(namespace, id))?;
        let last = revisions.last().filter(|last| !last.deleted)?;
        let gone = StoredFlow {
            revision: last.revision + 1,
            deleted: true,
            updated: Timestamp::now(),
            ..last.clone()
        };
        revisions.push(gone.clone());
        Some(gone)
    }

    /// Forgets single revisions; who names the newest deletes the flow.
    pub(crate) fn forget(&mut self, namespace: &str, id: &str, numbers: &[u64]) {
        let Some(revisions) = self.flows.get_mut(&key(namespace, id)) else { return };
        let newest = revisions.last().map(|flow| flow.revision);
        revisions.retain(|flow| Some(flow.revision) == newest || !numbers.contains(&flow.revision));
        if newest.is_some_and(|newest| numbers.contains(&newest)) {
            self.delete(namespace, id);
        }
    }
}

fn key(namespace: &str, id: &str) -> (String, String) {
    (namespace.to_owned(), id.to_owned())
}
