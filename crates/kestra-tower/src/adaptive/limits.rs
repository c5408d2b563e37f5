//! The limits of several servers.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::uri::Authority;

use super::limit::Limit;

/// A limit for each server. Requests without a host share one.
pub(super) struct Limits {
    initial: usize,
    bounds: RangeInclusive<usize>,
    servers: Mutex<Vec<(Option<Authority>, Arc<Limit>)>>,
}

impl Limits {
    pub(super) fn new(initial: usize, bounds: &RangeInclusive<usize>) -> Self {
        Self { initial, bounds: bounds.clone(), servers: Mutex::default() }
    }

    pub(super) fn of(&self, server: Option<&Authority>) -> Arc<Limit> {
        let mut servers = self.servers();
        if let Some((_, limit)) = servers.iter().find(|(known, _)| known.as_ref() == server) {
            return Arc::clone(limit);
        }
        let limit = Arc::new(Limit::new(self.initial, &self.bounds));
        servers.push((server.cloned(), Arc::clone(&limit)));
        limit
    }

    pub(super) fn sum(&self) -> usize {
        match self.servers().as_slice() {
            [] => Limit::new(self.initial, &self.bounds).current(),
            servers => servers.iter().map(|(_, limit)| limit.current()).sum(),
        }
    }

    fn servers(&self) -> MutexGuard<'_, Vec<(Option<Authority>, Arc<Limit>)>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

kestra_core::debug_fields! { Limits, this => { initial: this.initial, bounds: this.bounds, now: this.sum() } }
