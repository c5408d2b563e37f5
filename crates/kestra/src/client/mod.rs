//! The client: a stack of layers, its defaults, and the areas of the API.

mod actions;
mod builder;
mod deadline;
mod env;
mod execute;
mod into_servers;
mod layers;
mod prechecks;
#[cfg(feature = "profile")]
mod profile;
mod stack;

use std::sync::Arc;

use http::{Request, Response, StatusCode};
#[cfg(feature = "blocking")]
use kestra_core::internal::blocking::Runtime;
use kestra_core::internal::transient::Outages;
use kestra_core::internal::{json, redact};
use kestra_core::{
    Body, BoxError, Call, CallContext, CallFuture, CallOptions, Error, ErrorKind, ErrorResponse, Executor,
    Observer, Version, object,
};
use kestra_operations::GetConfiguration;
use serde::{Serialize, Serializer};
use tower::Service;

pub use builder::ClientBuilder;
pub(crate) use deadline::Deadline;
pub use into_servers::IntoServers;
pub use layers::{CallService, CallServiceFuture, IntoCallService};
#[cfg(feature = "profile")]
pub use profile::Profile;

use stack::SharedStack;

/// A client of one or more Kestra servers, cheap to copy.
///
/// Copies share connections, the retry budget and what is known of the servers' versions. It is built without a runtime,
/// and used within one of tokio's.
///
/// ```no_run
/// # async fn run() -> Result<(), kestra::Error> {
/// let client = kestra::Client::from_env()?;
/// let flow = client.flows().get_flow("company.team", "hello").await?;
/// println!("revision {:?}", flow.revision);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: CallOptions,
    #[cfg(feature = "blocking")]
    runtime: Option<Runtime>,
}

struct Shared {
    stack: SharedStack,
    body_limit: usize,
    /// Whether the stack retries calls that have no retry policy.
    retries: bool,
    outages: Outages,
    observer: Option<Observer>,
    /// Whether the spans of methods have ids.
    has_span_ids: bool,
    /// Whether the servers are, or may be, a cluster.
    has_cluster: bool,
}

