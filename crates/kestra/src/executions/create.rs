//! Creating an execution so that it is started once.

use std::time::Duration;

use kestra_core::sse::{Backoff, is_passing};
use kestra_core::{Error, ErrorKind, RequestSent, Retry};
use kestra_models::Execution;
use tokio::time::Instant;

use super::creation::Creation;
use super::key::{self, Scope};
use super::{Resolved, check};
use crate::Client;

/// How long a server that can't be reached is tried, so that a restart of it isn't the end of a start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far clocks may be apart when what was just started is looked for.
const RECENTLY: Duration = Duration::from_hours(24);

/// An execution that was started, or found.
pub(super) struct Created {
    pub(super) execution: Execution,
    pub(super) key: Option<String>,
    pub(super) was_found: bool,
}

/// Starts an execution once.
pub(super) async fn create(client: &Client, mut creation: Creation) -> Result<Created, Error> {
    if let Some(problem) = creation.problem.take() {
        return Err(problem);
    }
    let key = creation.key()?;
    if let (Some(key), true) = (&key, creation.key.is_own()) {
        let look_back = creation.look_back;
        match look_up(client, &mut creation, key, look_back).await? {
            Resolved::None => {}
            Resolved::One(execution) => {
                let key = Some(key.clone());
                return Ok(Created { execution: *execution, key, was_found: true });
            }
            Resolved::Many(executions) => return Err(many(&creation, key, &executions)),
        }
    }
    if !creation.unchecked {
        check::inputs(client, &mut creation).await?;
    }
    let error = match send(client, &mut creation, key.as_deref()).await {
        Ok(execution) => return Ok(Created { execution, key, was_found: false }),
        Err(error) => error,
    };
    match key {
        Some(key) if is_unclear(&error) => find(client, &mut creation, key, error).await,
        Some(key) => Err(error.of_key(key)),
        None => Err(error),
    }
}

/// Sends it, again as long as it provably didn't arrive.
async fn send(client: &Client, creation: &mut Creation, key: Option<&str>) -> Result<Execution, Error> {
    let repeats = creation.files.is_empty()
        && client.options().get_retry().is_none_or(|retry: &Retry| retry.attempts_limit() > 1);
    let mut backoff = Backoff::default().outage(PATIENCE);
    loop {
        match creation.call(client, key).await {
            Err(error) if repeats && error.request_sent() == RequestSent::No && is_passing(&error) => {
                backoff.pause(error).await?;
            }
            result => return result,
        }
    }
}

/// Whether the server may have taken it all the same.
fn is_unclear(error: &Error) -> bool {
    if error.request_sent() == RequestSent::No {
        return false;
    }
    match error.status() {
        // What it finds wrong it refuses; that it waited for the request in vain says nothing.
        Some(status) => !status.is_client_error() || status.as_u16() == 408,
        None => true,
    }
}

/// Looks for it until it could have been found.
async fn find(client: &Client, creation: &mut Creation, key: String, cause: Error) -> Result<Created, Error> {
    let until = Instant::now() + creation.look_up_for;
    let mut pace = Backoff::default().waits(Duration::from_millis(200), Duration::from_secs(2));
    loop {
        match look_up(client, creation, &key, RECENTLY).await {
            Ok(Resolved::One(execution)) => {
                return Ok(Created { execution: *execution, key: Some(key), was_found: true });
            }
            Ok(Resolved::Many(executions)) => return Err(many(creation, &key, &executions).caused_by(cause)),
            Ok(_) => {}
            Err(error) if is_passing(&error) => {}
            Err(_) => return Err(unclear(creation, key, cause)),
        }
        if Instant::now() >= until {
            return Err(unclear(creation, key, cause));
        }
        pace.wait().await;
    }
}

async fn look_up(
    client: &Client,
    creation: &mut Creation,
    key: &str,
    look_back: Duration,
) -> Result<Resolved, Error> {
    let flow = Some((creation.namespace.as_str(), creation.flow.as_str()));
    key::look_up(client, key, Scope { flow, look_back }).await
}

fn unclear(creation: &Creation, key: String, cause: Error) -> Error {
    let message = format!(
        "{}.{} may have been started: no execution with the key `{key}` is found so far; ask later with \
         executions().resolve(key), and don't start it again before ({cause})",
        creation.namespace, creation.flow,
    );
    let sent = cause.request_sent();
    Error::new(ErrorKind::UnclearOutcome, message).sent(sent).of_key(key).caused_by(cause)
}

fn many(creation: &Creation, key: &str, executions: &[Execution]) -> Error {
    let ids: Vec<_> = executions.iter().filter_map(|execution| execution.id.as_deref()).collect();
    let message = format!(
        "{}.{} was started {} times with the key `{key}`: {}",
        creation.namespace,
        creation.flow,
        executions.len(),
        ids.join(", "),
    );
    Error::new(ErrorKind::UnclearOutcome, message).sent(RequestSent::Yes).of_key(key)
}
