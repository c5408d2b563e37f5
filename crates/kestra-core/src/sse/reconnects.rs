//! Telling that a stream is opened again.

use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, ErrorKind, TimeoutPhase};
use crate::operation::OperationInfo;

const TARGET: &str = "kestra::stream";

/// Tells of each connection of a stream after its first, at DEBUG.
///
/// Streams are cut, and closed when they are silent; that is usual. What isn't, that nothing came at all, is told at WARN
/// besides, once for each cause.
#[derive(Debug)]
pub struct Reconnects {
    operation: &'static str,
    /// The connections so far.
    connections: u32,
    warned: Vec<(ErrorKind, Option<StatusCode>)>,
}

impl Reconnects {
    /// Tells of a stream of this operation.
    #[must_use]
    pub fn new(operation: &'static OperationInfo) -> Self {
        Self { operation: operation.name, connections: 1, warned: Vec::new() }
    }

    /// Tells that another connection follows after a wait, and why: the last one ended with this, after it had given an event
    /// or before.
    pub fn tell(&mut self, reason: &Error, was_fruitful: bool, wait: Duration) {
        self.connections = self.connections.saturating_add(1);
        let operation = self.operation;
        tracing::debug!(
            target: TARGET,
            operation,
            attempt = self.connections,
            wait_ms = wait.as_millis() as u64,
            %reason,
            "opening a stream again"
        );
        if was_fruitful || reason.kind() == ErrorKind::Timeout(TimeoutPhase::Idle) {
            return;
        }
        let cause = (reason.kind(), reason.status());
        if !self.warned.contains(&cause) {
            self.warned.push(cause);
            tracing::warn!(target: TARGET, operation, %reason, "a stream gave nothing; it is opened until it does");
        }
    }
}