impl Client {
    /// Creates a builder with nothing set.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Creates a client from variables: `KESTRA_URL`, `KESTRA_API_TOKEN` or `KESTRA_USERNAME` and `KESTRA_PASSWORD`,
    /// `KESTRA_TENANT_ID`, `KESTRA_API_VERSION`, and the proxy variables. Several URLs in `KESTRA_URL`, separated by commas, are
    /// the servers of one [cluster](crate::Servers::cluster). Without `KESTRA_URL`, those of kestractl are read:
    /// `KESTRACTL_HOST` and its like; see [`guide::login`](crate::guide::login). No file is read.
    ///
    /// # Errors
    ///
    /// `KESTRA_URL` is not set, or a value can't be used; the message names the variable.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Creates a client over a service of your own: a stack of our layers, a `service_fn`, a mock, a router.
    ///
    /// Short for `Client::builder().service(service)` and `build()`, which takes a tenant, a version and options as
    /// well. The service gets requests whose URL is the path alone, unless it has a
    /// [`ServerLayer`](crate::layers::ServerLayer).
    ///
    /// ```
    /// use http::{Request, Response};
    /// use kestra::{Body, Client};
    /// use tower::service_fn;
    ///
    /// let client = Client::from_service(service_fn(|request: Request<Body>| async move {
    ///     assert_eq!(request.uri().path(), "/api/v1/main/flows/company.team/hello");
    ///     Ok::<_, std::convert::Infallible>(Response::new(Body::from(r#"{"id":"hello","namespace":"company.team"}"#)))
    /// }));
    /// # let _ = client;
    /// ```
    pub fn from_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let stack = layers::around_service(service, kestra_core::Timeouts::default());
        Self::new(stack, CallOptions::new(), builder::DEFAULT_BODY_LIMIT, true)
    }

    fn new(stack: SharedStack, options: CallOptions, body_limit: usize, retries: bool) -> Self {
        let outages = Outages::default();
        let shared = Shared {
            stack,
            body_limit,
            retries,
            outages,
            observer: None,
            has_span_ids: true,
            has_cluster: true,
        };
        Self {
            shared: Arc::new(shared),
            options,
            #[cfg(feature = "blocking")]
            runtime: None,
        }
    }

    /// Returns this client, which nobody else has yet, with its observer, its spans and its kind of servers.
    fn telling(mut self, observer: Option<Observer>, has_span_ids: bool, has_cluster: bool) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            (shared.observer, shared.has_span_ids, shared.has_cluster) =
                (observer, has_span_ids, has_cluster);
        }
        self
    }

    /// Whether the spans of methods of several calls have ids.
    pub(crate) fn has_span_ids(&self) -> bool {
        self.shared.has_span_ids
    }

    /// Returns this client with a runtime for threads that have none.
    #[cfg(feature = "blocking")]
    pub(crate) fn on_runtime(self, runtime: Runtime) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// Returns whether this client's calls are retried.
    pub(crate) fn retries(&self) -> bool {
        self.options.get_retry().map_or(self.shared.retries, |retry| retry.attempts_limit() > 1)
    }

    /// Returns this client without retries, for a retry loop that makes all attempts but the first itself.
    pub(crate) fn for_loop(&self) -> Self {
        self.with_options(CallOptions::new().single_attempt())
    }

    /// Returns this client for calls of which one finds something out for the next: all of them prefer one member of a cluster.
    pub(crate) fn chained(&self) -> Self {
        match self.shared.has_cluster {
            true => self.with_options(self.chain(CallOptions::new())),
            false => self.clone(),
        }
    }

    /// Returns the options of such calls, unless the client has them already.
    pub(crate) fn chain(&self, options: CallOptions) -> CallOptions {
        match self.shared.has_cluster && self.options.get_affinity().is_none() {
            true => options.affinity(),
            false => options,
        }
    }

    /// Returns this client with other default options. What `options` leaves unset stays as it was.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// use kestra::CallOptions;
    ///
    /// let acme = client.with_options(CallOptions::new().tenant("acme"));
    /// let flow = acme.flows().get_flow("company.team", "hello").await?;
    /// # let _ = flow;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            options: options.or(&self.options),
            #[cfg(feature = "blocking")]
            runtime: self.runtime.clone(),
        }
    }

    /// Returns a client that refuses every operation which would change something, and shares connections with this one.
    ///
    /// Refused calls are errors of kind [`Refused`](crate::ErrorKind::Refused), and nothing is sent. Reads, searches,
    /// validations, dry runs and downloads are sent. Of [`request`](Self::request) only the methods GET, HEAD and
    /// OPTIONS are.
    ///
    /// ```
    /// # async fn run(client: kestra::Client) {
    /// let error = client.read_only().flows().delete_flow("company.team", "hello").await.unwrap_err();
    /// assert_eq!(error.kind(), kestra::ErrorKind::Refused);
    /// # }
    /// ```
    #[must_use]
    pub fn read_only(&self) -> Self {
        self.with_options(CallOptions::new().read_only())
    }

    /// Returns the default options of this client's calls.
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.options
    }

    /// Sends any request through the whole stack, also to a route that we don't know.
    ///
    /// A request in origin form goes to the selected server; an absolute URL must be on it. The client's headers are added
    /// where the request has none of that name. The body of the response is a stream, unless a builder made the
    /// request and the operation decodes the response; [`Body::bytes`] reads either.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kestra::BoxError> {
    /// # let server = kestra_testkit::TestServer::start().await?;
    /// # let client = kestra::Client::builder().server(server.url()).build()?;
    /// use kestra::Body;
    ///
    /// let request = http::Request::get("/api/v1/configs").body(Body::empty())?;
    /// let read = client.request(request).await?.into_body().bytes().await?;
    /// let configuration: serde_json::Value = serde_json::from_slice(&read)?;
    /// assert!(configuration["version"].is_string());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As any call: a status that is no success is an error that carries the response.
    pub async fn request<B: Into<Body>>(&self, request: Request<B>) -> Result<Response<Body>, Error> {
        let mut request = request.map(Into::into);
        if self.options.is_read_only() && !request.method().is_safe() {
            return Err(kestra_core::internal::read_only());
        }
        if CallContext::of(&request).is_none() {
            self.options.check()?;
            self.options.add_headers(request.headers_mut());
            request.extensions_mut().insert(CallContext::detached(self.options.clone()));
        }
        self.shared.stack.call(Ok(request), self.shared.body_limit).await
    }

    /// Checks that the server is reachable, accepts the credentials and has the tenant, and returns its version.
    ///
    /// For the start of a program, so that mistakes show before work is lost. Sends `GET /api/v1/configs` and a search of
    /// one flow. For a health probe set a timeout: `client.with_options(CallOptions::new().timeout(limit)).check()`.
    ///
    /// # Errors
    ///
    /// Returns the error of either request, with a [`hint`](Error::hint): no connection, a proxy's page, an empty 401, a
    /// tenant that doesn't exist.
    pub async fn check(&self) -> Result<ServerInfo, Error> {
        let server = self.chained();
        let configs = server.configs().await?;
        let version = configs.version().map_err(|error| error.with_method("check"))?;

        server.flows().search_flows().size(1).await?;

        Ok(ServerInfo {
            version,
            version_text: configs.version,
            edition: configs.edition,
            uuid: configs.uuid,
            url: configs.url,
        })
    }

    /// Returns the API version that is set, or else the version of the server.
    pub(crate) async fn version(&self) -> Result<Version, Error> {
        match self.options().get_api_version() {
            Some(version) => Ok(version),
            None => self.configs().await?.version(),
        }
    }

    /// Requests the configuration of the server.
    pub(super) async fn configs(&self) -> Result<Configs, Error> {
        let call = GetConfiguration::new().into_call();
        let info = call.info();
        let response = self.send(call).await.map_err(|error| match error.status() {
            Some(StatusCode::NOT_FOUND) => error.with_message("404 at /api/v1/configs"),
            _ => error,
        })?;
        let (parts, body) = response.into_parts();
        let read = body.into_bytes().unwrap_or_default();
        let problem = match json::from_slice::<Configs>(&read) {
            Ok(configs) if !configs.version.is_empty() => return Ok(configs),
            Ok(_) => "the response has no version".to_owned(),
            Err(problem) => problem.to_string(),
        };
        let message = format!("not a Kestra server ({problem}): check the server URL");
        let error = Error::new(ErrorKind::Decode, message).with_operation(info);
        Err(error.with_response(ErrorResponse::new(parts, read)))
    }

    /// Sends a call as it is.
    pub(crate) fn send(&self, call: Call) -> CallFuture {
        let request = call.into_request_with(&self.options);
        self.shared.stack.call(request, self.shared.body_limit)
    }
}

