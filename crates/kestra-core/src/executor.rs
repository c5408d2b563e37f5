//! What sends calls: a client. A builder without one only makes requests.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;

#[cfg(feature = "blocking")]
use crate::blocking::Runtime;
use crate::body::Body;
use crate::call::Call;
use crate::error::Error;
use crate::internal::Sealed;
use crate::observe::Observer;
use crate::operation::OperationInfo;
use crate::sent_inputs::SentInputs;
use crate::transient::Outages;

/// Sends calls and returns responses whose status is a success.
///
/// `Client` of the crate `kestra` implements it. The trait is sealed: to send calls by other means, such as a mock, make a client
/// of any tower service by `Client::from_service`.
pub trait Executor: Sealed + Clone + Send + Sync + 'static {
    /// Returns the future that sends the call. The body of an operation that decodes its response has been collected:
    /// [`Body::as_bytes`] returns it.
    fn execute(&self, call: Call) -> CallFuture;

    /// Returns the outages that its calls share. By default none are shared, so each call outlasts an outage by itself.
    #[doc(hidden)]
    fn outages(&self) -> Outages {
        Outages::default()
    }

    /// Returns the observer of its calls. None by default.
    #[doc(hidden)]
    fn observer(&self) -> Option<&Observer> {
        None
    }

    /// Returns the runtime on which threads without one wait for calls. By default there is none.
    #[cfg(feature = "blocking")]
    #[doc(hidden)]
    fn runtime(&self) -> Option<&Runtime> {
        None
    }
}

/// The future of a call: one allocation, whatever the stack.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send + 'static>>;

/// The place of an executor in a builder that has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detached;

/// An executor of whatever kind, so that what takes it is compiled once.
#[derive(Clone)]
pub struct SharedExecutor {
    execute: Arc<dyn Fn(Call) -> CallFuture + Send + Sync>,
    outages: Outages,
    observer: Option<Observer>,
    #[cfg(feature = "blocking")]
    runtime: Option<Runtime>,
}

impl SharedExecutor {
    /// Creates one that sends by another executor.
    pub fn new<E: Executor>(executor: &E) -> Self {
        let (outages, observer) = (executor.outages(), executor.observer().cloned());
        #[cfg(feature = "blocking")]
        let runtime = executor.runtime().cloned();
        let executor = executor.clone();
        Self {
            execute: Arc::new(move |call| executor.execute(call)),
            outages,
            observer,
            #[cfg(feature = "blocking")]
            runtime,
        }
    }

    /// Creates one that calls a function, for tests.
    pub fn from_fn<F, R>(execute: F) -> Self
    where
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
    {
        Self {
            execute: Arc::new(move |call| Box::pin(execute(call))),
            outages: Outages::default(),
            observer: None,
            #[cfg(feature = "blocking")]
            runtime: None,
        }
    }
}

impl Sealed for SharedExecutor {}

impl Executor for SharedExecutor {
    fn execute(&self, call: Call) -> CallFuture {
        (self.execute)(call)
    }

    fn outages(&self) -> Outages {
        self.outages.clone()
    }

    fn observer(&self) -> Option<&Observer> {
        self.observer.as_ref()
    }

    #[cfg(feature = "blocking")]
    fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }
}

crate::debug_fields! { SharedExecutor, _ => {} }

/// Decodes a response.
pub(crate) type Decode<T> = fn(Response<Body>, &'static OperationInfo) -> Result<Response<T>, Error>;

/// The future of a call that returns the whole HTTP response, with the decoded body.
#[must_use = "a call is sent only when it is awaited"]
pub struct ResponseFuture<T> {
    call: CallFuture,
    info: &'static OperationInfo,
    decode: Decode<T>,
    inputs: Option<SentInputs>,
}

impl<T> ResponseFuture<T> {
    /// Sends a call through an executor and decodes the response.
    pub fn new<E: Executor>(executor: &E, call: Call, decode: Decode<T>) -> Self {
        let (info, inputs) = (call.info(), SentInputs::of(&call));
        Self { call: executor.execute(call), info, decode, inputs }
    }
}

impl<T> Future for ResponseFuture<T> {
    type Output = Result<Response<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.call.as_mut().poll(cx))?;
        if let Some(inputs) = self.inputs.take() {
            inputs.attach(&mut response);
        }
        Poll::Ready((self.decode)(response, self.info))
    }
}

crate::debug_fields! { [T] ResponseFuture<T>, this => { operation: this.info.name } }

/// The future of a call that returns the decoded body.
#[must_use = "a call is sent only when it is awaited"]
pub struct OutputFuture<T>(ResponseFuture<T>);

impl<T> From<ResponseFuture<T>> for OutputFuture<T> {
    fn from(response: ResponseFuture<T>) -> Self {
        Self(response)
    }
}

impl<T> Future for OutputFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.0).poll(cx))?;
        Poll::Ready(Ok(response.into_body()))
    }
}

crate::debug_fields! { [T] OutputFuture<T>, this, f => ::std::fmt::Debug::fmt(&this.0, f) }
