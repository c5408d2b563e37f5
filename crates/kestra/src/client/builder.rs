//! The settings of a client.

use http::{HeaderName, HeaderValue};
use kestra_core::{CallOptions, Error, Observer, Retry, Servers, Timeouts, Version};
use kestra_tower::transport::{Proxy, Tls};
use kestra_tower::{Auth, HedgeLayer, TraceLayer};
use std::time::Duration;
use tower::Layer;

use super::into_servers::IntoServers;
use super::layers::{self, CallService, Layers};
use super::{Client, env};

/// The largest body that is collected, in bytes: 64 MiB.
pub(super) const DEFAULT_BODY_LIMIT: usize = 64 * 1024 * 1024;

const USER_AGENT: &str = concat!("kestra-rust/", env!("CARGO_PKG_VERSION"));

/// Builds a [`Client`]; nothing fails before [`build`](Self::build).
///
/// A call goes through these layers, outermost first:
///
/// 1. the call's span
/// 2. the limit for the whole call
/// 3. the layers added with [`layer`](Self::layer), the first added outermost
/// 4. retry
/// 5. the attempt's span
/// 6. the limit for one attempt
/// 7. server, API version and route
/// 8. auth
/// 9. the layers added with [`attempt_layer`](Self::attempt_layer), the first added outermost
/// 10. the transport: pool, DNS, TCP, proxy, TLS, and the collection of bodies
///
/// Then the status is judged, and the operation decodes.
///
/// ```
/// use std::time::Duration;
/// use kestra::{Auth, Client, Retry, Timeouts};
///
/// let client = Client::builder()
///     .server("https://kestra.example.com")
///     .auth(Auth::bearer("token"))
///     .tenant("main")
///     .timeouts(Timeouts::default().connect(Duration::from_secs(5)).total(Duration::from_mins(2)))
///     .retry(Retry::standard().max_attempts(4))
///     .build()?;
/// # Ok::<(), kestra::Error>(())
/// ```
#[must_use = "a builder does nothing until it builds"]
#[derive(Debug)]
pub struct ClientBuilder {
    pub(super) servers: Option<Servers>,
    pub(super) auth: Option<Auth>,
    pub(super) webhook_credentials: bool,
    options: CallOptions,
    user_agent: HeaderValue,
    pub(super) timeouts: Timeouts,
    pub(super) retry: Retry,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: Option<Tls>,
    pub(super) pool_idle: Option<Duration>,
    pub(super) http2: bool,
    pub(super) version_ttl: Option<Duration>,
    pub(super) body_limit: usize,
    pub(super) call_layers: Layers,
    pub(super) attempt_layers: Layers,
    pub(super) attempt_trace: Option<TraceLayer>,
    pub(super) hedge: Option<HedgeLayer>,
    pub(super) observer: Option<Observer>,
    span_ids: bool,
    pub(super) transport: Option<CallService>,
    pub(super) service: Option<CallService>,
    invalid: Option<Error>,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            servers: None,
            auth: None,
            webhook_credentials: false,
            options: CallOptions::new(),
            user_agent: HeaderValue::from_static(USER_AGENT),
            timeouts: Timeouts::default(),
            retry: Retry::standard(),
            proxy: None,
            tls: None,
            pool_idle: None,
            http2: false,
            version_ttl: None,
            body_limit: DEFAULT_BODY_LIMIT,
            call_layers: Layers::default(),
            attempt_layers: Layers::default(),
            attempt_trace: None,
            hedge: None,
            observer: None,
            span_ids: true,
            transport: None,
            service: None,
            invalid: None,
        }
    }

    /// Creates a builder with the settings of the environment; see [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// `KESTRA_URL` is not set, or a value can't be used; the message names the variable.
    pub fn from_env() -> Result<Self, Error> {
        env::builder(&|name| std::env::var(name).ok()).map_err(|error| error.with_method("from_env"))
    }

    /// Sets the server; a path prefix is fine, `/api/v1` is not part of it.
    pub fn server(self, server: impl Into<kestra_core::Server>) -> Self {
        self.servers([server.into()])
    }

    /// Sets the servers: a list, [`Servers`] with lists of their own for single operations, or [`Servers::cluster`], one Kestra
    /// behind several addresses.
    ///
    /// ```
    /// use kestra::{Client, Servers};
    ///
    /// let servers = Servers::cluster(["https://kestra-1.example.com", "https://kestra-2.example.com"]);
    /// let client = Client::builder().servers(servers).build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn servers(mut self, servers: impl IntoServers) -> Self {
        self.servers = Some(servers.into_servers());
        self
    }

    /// Sets the credentials. None by default.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sends the credentials to webhooks as well, or not (the default).
    ///
    /// A server keeps the headers of a webhook's request in the execution, where everybody who may read the execution
    /// sees them. Up to Kestra 1.0.3 a webhook may require credentials nevertheless.
    pub fn webhook_credentials(mut self, send: bool) -> Self {
        self.webhook_credentials = send;
        self
    }

    /// Sets the tenant of all calls that name none; `main` by default.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.options = self.options.tenant(tenant);
        self
    }

    /// Sets the server's version, such as `"1.3.25".parse()?`, so that it isn't asked; leave it out where servers are
    /// upgraded.
    pub fn api_version(mut self, version: Version) -> Self {
        self.options = self.options.api_version(version);
        self
    }

    /// Sets for how long a detected server version is used. Defaults to 5 minutes.
    pub fn version_ttl(mut self, ttl: Duration) -> Self {
        self.version_ttl = Some(ttl);
        self
    }

    /// Sets the timeouts; what isn't set keeps its default: 10 s for connecting, 60 s for an attempt, 2 min for a call. See
    /// [`Timeouts`].
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts.or(self.timeouts);
        self
    }

    /// Sets the retry policy. Defaults to [`Retry::standard`], three attempts at most.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets a header of all calls; its value is treated as a secret.
    pub fn default_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.options = self.options.header(name, value);
            }
            (name, _) => {
                let name =
                    name.map_or_else(|_| "its name".to_owned(), |name| format!("the value of `{name}`"));
                let problem = format_args!("{name} has a character that a header can't contain").to_string();
                self.invalid.get_or_insert(Error::invalid("default_header", problem));
            }
        }
        self
    }

    /// Sets the options of all calls that set none; what isn't set stays as it was.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options.or(&self.options);
        self
    }

    /// Refuses every operation that changes something; see [`Client::read_only`].
    pub fn read_only(mut self) -> Self {
        self.options = self.options.read_only();
        self
    }

    /// Names the program in the `User-Agent`, before the name of this client: `billing/1.2 kestra-rust/VERSION`.
    ///
    /// An invalid name is an error of [`build`](Self::build).
    pub fn application(self, name: impl std::fmt::Display) -> Self {
        self.user_agent(format!("{name} {USER_AGENT}"))
    }

    /// Sets the `User-Agent`; `kestra-rust/VERSION` by default.
    pub fn user_agent(mut self, user_agent: impl TryInto<HeaderValue>) -> Self {
        match user_agent.try_into() {
            Ok(user_agent) => self.user_agent = user_agent,
            Err(_) => {
                let problem = "it has a character that a header can't contain";
                self.invalid.get_or_insert(Error::invalid("user_agent", problem));
            }
        }
        self
    }

    /// Sets the proxy; that of the environment by default, [`Proxy::none`] for none.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Sets trust and identity for TLS; the platform's roots, and `SSL_CERT_FILE`, by default.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Trusts a certificate authority besides the platform's: a certificate in PEM or DER.
    pub fn add_root_certificate(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.tls = Some(self.tls.unwrap_or_default().add_root_certificate(certificate));
        self
    }

    /// Sets for how long an idle connection is kept; 30 s by default, below what load balancers allow.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.pool_idle = Some(limit);
        self
    }

    /// Uses HTTP/2 with servers that offer it over TLS. Kestra itself offers HTTP/1.1 only; proxies in front of it may offer
    /// HTTP/2.
    #[cfg(feature = "http2")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http2")))]
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sets the maximum size of a collected response body, in bytes. Defaults to 64 MiB. Streams and downloads have
    /// no limit.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Adds a layer that sees each call once, whatever attempts it takes; the first added is the outermost.
    ///
    /// What it makes must [fit](crate::layers::IntoCallService), as tower's `ConcurrencyLimit`, `LoadShed`, `Buffer`
    /// and `Timeout` do.
    ///
    /// ```
    /// use kestra::Client;
    /// use tower::limit::ConcurrencyLimitLayer;
    ///
    /// let client = Client::builder().server("https://kestra.example.com").layer(ConcurrencyLimitLayer::new(16)).build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<CallService> + Send + Sync + 'static,
        L::Service: layers::IntoCallService,
    {
        self.call_layers.push(layer);
        self
    }

    /// Sends a read once more if its response is late, and takes the response that comes first; see
    /// [`hedge`](crate::layers::hedge) for what is hedged. By default no read is hedged. With HTTP/2 and one server both requests share a
    /// connection.
    ///
    /// ```
    /// use kestra::Client;
    /// use kestra::layers::HedgeLayer;
    ///
    /// let client = Client::builder().server("https://kestra.example.com").hedge(HedgeLayer::new()).build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn hedge(mut self, hedge: HedgeLayer) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// Adds a layer that sees each attempt, next to the transport: the URL is absolute, and credentials are in the
    /// headers. The first added is the outermost; what it makes must [fit](crate::layers::IntoCallService).
    ///
    /// ```
    /// use http::{HeaderName, HeaderValue, Request};
    /// use kestra::{Body, Client};
    /// use tower::util::MapRequestLayer;
    ///
    /// let sign = MapRequestLayer::new(|mut request: Request<Body>| {
    ///     request.headers_mut().insert(HeaderName::from_static("x-gateway"), HeaderValue::from_static("internal"));
    ///     request
    /// });
    /// let client = Client::builder().server("https://kestra.example.com").attempt_layer(sign).build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn attempt_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<CallService> + Send + Sync + 'static,
        L::Service: layers::IntoCallService,
    {
        self.attempt_layers.push(layer);
        self
    }

    /// Calls `inject` with the headers of each attempt, to write the trace context into them, such as a `traceparent`. Not
    /// called by default.
    ///
    /// The span of the attempt is entered meanwhile: read the context of `tracing::Span::current()`. The example
    /// `trace_calls` does it with OpenTelemetry.
    ///
    /// ```
    /// use kestra::Client;
    ///
    /// let client = Client::builder()
    ///     .server("https://kestra.example.com")
    ///     .propagate_trace(|headers| {
    ///         // let context = tracing::Span::current().context();
    ///         // opentelemetry::global::get_text_map_propagator(|it| it.inject_context(&context, &mut ..headers))
    ///         # let _ = headers;
    ///     })
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn propagate_trace<F>(mut self, inject: F) -> Self
    where
        F: Fn(&mut http::HeaderMap) + Send + Sync + 'static,
    {
        self.attempt_trace = Some(TraceLayer::attempt().propagate(inject));
        self
    }

    /// Sets whether the spans of methods of several calls, such as `run` and `sync`, have the namespace, the flow's id and the
    /// execution's id. Defaults to `true`.
    pub fn span_ids(mut self, record: bool) -> Self {
        self.span_ids = record;
        self
    }

    /// Adds an observer, which is called with what the client does and no layer can see: retries and the retry budget,
    /// detections of server versions, servers of a cluster that fail and come back, reconnected streams, connections of the
    /// pool, and the outcome of each call. None by default.
    ///
    /// A [`service`](Self::service) or [`transport`](Self::transport) of your own tells only observers of its own.
    ///
    /// ```
    /// use kestra::{Client, ClientEvent, Observer};
    ///
    /// let observer = Observer::new(|event| {
    ///     if let ClientEvent::Retry(retry) = event {
    ///         println!("retry in {:?} after {:?}", retry.wait, retry.attempt.result);
    ///     }
    /// });
    /// let client = Client::builder().server("https://kestra.example.com").observe(observer).build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = Some(match self.observer.take() {
            Some(other) => other.and(observer),
            None => observer,
        });
        self
    }

    /// Sends attempts by a service of your own in place of [`Transport`](crate::Transport), below all layers: another HTTP
    /// client, or a mock under the retries, limits and layers that are meant to be tested.
    ///
    /// It gets requests with an absolute URL. It has to handle connections, proxy and TLS. A
    /// [`Transport`](crate::Transport) with settings that this builder doesn't have fits as well.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use kestra::{Body, Client, Retry};
    /// use tower::service_fn;
    ///
    /// let client = Client::builder()
    ///     .server("https://kestra.example.com")
    ///     .retry(Retry::none())
    ///     .transport(service_fn(|request: Request<Body>| async move {
    ///         assert_eq!(request.uri().host(), Some("kestra.example.com"));
    ///         Ok::<_, std::convert::Infallible>(Response::new(Body::from(r#"{"id":"hello"}"#)))
    ///     }))
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), kestra::Error>(())
    /// ```
    pub fn transport<S>(mut self, service: S) -> Self
    where
        S: layers::IntoCallService,
    {
        self.transport = Some(service.erase());
        self
    }

    /// Uses a stack of your own in place of ours: it has to set servers, auth, retries, proxy and TLS. The layers
    /// added with [`layer`](Self::layer) are put around it; [`transport`](Self::transport) replaces only the lowest.
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: layers::IntoCallService,
    {
        self.service = Some(service.erase());
        self
    }

    /// Builds the client; no runtime is needed, and nothing is sent.
    ///
    /// # Errors
    ///
    /// No server, or one whose URL can't be used; a proxy or CA that can't be read; credentials or headers that no request
    /// can have; a setting that a service of your own would leave without effect: `attempt_layer`, `propagate_trace`, `hedge` or
    /// `transport` beside `service`, proxy, TLS or HTTP/2 beside `transport`. The message names the setting and the fix.
    pub fn build(self) -> Result<Client, Error> {
        self.stack().map_err(|error| error.with_method("build"))
    }

    fn stack(mut self) -> Result<Client, Error> {
        if let Some(problem) = self.invalid.take() {
            return Err(problem);
        }
        let mut options = std::mem::take(&mut self.options);
        options.check()?;
        if options.get_headers().is_none_or(|headers| !headers.contains_key(http::header::USER_AGENT)) {
            options = options.header(http::header::USER_AGENT, self.user_agent.clone());
        }
        if self.service.is_some() {
            if !self.attempt_layers.is_empty()
                || self.attempt_trace.is_some()
                || self.hedge.is_some()
                || self.transport.is_some()
            {
                return Err(Error::invalid(
                    "service",
                    "replaces the whole stack: move attempt layers, trace propagation, hedging and transport into it, or remove `service`",
                ));
            }
            options = CallOptions::new().timeouts(self.timeouts).or(&options);
        } else if self.transport.is_some()
            && (self.proxy.is_some() || self.tls.is_some() || self.pool_idle.is_some() || self.http2)
        {
            return Err(Error::invalid(
                "transport",
                "replaces everything that opens connections: move proxy, TLS, http2 and pool_idle_timeout into it, or remove `transport`",
            ));
        }
        let (body_limit, retries) = (self.body_limit, self.retry.attempts_limit() > 1);
        let (observer, span_ids) = (self.observer.clone(), self.span_ids);
        // A service of the caller's own may have a cluster.
        let has_cluster = self.service.is_some() || self.servers.as_ref().is_some_and(Servers::is_cluster);
        Ok(Client::new(layers::stack(self)?, options, body_limit, retries).telling(
            observer,
            span_ids,
            has_cluster,
        ))
    }
}