impl kestra_core::internal::Sealed for Client {}

impl Executor for Client {
    fn outages(&self) -> Outages {
        self.shared.outages.clone()
    }

    fn observer(&self) -> Option<&Observer> {
        self.shared.observer.as_ref()
    }

    #[cfg(feature = "blocking")]
    fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }

    fn execute(&self, call: Call) -> CallFuture {
        match actions::is_action(&call) {
            true => Box::pin(actions::act(self.clone(), call)),
            false => execute::execute(self, call),
        }
    }
}

kestra_core::debug_fields! { Client, this => { options: this.options } }

/// A server, as it describes itself in `GET /api/v1/configs`. As JSON, an object with the fields in camel case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version as the server writes it, such as `1.3.25` or `2.1.0-SNAPSHOT`.
    pub version_text: String,
    /// The API version that the client uses with this server.
    #[serde(serialize_with = "as_text")]
    pub version: Version,
    /// The edition: `OSS` or `EE`.
    pub edition: Option<String>,
    /// The id of the installation.
    pub uuid: Option<String>,
    /// The server's own public URL, if it is configured.
    pub url: Option<String>,
}

fn as_text<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(version)
}

#[derive(Default)]
pub(super) struct Configs {
    pub(super) version: String,
    pub(super) edition: Option<String>,
    uuid: Option<String>,
    url: Option<String>,
}

object! {
    Configs {
        0 version = "version",
        1 edition = "edition",
        2 uuid = "uuid",
        3 url = "url",
    }
}

impl Configs {
    fn version(&self) -> Result<Version, Error> {
        Version::reported(&self.version).ok_or_else(|| {
            let message = format!(
                "invalid server version `{}`: set `KESTRA_API_VERSION` or `api_version`",
                redact::brief(&self.version, 40)
            );
            Error::new(ErrorKind::Decode, message)
        })
    }
}
