//! Creating an execution so that it is started once.

use std::time::Duration;

use http::Response;
use kestra_core::sse::{Backoff, is_passing};
use kestra_core::{
    Body, Call, CallFuture, CallOptions, Error, ErrorKind, Executor, IdempotencyKey, RequestSent, Retry,
    decode,
};
use kestra_models::Execution;
use kestra_operations::GetExecution;
use tokio::time::Instant;

use super::check;
use super::creation::Creation;
use super::key::{self, Scope};
use crate::Client;

/// How long a server that can't be reached is tried, so that a restart of it isn't the end of a start.
const PATIENCE: Duration = Duration::from_secs(30);

/// How far clocks may be apart when what was just started is looked for.
const RECENTLY: Duration = Duration::from_hours(24);

/// How far back a key of the caller's own is looked for, unless told otherwise.
pub(super) const LOOK_BACK: Duration = Duration::from_hours(8 * 24);

/// For how long something is looked for after an unclear failure, unless told otherwise.
pub(super) const LOOK_UP_FOR: Duration = Duration::from_secs(15);

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
    let mut once = Once {
        patience: Patience::of(client, &CallOptions::new()),
        client: client.clone(),
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
        match check::inputs(client, &mut creation).await {
            Ok(()) => break,
            Err(error) => once.patience.pause_to_read(error).await?,
        }
    }
    let call = creation.into_call(client, key.as_deref());
    let info = call.info();
    match once.send(call).await? {
        Outcome::Answer(response) => {
            let execution = decode::json(response, info)?.into_body();
            Ok(Created { execution, key, was_found: false })
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
            patience: Patience::of(&client, call.options()),
            namespace: call.path_value(0).unwrap_or_default(),
            flow: call.path_value(1).unwrap_or_default(),
            kind: kind_of(&call),
            is_own: true,
            key: key.text,
            look_back: key.look_back.unwrap_or(LOOK_BACK),
            look_up_for: key.look_up_for.unwrap_or(LOOK_UP_FOR),
            client,
        };
        let id = match once.known().await? {
            Some(id) => id,
            None => match once.send(call).await? {
                Outcome::Answer(response) => return Ok(response),
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
    patience: Patience,
}

/// Waits for a server that can't be reached, as long as the creation was not sent.
struct Patience(Option<Backoff>);

impl Patience {
    /// None where nothing is to be tried again.
    fn of(client: &Client, options: &CallOptions) -> Self {
        let retry: Option<&Retry> = options.get_retry().or(client.options().get_retry());
        let is_tried = retry.is_none_or(|retry| retry.attempts_limit() > 1);
        Self(is_tried.then(|| Backoff::default().outage(PATIENCE)))
    }

    /// Waits before the creation is sent again, or gives the error back.
    async fn pause_to_send(&mut self, error: Error) -> Result<(), Error> {
        match error.request_sent() {
            RequestSent::No => self.pause_to_read(error).await,
            _ => Err(error),
        }
    }

    /// Waits before what comes first is read again, or gives the error back.
    async fn pause_to_read(&mut self, error: Error) -> Result<(), Error> {
        match &mut self.0 {
            Some(backoff) if is_passing(&error) => backoff.pause(error).await,
            _ => Err(error),
        }
    }
}

/// How an execution came about.
enum Outcome {
    /// The server's answer to the creation.
    Answer(Response<Body>),
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
                Err(error) => self.patience.pause_to_read(error).await.map_err(|error| error.of_key(&key))?,
            }
        }
    }

    /// The answer with an execution as it is now. That there is one must not be lost where it can't be read.
    async fn read(&self, id: &str) -> Result<Response<Body>, Error> {
        let read = self.client.execute(self.client.executions().get_execution(id).into_call()).await;
        read.map_err(|error| {
            let message = format!(
                "{}.{} was started with this key as the execution `{id}`, which can't be read now ({error})",
                self.namespace, self.flow,
            );
            let unread = Error::new(ErrorKind::UnclearOutcome, message).sent(RequestSent::Yes);
            self.of_key(unread).of_execution(id).caused_by(error)
        })
    }

    async fn found(&self, id: &str) -> Result<Created, Error> {
        let execution = decode::json(self.read(id).await?, GetExecution::INFO)?.into_body();
        Ok(Created { execution, key: self.key.clone(), was_found: true })
    }

    /// Sends it, and looks for it where that leaves unclear what came of it.
    async fn send(&mut self, call: Call) -> Result<Outcome, Error> {
        let error = match self.send_unless_sent(call).await {
            Ok(response) => return Ok(Outcome::Answer(response)),
            Err(error) => error,
        };
        match &self.key {
            Some(key) if is_unclear(&error) => self.find(key, error).await.map(Outcome::Found),
            _ => Err(self.of_key(error)),
        }
    }

    /// Sends it, again as long as it provably didn't arrive.
    async fn send_unless_sent(&mut self, mut call: Call) -> Result<Response<Body>, Error> {
        while call.is_repeatable() {
            match self.client.execute(call.again()).await {
                Err(error) => self.patience.pause_to_send(error).await?,
                answer => return answer,
            }
        }
        self.client.execute(call).await
    }

    /// Looks for it until it could have been found.
    async fn find(&self, key: &str, cause: Error) -> Result<String, Error> {
        let until = Instant::now() + self.look_up_for;
        let mut pace = Backoff::default().waits(Duration::from_millis(200), Duration::from_secs(2));
        loop {
            match self.look_up(key, RECENTLY).await {
                Ok(ids) if ids.len() > 1 => return Err(self.many(key, &ids).caused_by(cause)),
                Ok(mut ids) => {
                    if let Some(id) = ids.pop() {
                        return Ok(id);
                    }
                }
                Err(error) if is_passing(&error) => {}
                Err(_) => return Err(self.unclear(key, cause)),
            }
            if Instant::now() >= until {
                return Err(self.unclear(key, cause));
            }
            pace.wait().await;
        }
    }

    async fn look_up(&self, key: &str, look_back: Duration) -> Result<Vec<String>, Error> {
        let flow = Some((self.namespace.as_str(), self.flow.as_str()));
        key::look_up(&self.client, key, Scope { flow, kind: self.kind.as_deref(), look_back }).await
    }

    fn of_key(&self, error: Error) -> Error {
        match &self.key {
            Some(key) => error.of_key(key),
            None => error,
        }
    }

    fn unclear(&self, key: &str, cause: Error) -> Error {
        let message = format!(
            "{}.{} may have been started: no execution with the key `{key}` is found so far; ask later with \
             executions().resolve(key), and don't start it again before ({cause})",
            self.namespace, self.flow,
        );
        let sent = cause.request_sent();
        Error::new(ErrorKind::UnclearOutcome, message).sent(sent).of_key(key).caused_by(cause)
    }

    fn many(&self, key: &str, ids: &[String]) -> Error {
        let message = format!(
            "{}.{} was started {} times with the key `{key}`: {}",
            self.namespace,
            self.flow,
            ids.len(),
            ids.join(", "),
        );
        Error::new(ErrorKind::UnclearOutcome, message).sent(RequestSent::Yes).of_key(key)
    }
}

/// The kind that a creation asks for.
fn kind_of(creation: &Call) -> Option<String> {
    let index = creation.info().query_parameters.iter().position(|parameter| parameter.name == "kind")?;
    creation.query_value(index)
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
