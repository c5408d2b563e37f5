//! Creating an execution so that it is started once.

use std::time::Duration;

use http::{Response, StatusCode};
use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{IdempotencyKey, SentInputs, decode};
use kestra_core::{
    Body, Call, CallFuture, Error, ErrorKind, ErrorResponse, Executor, OperationInfo, RequestSent, object,
};
use kestra_models::Execution;
use kestra_operations::GetExecution;

use super::check;
use super::creation::Creation;
use super::key::{self, Scope};
use crate::Client;
use crate::client::Deadline;

/// How long a server that can't be reached is tried, so that a quick restart of it isn't the end of a start. Not longer, as a
/// wrong URL takes that long as well.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an outage may last during a look-up: servers take up to 40 s to shut down, and 15 s to start.
const OUTAGE: Duration = Duration::from_mins(1);

/// How far clocks may be apart when what was just started is looked for.
const RECENTLY: Duration = Duration::from_hours(24);

/// How far back a key of the caller's own is looked for, unless told otherwise.
pub(super) const LOOK_BACK: Duration = Duration::from_hours(8 * 24);

/// For how long something is looked for after an unclear failure, unless told otherwise.
pub(super) const LOOK_UP_FOR: Duration = Duration::from_secs(15);

/// An execution that was started, or found.
pub(super) struct Created {
    pub(super) id: String,
    pub(super) execution: Execution,
    pub(super) key: Option<String>,
    pub(super) was_found: bool,
}

/// Starts an execution once.
pub(super) async fn create(client: &Client, mut creation: Creation) -> Result<Created, Error> {
    if let Some(problem) = creation.problem.take() {
        return Err(problem);
    }
    if client.options().is_unchecked() {
        creation.unchecked = true;
    }
    if !creation.unchecked {
        creation.check()?;
    }
    let key = creation.key()?;
    let mut once = Once {
        outage_wait: OutageWait::of(client),
        client: for_attempts(client),
        namespace: creation.namespace.clone(),
        flow: creation.flow.clone(),
        kind: creation.kind.as_ref().map(|kind| kind.as_str().to_owned()),
        is_own: creation.key.is_own(),
        key: key.clone(),
        look_back: creation.look_back,
        look_up_for: creation.look_up_for,
    };
    if let Some(id) = once.known().await? {
        return once.found(&id).await;
    }
    while !creation.unchecked {
        match check::against_flow(&once.client, &mut creation).await {
            Ok(()) => break,
            Err(error) => once.outage_wait.pause_to_read(once.missing(error)).await?,
        }
    }
    let call = creation.into_call(client, key.as_deref());
    let (info, inputs) = (call.info(), SentInputs::of(&call));
    match once.send(call).await? {
        Outcome::Answer(id, mut response) => {
            if let Some(inputs) = inputs {
                inputs.attach(&mut response);
            }
            match decode::created(response, info) {
                Ok(execution) => Ok(Created { id, execution: execution.into_body(), key, was_found: false }),
                Err(error) => {
                    Err(once.with_key(error.with_request_sent(RequestSent::Yes)).with_execution_id(id))
                }
            }
        }
        Outcome::Found(id) => once.found(&id).await,
    }
}

