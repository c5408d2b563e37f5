//! A client with a thread of its own.

use std::fmt;
use std::ops::Deref;

use futures_util::Stream;
use http::{Request, Response};
use kestra_core::internal::blocking::Runtime;
use kestra_core::{Body, CallOptions, Download, Error};

use super::{Iter, Reader};
use crate::{ClientBuilder, ServerInfo};

/// A client for threads that have no runtime, cheap to copy; see the [module](crate::blocking).
///
/// The areas, such as [`flows`](crate::Client::flows), are those of [`kestra::Client`](crate::Client), to which this type
/// dereferences.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// Creates a blocking client with the settings of another client, and starts its thread.
    ///
    /// ```no_run
    /// # fn run() -> Result<(), kestra::Error> {
    /// let client = kestra::Client::builder().server("https://kestra.example.com").build()?;
    /// let client = kestra::blocking::Client::new(client)?;
    /// let flow = client.flows().get_flow("company.team", "hello").call()?;
    /// # let _ = flow;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Build`](crate::ErrorKind::Build) if the system can't start a thread.
    pub fn new(client: crate::Client) -> Result<Self, Error> {
        let runtime = Runtime::start()?;
        Ok(Self { client: client.on_runtime(runtime.clone()), runtime })
    }

    /// Creates a blocking client from variables, as [`kestra::Client::from_env`](crate::Client::from_env) does.
    ///
    /// # Errors
    ///
    /// Returns the errors of `kestra::Client::from_env` and of [`new`](Self::new).
    pub fn from_env() -> Result<Self, Error> {
        Self::new(ClientBuilder::from_env()?.build()?)
    }

    /// Returns this client with other default options; see [`kestra::Client::with_options`](crate::Client::with_options).
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { client: self.client.with_options(options), runtime: self.runtime.clone() }
    }

    /// Returns a client that refuses every operation which would change something; see
    /// [`kestra::Client::read_only`](crate::Client::read_only).
    #[must_use]
    pub fn read_only(&self) -> Self {
        Self { client: self.client.read_only(), runtime: self.runtime.clone() }
    }

    /// Checks that the server is reachable, accepts the credentials and has the tenant; see
    /// [`kestra::Client::check`](crate::Client::check).
    ///
    /// # Errors
    ///
    /// Returns the errors of `kestra::Client::check` and of [`block_on`](Self::block_on).
    pub fn check(&self) -> Result<ServerInfo, Error> {
        let client = self.client.clone();
        self.block_on(async move { client.check().await })
    }

    /// Sends any request through the whole stack; see [`kestra::Client::request`](crate::Client::request).
    ///
    /// # Errors
    ///
    /// Returns the errors of `kestra::Client::request` and of [`block_on`](Self::block_on).
    pub fn request<B: Into<Body>>(&self, request: Request<B>) -> Result<Response<Body>, Error> {
        let (client, request) = (self.client.clone(), request.map(Into::into));
        self.block_on(async move { client.request(request).await })
    }

    /// Runs a future on the thread of this client, and waits for its result. For what has no `call`, such as asynchronous
    /// methods.
    ///
    /// ```no_run
    /// # fn run(client: kestra::blocking::Client) -> Result<(), kestra::Error> {
    /// let ids = client.block_on(client.executions().search_executions().ids())?;
    /// # let _ = ids;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the future; one of kind [`Build`](crate::ErrorKind::Build) on a thread of a runtime, and one of kind
    /// [`Service`](crate::ErrorKind::Service) if the future panics.
    pub fn block_on<T, E, F>(&self, future: F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.runtime.block_on(future)?
    }

    /// Returns the items of a stream as an iterator. Nothing is requested before the first item.
    ///
    /// An iterator that is dropped early closes its connection.
    ///
    /// ```no_run
    /// # fn run(client: kestra::blocking::Client) -> Result<(), kestra::Error> {
    /// for entry in client.iter(client.logs().tail().namespace("company.team").stream()) {
    ///     println!("{}", entry?.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn iter<S, T>(&self, stream: S) -> Iter<S>
    where
        S: Stream<Item = Result<T, Error>> + Unpin + Send + 'static,
        T: Send + 'static,
    {
        Iter::new(self.runtime.clone(), stream)
    }

    /// Returns the bytes of a download as a reader.
    pub fn reader(&self, download: Download) -> Reader {
        Reader::new(self.iter(download))
    }
}

impl Deref for Client {
    type Target = crate::Client;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.client, f)
    }
}
