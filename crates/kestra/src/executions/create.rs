//! Creating an execution so that it is started once.

use std::time::Duration;

use http::{Response, StatusCode};
use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{CORRELATION_LABEL, IdempotencyKey, SentInputs, decode};
use kestra_core::{
    Body, Call, CallFuture, ClientEvent, Error, ErrorKind, ErrorResponse, Executor, OperationInfo,
    RequestSent, object,
};
use kestra_models::Execution;
use kestra_operations::GetExecution;

use super::check;
use super::creation::{Creation, FoundFailed, Key, parameter};
use super::key::{self, Scope};
use crate::Client;
use crate::client::Deadline;
use crate::several_calls::{record_execution, record_flow};

/// How long to wait for an unreachable server before the creation is sent, so that a short restart doesn't make a start
/// fail. A wrong URL takes that long to fail as well.
const OUTAGE_BEFORE: Duration = Duration::from_secs(30);

/// How long an outage may last during a look-up: servers take up to 40 s to shut down, and 15 s to start.
const OUTAGE_OF_LOOK_UP: Duration = Duration::from_mins(1);

/// How far clocks may be apart in the search for an execution that was just started.
const RECENTLY: Duration = Duration::from_hours(24);

/// How far back to search for a caller's key by default.
pub(super) const LOOK_BACK: Duration = Duration::from_hours(8 * 24);

/// How long to search after an unclear failure by default.
const LOOK_UP_FOR: Duration = Duration::from_secs(15);

/// An execution that was started, or found.
pub(super) struct Created {
    pub(super) id: String,
    pub(super) execution: Execution,
    pub(super) key: Option<String>,
    pub(super) was_found: bool,
    /// The number of states that the execution had been in before it was restarted, if it was.
    pub(super) restarted_after: Option<usize>,
}

/// Starts an execution once. Every error has the key.
pub(super) async fn create(client: &Client, creation: Creation) -> Result<Created, Error> {
    let own = match &creation.key {
        Key::Own(key) => Some(key.clone()),
        Key::Fresh | Key::None => None,
    };
    Box::pin(create_with_key(client, creation)).await.map_err(|error| match own {
        Some(key) => error.with_idempotency_key(key),
        None => error,
    })
}

async fn create_with_key(client: &Client, creation: Creation) -> Result<Created, Error> {
    let Creation { call, values, namespace, key, found_failed } = creation;
    let mut call = call.into_call();
    values.add_to(&mut call);
    match namespace.as_deref() {
        None => {}
        Some("" | "." | "..") => {
            return Err(
                Error::invalid("namespace", "it is empty or no namespace").with_operation(call.info())
            );
        }
        Some(namespace) => call.change_path(0, namespace),
    }
    let info = call.info();
    call.check_with(client.options())?;
    let is_checked = !call.options().is_unchecked() && !client.options().is_unchecked();
    if is_checked {
        check::revision(&call).map_err(|error| error.with_operation(info))?;
    }
    let text = key.text(&call).map_err(|error| error.with_operation(info))?;
    if let (Some(text), Some(labels)) = (&text, parameter(&call, "labels")) {
        call.add_query(labels, format!("{CORRELATION_LABEL}:{text}"));
    }
    let times = call.take_key().unwrap_or_default();
    if let (Some(namespace), Some(flow)) = (call.path_value(0), call.path_value(1)) {
        record_flow(client, &namespace, Some(&flow));
    }
    let mut once = Once::new(client, &call, text, matches!(key, Key::Own(_)), &times);
    once.starts_again = found_failed == FoundFailed::StartAgain;
    let inputs = SentInputs::of(&call);
    let created = once.create(call, is_checked).await;
    let Outcome { id, mut response, was_found } = created.map_err(|error| once.with_key(error))?;
    record_execution(client, &id);
    if let Some(inputs) = inputs.filter(|_| !was_found) {
        inputs.attach(&mut response);
    }
    let execution: Execution = match decode::created(response, info) {
        Ok(execution) => execution.into_body(),
        Err(error) => {
            return Err(once.with_key(error.with_request_sent(RequestSent::Yes)).with_execution_id(id));
        }
    };
    let mut restarted_after = None;
    if was_found && found_failed == FoundFailed::Restart && execution.is_failed() {
        let restart = client.executions().restart_execution(&id).await;
        restart.map_err(|error| once.with_key(error).with_execution_id(&id))?;
        restarted_after = Some(execution.progress().0);
    }
    Ok(Created { id, execution, key: once.key, was_found, restarted_after })
}