/// Sends a creation with a key of the caller's own once; one that is found is answered as it is now.
pub(crate) fn create_once(client: &Client, mut call: Call, key: IdempotencyKey) -> CallFuture {
    let client = client.with_options(call.options().clone());
    Box::pin(async move {
        if let Some(problem) = call.take_problem() {
            return Err(problem);
        }
        let mut once = Once {
            outage_wait: OutageWait::of(&client),
            namespace: call.path_value(0).unwrap_or_default(),
            flow: call.path_value(1).unwrap_or_default(),
            kind: kind_of(&call),
            is_own: true,
            key: key.text().map(str::to_owned),
            look_back: key.look_back().unwrap_or(LOOK_BACK),
            look_up_for: key.look_up_for().unwrap_or(LOOK_UP_FOR),
            client: for_attempts(&client),
        };
        let id = match once.known().await? {
            Some(id) => id,
            None => match once.send(call).await? {
                Outcome::Answer(_, response) => return Ok(response),
                Outcome::Found(id) => id,
            },
        };
        once.read(&id).await
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
    look_back: Duration,
    look_up_for: Duration,
    outage_wait: OutageWait,
}

/// Returns the client for the calls of a creation: without retries if this module makes them.
fn for_attempts(client: &Client) -> Client {
    if client.retries() { client.for_loop() } else { client.clone() }
}

/// Waits for an unreachable server while the creation was not sent; does nothing if retries are off.
struct OutageWait(Option<TransientRetry>);

impl OutageWait {
    fn of(client: &Client) -> Self {
        Self(client.retries().then(|| TransientRetry::new(client, client.options()).limit(PATIENCE)))
    }

    /// Waits before the creation is sent again, or gives the error back.
    async fn pause_to_send(&mut self, error: Error) -> Result<(), Error> {
        // After a 429 the server provably did nothing.
        if error.request_sent() == RequestSent::No || error.status() == Some(StatusCode::TOO_MANY_REQUESTS) {
            return self.pause_to_read(error).await;
        }
        Err(error)
    }

    /// Waits before what comes first is read again, or gives the error back.
    async fn pause_to_read(&mut self, error: Error) -> Result<(), Error> {
        match &mut self.0 {
            Some(retry) => retry.pause(error).await,
            None => Err(error),
        }
    }
}

/// How an execution came about.
enum Outcome {
    /// The server's answer to the creation, and the id that it names.
    Answer(String, Response<Body>),
    /// There is one with the key; its id.
    Found(String),
}

impl Once {
    /// The id of the execution that was started with the key before, if the key is the caller's own.
    async fn known(&mut self) -> Result<Option<String>, Error> {
        let Some(key) = self.key.clone().filter(|_| self.is_own) else { return Ok(None) };
        loop {
            match self.look_up(&key, self.look_back).await {
                Ok(mut ids) if ids.len() < 2 => return Ok(ids.pop()),
                Ok(ids) => return Err(self.many(&key, &ids)),
                Err(error) => self
                    .outage_wait
                    .pause_to_read(error)
                    .await
                    .map_err(|error| error.with_idempotency_key(&key))?,
            }
        }
    }

    /// The answer with an execution as it is now. That there is one must not be lost where it can't be read.
    async fn read(&self, id: &str) -> Result<Response<Body>, Error> {
        let mut retry = TransientRetry::new(&self.client, self.client.options()).limit(PATIENCE).known();
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

    async fn found(&self, id: &str) -> Result<Created, Error> {
        let info = GetExecution::new(id).into_call().info();
        let execution = decode::json(self.read(id).await?, info)?.into_body();
        Ok(Created { id: id.to_owned(), execution, key: self.key.clone(), was_found: true })
    }

    /// Sends it, and looks for it where that leaves unclear what came of it.
    async fn send(&mut self, call: Call) -> Result<Outcome, Error> {
        let info = call.info();
        let answer = self.send_unless_sent(call).await;
        let error = match answer.and_then(|response| named(response, info)) {
            Ok((id, response)) => return Ok(Outcome::Answer(id, response)),
            Err(error) => error,
        };
        match &self.key {
            Some(key) if is_unclear(&error) => self.find(key, error).await.map(Outcome::Found),
            _ => Err(self.with_key(self.missing(error))),
        }
    }

    /// Names the flow where it isn't there, which neither the server nor the route does.
    fn missing(&self, error: Error) -> Error {
        if !error.is_missing() {
            return error;
        }
        let said = error.api_message().unwrap_or_default();
        error.with_message(format!("no flow {}.{} ({said})", self.namespace, self.flow))
    }

    /// Sends it, again as long as it provably didn't arrive.
    async fn send_unless_sent(&mut self, call: Call) -> Result<Response<Body>, Error> {
        while let Some(again) = call.try_clone() {
            match self.client.send(again).await {
                Err(error) => self.outage_wait.pause_to_send(error).await?,
                answer => return answer,
            }
        }
        self.client.send(call).await
    }

    /// Searches for the execution until a search would have found it. An outage doesn't count: a server that closed the
    /// connection without a response is most likely shutting down, and executes the requests that it accepted.
    async fn find(&self, key: &str, cause: Error) -> Result<String, Error> {
        let mut deadline = None;
        let mut retry = TransientRetry::new(&self.client, self.client.options()).limit(OUTAGE);
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
        key::look_up(&self.client, key, Scope { flow, kind: self.kind.as_deref(), look_back }).await
    }

    fn with_key(&self, error: Error) -> Error {
        match &self.key {
            Some(key) => error.with_idempotency_key(key),
            None => error,
        }
    }

    fn unclear(&self, key: &str, cause: Error) -> Error {
        let message = format!(
            "{}.{} may have been started: no execution with the key `{key}` is found so far; ask later with \
             executions().resolve(key), and don't start it again before ({})",
            self.namespace,
            self.flow,
            cause.summary(),
        );
        let sent = cause.request_sent();
        Error::new(ErrorKind::UnclearOutcome, message)
            .with_request_sent(sent)
            .with_idempotency_key(key)
            .with_source(cause)
    }

    fn many(&self, key: &str, ids: &[String]) -> Error {
        let message = format!(
            "{}.{} was started {} times with the key `{key}`: {}",
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

/// What every answer to a creation has.
#[derive(Default)]
struct Named {
    id: String,
}

object! {
    Named {
        0 id = "id",
    }
}

/// The answer and the id that it names. One that names none, such as a page of a proxy, leaves unclear what was started.
fn named(response: Response<Body>, info: &'static OperationInfo) -> Result<(String, Response<Body>), Error> {
    let body = response.body().as_bytes().cloned().unwrap_or_default();
    let (parts, named) = decode::json::<Named>(response, info)
        .map_err(|error| error.with_request_sent(RequestSent::Yes))?
        .into_parts();
    if named.id.is_empty() {
        let error = Error::new(ErrorKind::Decode, "the answer to the creation names no execution");
        return Err(error
            .with_response(ErrorResponse::new(parts, body))
            .with_operation(info)
            .with_request_sent(RequestSent::Yes));
    }
    Ok((named.id, Response::from_parts(parts, body.into())))
}

/// The kind that a creation asks for.
fn kind_of(creation: &Call) -> Option<String> {
    let index = creation.info().query_parameters.iter().position(|parameter| parameter.name == "kind")?;
    creation.query_value(index)
}

/// Returns whether the server may have taken it anyway.
fn is_unclear(error: &Error) -> bool {
    if error.request_sent() == RequestSent::No {
        return false;
    }
    // A proxy may respond so although it has passed the request on.
    if error.is_gateway_not_found() {
        return true;
    }
    match error.status() {
        // What it finds wrong it refuses, and what is sent elsewhere it didn't do; that it waited for the request in vain says
        // nothing.
        Some(status) => {
            !(status.is_client_error() || status.is_redirection()) || status == StatusCode::REQUEST_TIMEOUT
        }
        None => true,
    }
}
