//! The metrics of a client, from the events that it tells.

use kestra_core::{
    Attempt, CallOutcome, ClientEvent, ConnectionChange, HedgeWinner, OperationInfo, ServerAddress,
};
use opentelemetry::StringValue;

use crate::attributes::{
    Attributes, CONNECTION_STATE, ERROR_TYPE, HEDGE_WINNER, OPERATION, OTHER, OUTCOME, SERVER_ADDRESS,
    SERVER_PORT, error_type, status_error,
};
use crate::instruments::Instruments;

pub(crate) fn record_event(instruments: &Instruments, event: &ClientEvent<'_>) {
    match *event {
        ClientEvent::CallEnded { operation, outcome, attempts, duration, .. } => {
            let mut attributes = of_operation(operation);
            if attempts > 0 {
                instruments.attempts.add(u64::from(attempts), attributes.as_slice());
            }
            match outcome {
                CallOutcome::Success => attributes.set(OUTCOME, "success"),
                CallOutcome::Failed(error) => {
                    attributes.set(OUTCOME, "error");
                    attributes.set(ERROR_TYPE, error_type(error));
                }
                _ => attributes.set(OUTCOME, "cancelled"),
            }
            instruments.call_duration.record(duration.as_secs_f64(), attributes.as_slice());
        }
        ClientEvent::Retry(retry) => {
            let mut attributes = of_operation(retry.attempt.operation);
            attributes.set(ERROR_TYPE, cause(retry.attempt));
            instruments.retries.add(1, attributes.as_slice());
        }
        ClientEvent::RetryBudgetExhausted { operation, .. } => {
            instruments.budget_exhausted.add(1, of_operation(operation).as_slice());
        }
        ClientEvent::HedgeEnded { operation, winner, .. } => {
            let mut attributes = of_operation(Some(operation));
            attributes.set(HEDGE_WINNER, hedge_winner(winner));
            instruments.hedges.add(1, attributes.as_slice());
        }
        ClientEvent::HedgeBudgetExhausted { operation, .. } => {
            instruments.hedge_budget_exhausted.add(1, of_operation(Some(operation)).as_slice());
        }
        ClientEvent::UnclearOutcome(error) => {
            instruments.unclear_outcomes.add(1, of_operation(error.operation()).as_slice());
        }
        ClientEvent::StreamReconnect { operation, cause, .. } => {
            let mut attributes = of_operation(Some(operation));
            attributes.set(ERROR_TYPE, error_type(cause));
            instruments.stream_reconnects.add(1, attributes.as_slice());
        }
        ClientEvent::VersionProbe { result, .. } => {
            let mut attributes = Attributes::new();
            if let Err(error) = result {
                attributes.set(ERROR_TYPE, error_type(error));
            }
            instruments.version_probes.add(1, attributes.as_slice());
        }
        ClientEvent::ServerEjected { server, .. } => {
            instruments.server_ejections.add(1, of_server(instruments, server).as_slice());
        }
        ClientEvent::ServerReturned { server, .. } => {
            instruments.server_returns.add(1, of_server(instruments, server).as_slice());
        }
        ClientEvent::PoolWait { server, waited, .. } => {
            instruments.pool_wait.record(waited.as_secs_f64(), of_server(instruments, server).as_slice());
        }
        ClientEvent::Connection { server, change, .. } => record_connection(instruments, server, change),
        _ => {}
    }
}

fn record_connection(instruments: &Instruments, server: ServerAddress<'_>, change: ConnectionChange) {
    const ACTIVE: &str = "active";
    const IDLE: &str = "idle";
    let (ended, begun) = match change {
        ConnectionChange::Opened => (None, Some(ACTIVE)),
        ConnectionChange::Reused => (Some(IDLE), Some(ACTIVE)),
        ConnectionChange::Idle => (Some(ACTIVE), Some(IDLE)),
        ConnectionChange::Closed { was_idle } => (Some(if was_idle { IDLE } else { ACTIVE }), None),
        _ => (None, None),
    };
    for (state, count) in [(ended, -1), (begun, 1)] {
        if let Some(state) = state {
            let mut attributes = of_server(instruments, server);
            attributes.set(CONNECTION_STATE, state);
            instruments.open_connections.add(count, attributes.as_slice());
        }
    }
}

fn of_operation(operation: Option<&'static OperationInfo>) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.set(OPERATION, operation.map_or(OTHER, |operation| operation.name));
    attributes
}

fn of_server(instruments: &Instruments, server: ServerAddress<'_>) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.set(SERVER_ADDRESS, instruments.hosts.get(server.host));
    attributes.set(SERVER_PORT, i64::from(server.port));
    attributes
}

fn hedge_winner(winner: HedgeWinner) -> &'static str {
    match winner {
        HedgeWinner::First => "first",
        HedgeWinner::Second => "second",
        HedgeWinner::Neither => "neither",
        HedgeWinner::Cancelled => "cancelled",
        _ => OTHER,
    }
}

/// Returns the `error.type` of an attempt that is retried.
fn cause(attempt: &Attempt<'_>) -> StringValue {
    match (attempt.error(), attempt.status()) {
        (Some(error), _) => error_type(error),
        (None, Some(status)) => status_error(status),
        (None, None) => OTHER.into(),
    }
}