/// Sends a creation with a key of the caller's own once. The response has the execution that is found, as it is now.
pub(crate) fn create_once(client: &Client, mut call: Call, key: IdempotencyKey) -> CallFuture {
    let client = client.with_options(call.options().clone());
    Box::pin(async move {
        if let Some(problem) = call.take_problem() {
            return Err(problem);
        }
        let info = call.info();
        let mut once = Once::new(&client, &call, key.text().map(str::to_owned), true, &key);
        match once.create(call, false).await {
            Ok(outcome) => Ok(outcome.response),
            Err(error) => Err(once.with_key(error.or_operation(info))),
        }
    })
}

/// A creation that is to happen once.
struct Once {
    client: Client,
    namespace: String,
    flow: String,
    kind: Option<String>,
    key: Option<String>,
    is_own: bool,
    /// Whether executions with the key that have failed don't count.
    starts_again: bool,
    /// The ids of failed executions with the key that don't count.
    passed_over: Vec<String>,
    look_back: Duration,
    look_up_for: Duration,
    outage_wait: OutageWait,
}

/// Waits for an unreachable server while the creation was not sent; does nothing if retries are off.
struct OutageWait(Option<TransientRetry>);

impl OutageWait {
    fn of(client: &Client) -> Self {
        Self(client.retries().then(|| TransientRetry::new(client, client.options()).limit(OUTAGE_BEFORE)))
    }

    /// Waits before the creation is sent again, or returns the error.
    async fn pause_to_send(&mut self, error: Error) -> Result<(), Error> {
        // After a 429 the server provably did nothing.
        if error.request_sent() == RequestSent::No || error.status() == Some(StatusCode::TOO_MANY_REQUESTS) {
            return self.pause_to_read(error).await;
        }
        Err(error)
    }

    /// Waits before another read that precedes the creation, or returns the error.
    async fn pause_to_read(&mut self, error: Error) -> Result<(), Error> {
        match &mut self.0 {
            Some(retry) => retry.pause(error).await,
            None => Err(error),
        }
    }
}

/// An execution that was created, or found by its key, and the response that has it.
struct Outcome {
    id: String,
    response: Response<Body>,
    was_found: bool,
}

impl Once {
    fn new(client: &Client, call: &Call, key: Option<String>, is_own: bool, times: &IdempotencyKey) -> Self {
        Self {
            // Without retries if this module makes them.
            client: if client.retries() { client.for_loop() } else { client.clone() },
            namespace: call.path_value(0).unwrap_or_default(),
            flow: call.path_value(1).unwrap_or_default(),
            kind: check::value(call, "kind"),
            key,
            is_own,
            starts_again: false,
            passed_over: Vec::new(),
            look_back: times.look_back().unwrap_or(LOOK_BACK),
            look_up_for: times.look_up_for().unwrap_or(LOOK_UP_FOR),
            outage_wait: OutageWait::of(client),
        }
    }

    /// Returns the execution with the key if there is one, or else creates it, and tells the observer if that stays unclear.
    async fn create(&mut self, call: Call, is_checked: bool) -> Result<Outcome, Error> {
        let result = self.find_or_create(call, is_checked).await;
        if let (Err(error), Some(observer)) = (&result, self.client.observer())
            && error.kind() == ErrorKind::UnclearOutcome
        {
            observer.tell(&ClientEvent::UnclearOutcome(error));
        }
        result
    }

