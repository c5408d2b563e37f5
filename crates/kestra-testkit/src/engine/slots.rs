//! How many executions of a flow run at a time.

use std::collections::{HashMap, VecDeque};

/// Running and waiting executions of the flows that have a limit.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    flows: HashMap<(String, String), Flow>,
}

#[derive(Debug, Default)]
struct Flow {
    running: usize,
    waiting: VecDeque<String>,
}

impl Slots {
    /// Takes a slot if one is free.
    pub(crate) fn take(&mut self, namespace: &str, flow: &str, limit: usize) -> bool {
        let flow = self.flow(namespace, flow);
        let free = flow.running < limit;
        flow.running += usize::from(free);
        free
    }

    /// Takes a slot even if none is free.
    pub(crate) fn force(&mut self, namespace: &str, flow: &str) {
        self.flow(namespace, flow).running += 1;
    }

    /// Queues an execution.
    pub(crate) fn wait(&mut self, namespace: &str, flow: &str, id: &str) {
        self.flow(namespace, flow).waiting.push_back(id.to_owned());
    }

    /// Takes an execution out of the queue.
    pub(crate) fn leave(&mut self, namespace: &str, flow: &str, id: &str) {
        if let Some(flow) = self.flows.get_mut(&(namespace.to_owned(), flow.to_owned())) {
            flow.waiting.retain(|waiting| waiting != id);
        }
    }

    /// Frees a slot; whoever is next in the queue gets it.
    pub(crate) fn free(&mut self, namespace: &str, flow: &str) -> Option<String> {
        let flow = self.flow(namespace, flow);
        flow.running = flow.running.saturating_sub(1);
        let next = flow.waiting.pop_front();
        flow.running += usize::from(next.is_some());
        next
    }

    /// Sets the count of running executions, as an administrator may.
    pub(crate) fn set_running(&mut self, namespace: &str, flow: &str, running: usize) {
        self.flow(namespace, flow).running = running;
    }

    /// Namespace, flow and running executions of each.
    pub(crate) fn all(&self) -> Vec<(String, String, usize)> {
        let mut all: Vec<_> =
            self.flows.iter().map(|((ns, id), flow)| (ns.clone(), id.clone(), flow.running)).collect();
        all.sort();
        all
    }

    fn flow(&mut self, namespace: &str, flow: &str) -> &mut Flow {
        self.flows.entry((namespace.to_owned(), flow.to_owned())).or_default()
    }
}
