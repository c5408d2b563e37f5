//! Waiting for calls on threads that have no runtime.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::thread;

use http::Response;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use crate::body::Body;
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::executor::{CallFuture, Decode, Executor};
use crate::sent_inputs::SentInputs;

/// A runtime on a thread of its own, for all threads that wait for calls. The thread ends with the last clone.
#[derive(Clone)]
pub struct Runtime(Arc<Running>);

struct Running {
    handle: Handle,
    /// Dropped with this value, which ends the thread.
    _end: oneshot::Sender<Infallible>,
}

impl Runtime {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Build`] if the system can't start a thread.
    pub fn start() -> Result<Self, Error> {
        let failed = |problem: std::io::Error| {
            Error::new(ErrorKind::Build, "the thread of a blocking client can't be started")
                .with_source(problem)
        };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let run = move || {
            let _: Result<Infallible, _> = runtime.block_on(ended);
            // What still reads a file must not hold up the end.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("kestra-blocking".to_owned()).spawn(run).map_err(failed)?;
        Ok(Self(Arc::new(Running { handle, _end: end })))
    }

    /// Runs a future on the thread, and waits for its output.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Build`] if the thread of the caller belongs to a runtime, and of kind
    /// [`ErrorKind::Service`] if the future panics.
    pub fn block_on<F>(&self, future: F) -> Result<F::Output, Error>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        if Handle::try_current().is_ok() {
            return Err(Error::new(
                ErrorKind::Build,
                "a blocking call would stop the other tasks of this thread's runtime: await the call of a `kestra::Client`",
            ));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        self.spawn(Box::pin(async move {
            // The receiver lives until then.
            let _ = sender.send(future.await);
        }));
        receiver.recv().map_err(|_| {
            Error::new(ErrorKind::Service, "the call panicked on the thread of the blocking client")
        })
    }

    /// Drops a value on the thread, as what a connection is dropped with may need the runtime.
    pub fn drop_there(&self, value: impl Send + 'static) {
        self.spawn(Box::pin(async move { drop(value) }));
    }

    /// Runs a future within the span of the caller. Compiled once, whatever is awaited.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.0.handle.spawn(work.instrument(Span::current())));
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}

/// Sends a call by a blocking client, and decodes the response on the thread of the caller: only the response is sent between
/// threads, and what waits for it is compiled once.
///
/// # Errors
///
/// Returns the error of the call, and those of [`Runtime::block_on`]; one of kind [`ErrorKind::Build`] if the client isn't
/// blocking.
pub fn call<E: Executor, T>(executor: E, call: Call, decode: Decode<T>) -> Result<T, Error> {
    let (info, inputs) = (call.info(), SentInputs::of(&call));
    let runtime = executor.runtime().cloned();
    let send = Box::new(move || executor.execute(call));
    let mut response = send_on(runtime.as_ref(), send).map_err(|error| error.or_operation(info))?;
    if let Some(inputs) = inputs {
        inputs.attach(&mut response);
    }
    decode(response, info).map(Response::into_body)
}

fn send_on(
    runtime: Option<&Runtime>,
    send: Box<dyn FnOnce() -> CallFuture + Send>,
) -> Result<Response<Body>, Error> {
    // The layers of a client may need the runtime before they return a future.
    wait(runtime, async move { send().await })
}

/// Runs what makes several calls on the runtime of a blocking client, and waits for its output.
///
/// # Errors
///
/// Returns the error of the future, and the others of [`call`].
pub fn wait<F, T>(runtime: Option<&Runtime>, future: F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let runtime = runtime.ok_or_else(|| {
        let message =
            "`call` needs a blocking client: make one by `kestra::blocking::Client::new`, or await the call";
        Error::new(ErrorKind::Build, message)
    })?;
    runtime.block_on(future)?
}