    /// Returns the execution with the key if there is one, or else creates it, with inputs that are checked against the flow.
    async fn find_or_create(&mut self, call: Call, is_checked: bool) -> Result<Outcome, Error> {
        let found = match self.known().await? {
            Some(id) => id,
            None => {
                while is_checked && let Err(error) = check::against_flow(&self.client, &call).await {
                    let error = self.missing(error);
                    self.outage_wait.pause_to_read(error).await?;
                }
                let info = call.info();
                let response = self.send_unless_sent(call).await;
                match response.and_then(|response| named(response, info)) {
                    Ok((id, response)) => return Ok(Outcome { id, response, was_found: false }),
                    Err(error) => match &self.key {
                        Some(key) if is_unclear(&error) => self.find(key, error).await?,
                        _ => return Err(self.with_key(self.missing(error))),
                    },
                }
            }
        };
        let response = self.read(&found).await?;
        Ok(Outcome { id: found, response, was_found: true })
    }

    /// Returns the id of the execution that was started with the key before, if the key is the caller's own.
    async fn known(&mut self) -> Result<Option<String>, Error> {
        let Some(key) = self.key.clone().filter(|_| self.is_own) else { return Ok(None) };
        loop {
            match self.look_up(&key, self.look_back).await {
                Ok(mut ids) => {
                    if self.starts_again {
                        ids = self.without_failed(ids).await?;
                    }
                    return if ids.len() < 2 { Ok(ids.pop()) } else { Err(self.many(&key, &ids)) };
                }
                Err(error) => self
                    .outage_wait
                    .pause_to_read(error)
                    .await
                    .map_err(|error| error.with_idempotency_key(&key))?,
            }
        }
    }

    /// Returns the executions that haven't failed, and passes over the others from now on. They are read, as a search may be
    /// behind.
    async fn without_failed(&mut self, ids: Vec<String>) -> Result<Vec<String>, Error> {
        let mut others = Vec::new();
        for id in ids {
            let response = self.read(&id).await?;
            let info = GetExecution::new(&id).into_call().info();
            let execution: Execution = decode::json(response, info)?.into_body();
            if execution.is_failed() {
                self.passed_over.push(id);
            } else {
                others.push(id);
            }
        }
        Ok(others)
    }

    /// Reads an execution. The message of an error says that the execution exists.
    async fn read(&self, id: &str) -> Result<Response<Body>, Error> {
        let mut retry = TransientRetry::new(&self.client, self.client.options()).limit(OUTAGE_BEFORE).known();
        let read = || self.client.execute(self.client.executions().get_execution(id).into_call());
        let read = if self.outage_wait.0.is_some() { retry.run(read).await } else { read().await };
        read.map_err(|error| {
            let message = format!(
                "{}.{} was started with this key as execution `{id}`, which can't be read now ({})",
                self.namespace,
                self.flow,
                error.summary(),
            );
            let unread = Error::new(ErrorKind::UnclearOutcome, message).with_request_sent(RequestSent::Yes);
            self.with_key(unread).with_execution_id(id).with_source(error)
        })
    }

    /// Adds the name of the flow to the error for a missing flow, since the server's message lacks it.
    fn missing(&self, error: Error) -> Error {
        if !error.is_missing() {
            return error;
        }
        let said = error.api_message().unwrap_or_default();
        error.with_message(format!(
            "no flow {}.{} ({})",
            self.namespace,
            self.flow,
            said.trim_end_matches('.')
        ))
    }

    /// Sends the creation, and retries it as long as the server can't have received it.
    async fn send_unless_sent(&mut self, call: Call) -> Result<Response<Body>, Error> {
        while let Some(again) = call.try_clone() {
            match self.client.send(again).await {
                Err(error) => self.outage_wait.pause_to_send(error).await?,
                response => return response,
            }
        }
        self.client.send(call).await
    }

    /// Searches for the execution until a search would have found it. An outage doesn't count: a server that closed the
    /// connection without a response is most likely shutting down, and executes the requests that it accepted.
    async fn find(&self, key: &str, cause: Error) -> Result<String, Error> {
        let mut deadline = None;
        let mut retry = TransientRetry::new(&self.client, self.client.options()).limit(OUTAGE_OF_LOOK_UP);
        let is_of_gateway = cause.is_gateway_not_found();
        if !is_of_gateway {
            retry.set_known();
        }
        let mut pace = Backoff::default().waits(Duration::from_millis(200), Duration::from_secs(2));
        // The failure of the creation may be the start of an outage, so wait for the server first.
        if let Some(wait) = retry.wait_after(&cause).await
            && !retry.wait_for_server(wait).await
        {
            return Err(self.unclear(key, cause));
        }
        loop {
            match retry.run(|| self.look_up(key, RECENTLY)).await {
                Ok(ids) if ids.len() > 1 => return Err(self.many(key, &ids).with_source(cause)),
                Ok(mut ids) => {
                    if let Some(id) = ids.pop() {
                        return Ok(id);
                    }
                }
                // The server's URL is wrong, or the gateway hasn't found the server for the creation either.
                Err(error) if is_of_gateway && error.is_gateway_not_found() => {
                    return Err(self.with_key(cause));
                }
                Err(_) => return Err(self.unclear(key, cause)),
            }
            if deadline.get_or_insert_with(|| Deadline::within(Some(self.look_up_for))).is_over() {
                return Err(self.unclear(key, cause));
            }
            pace.wait().await;
        }
    }

    async fn look_up(&self, key: &str, look_back: Duration) -> Result<Vec<String>, Error> {
        let flow = Some((self.namespace.as_str(), self.flow.as_str()));
        let scope = Scope { flow, kind: self.kind.as_deref(), look_back };
        let mut ids = key::look_up(&self.client, key, scope).await?;
        ids.retain(|id| !self.passed_over.contains(id));
        Ok(ids)
    }

    fn with_key(&self, error: Error) -> Error {
        match &self.key {
            Some(key) => error.with_idempotency_key(key),
            None => error,
        }
    }

    fn unclear(&self, key: &str, cause: Error) -> Error {
        let message = format!(
            "{}.{} may have been started ({}), and no execution with the key `{key}` is found so far: call \
             executions().resolve(key) later, and don't start it again before",
            self.namespace,
            self.flow,
            cause.reason(),
        );
        let unclear = Error::new(ErrorKind::UnclearOutcome, message)
            .with_request_sent(cause.request_sent())
            .with_idempotency_key(key);
        match cause.operation() {
            Some(operation) => unclear.with_operation(operation).with_source(cause),
            None => unclear.with_source(cause),
        }
    }

    fn many(&self, key: &str, ids: &[String]) -> Error {
        let message = format!(
            "{}.{} was started {} times with the key `{key}` ({}): choose one of them by its id",
            self.namespace,
            self.flow,
            ids.len(),
            ids.join(", "),
        );
        Error::new(ErrorKind::UnclearOutcome, message)
            .with_request_sent(RequestSent::Yes)
            .with_idempotency_key(key)
    }
}

/// What every response to a creation has.
#[derive(Default)]
struct Named {
    id: String,
}

object! {
    Named {
        0 id = "id",
    }
}

/// Returns the response and the id in it. A response without an id, such as a page of a proxy, leaves it unclear what was started.
fn named(response: Response<Body>, info: &'static OperationInfo) -> Result<(String, Response<Body>), Error> {
    let body = response.body().as_bytes().cloned().unwrap_or_default();
    let (parts, named) = decode::json::<Named>(response, info)
        .map_err(|error| error.with_request_sent(RequestSent::Yes))?
        .into_parts();
    if named.id.is_empty() {
        let error = Error::new(ErrorKind::Decode, "the response to the creation has no execution id");
        return Err(error
            .with_response(ErrorResponse::new(parts, body))
            .with_operation(info)
            .with_request_sent(RequestSent::Yes));
    }
    Ok((named.id, Response::from_parts(parts, body.into())))
}

/// Returns whether the server may have accepted the request in spite of the error.
fn is_unclear(error: &Error) -> bool {
    if error.request_sent() == RequestSent::No {
        return false;
    }
    // A proxy may respond so although it has passed the request on.
    if error.is_gateway_not_found() {
        return true;
    }
    match error.status() {
        // A 408 doesn't say what the server did with the part of the request that it read.
        Some(status) => {
            !(status.is_client_error() || status.is_redirection()) || status == StatusCode::REQUEST_TIMEOUT
        }
        None => true,
    }
}
