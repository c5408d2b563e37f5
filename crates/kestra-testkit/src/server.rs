//! The embedded server: start, address, end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kestra_core::{OperationInfo, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::app::App;
use crate::deploy::{self, InvalidFlow};
use crate::dialect::Dialect;
use crate::executed::Executed;
use crate::faults::{Fault, Shutdown};
use crate::http::Shell;
use crate::requests::RecordedRequest;
use crate::scripting::FlowHandle;
use crate::socket::{Reads, Watched};
use crate::stubbed_responses::StubbedResponse;

/// How long the head of a request may be.
const MAX_BUFFER: usize = 512 * 1024;
/// How many headers a request may have.
const MAX_HEADERS: usize = 256;

/// An in-process Kestra on a loopback port; it ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    pub(crate) app: Arc<App>,
    address: SocketAddr,
    shell: Arc<Shell>,
    /// What accepts connections; nothing while the server is stopped.
    accepting: Option<JoinHandle<()>>,
}

/// What a server is started with.
#[derive(Clone, Debug, Default)]
pub struct TestServerBuilder {
    settings: Settings,
    first: Option<Arc<App>>,
}

/// The settings of a server.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) version: Option<String>,
    pub(crate) basic_auth: Option<(String, String)>,
    pub(crate) tokens: Vec<String>,
    /// Whether credentials are still to be set.
    pub(crate) first_start: bool,
    /// Whether nobody takes what is created.
    pub(crate) no_executor: bool,
    pub(crate) wait_timeout: Option<Duration>,
    pub(crate) missing_execution_timeout: Option<Duration>,
    pub(crate) pace: Option<Duration>,
    pub(crate) backfill_interval: Option<Duration>,
    pub(crate) bulk_delay: Option<Duration>,
    pub(crate) port: u16,
    /// Secrets by their keys.
    pub(crate) secrets: BTreeMap<String, String>,
}

impl Settings {
    /// How long a 2.0 server holds a command that nobody takes before it answers 504.
    pub(crate) fn wait_timeout(&self) -> Duration {
        self.wait_timeout.unwrap_or(Duration::from_secs(30))
    }

    /// How long a backfill pauses before each of its executions.
    pub(crate) fn backfill_interval(&self) -> Duration {
        self.backfill_interval.unwrap_or(Duration::from_millis(50))
    }

    /// The version that the server names.
    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or(self.dialect.version())
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("dialect", &self.dialect)
            .field("version", &self.version)
            .field("basic_auth", &self.basic_auth.is_some())
            .field("tokens", &self.tokens.len())
            .finish()
    }
}

impl TestServerBuilder {
    /// The version it behaves like; 2.0 unless said otherwise.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// The version that it names in its configuration, instead of the dialect's own.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.settings.version = Some(version.into());
        self
    }

    /// User name and password that every request needs, unless a token is given; without either nothing is asked for.
    #[must_use]
    pub fn basic_auth(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.settings.basic_auth = Some((username.into(), password.into()));
        self
    }

    /// Starts like a server that nobody has set credentials for: it answers 401 until they are set over the API.
    #[must_use]
    pub fn first_start(mut self) -> Self {
        self.settings.first_start = true;
        self
    }

    /// A bearer token that is accepted, as an Enterprise server does; may be called more than once.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.settings.tokens.push(token.into());
        self
    }

    /// Leaves out what runs executions: a creation stays `CREATED` on 1.x and is answered 504 on 2.0.
    #[must_use]
    pub fn without_executor(mut self) -> Self {
        self.settings.no_executor = true;
        self
    }

    /// How long a 2.0 server waits for an executor before it answers 504; 30 seconds unless said otherwise.
    #[must_use]
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.settings.wait_timeout = Some(timeout);
        self
    }

    /// Sets how long a stream waits for an execution that doesn't exist before it ends. Defaults to 10 s.
    #[must_use]
    pub fn missing_execution_timeout(mut self, timeout: Duration) -> Self {
        self.settings.missing_execution_timeout = Some(timeout);
        self
    }

    /// How long the executor pauses before each step of a task; 2 milliseconds unless said otherwise.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.settings.pace = Some(pace);
        self
    }

    /// How long a backfill pauses before each of its executions; 50 milliseconds unless said otherwise.
    #[must_use]
    pub fn backfill_interval(mut self, interval: Duration) -> Self {
        self.settings.backfill_interval = Some(interval);
        self
    }

    /// How long after its answer the server acts on many executions or triggers; at once, before it answers, unless said
    /// otherwise.
    #[must_use]
    pub fn bulk_delay(mut self, delay: Duration) -> Self {
        self.settings.bulk_delay = Some(delay);
        self
    }

    /// The loopback port to listen on; a free one unless said otherwise.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// A secret that every namespace has: flows read it with `secret('KEY')`, lists name its key.
    #[must_use]
    pub fn secret(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.secrets.insert(key.into(), value.into());
        self
    }

    /// Makes this server another one of the cluster of `server`: it has the same flows, executions, files and credentials. Its
    /// dialect, faults, stubs and recorded requests are its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use kestra_testkit::TestServer;
    ///
    /// let first = TestServer::start().await?;
    /// let second = TestServer::builder().beside(&first).start().await?;
    /// first.deploy("id: hello\nnamespace: company.team\ntasks: [{id: log, type: io.kestra.plugin.core.log.Log, message: hi}]")?;
    /// # assert!(second.executions_of("company.team", "hello").is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn beside(mut self, server: &TestServer) -> Self {
        self.first = Some(Arc::clone(&server.app));
        self
    }

    /// Starts the server on a loopback port; needs a tokio runtime.
    ///
    /// # Errors
    /// When the port can't be had.
    pub async fn start(self) -> std::io::Result<TestServer> {
        let listener = TcpListener::bind(("127.0.0.1", self.settings.port)).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let app = Arc::new(match self.first {
            Some(first) => App::beside(&first, self.settings, url),
            None => App::new(self.settings, url),
        });
        app.engine.set_timing(|timing| {
            timing.missing_execution_timeout =
                app.settings.missing_execution_timeout.unwrap_or(timing.missing_execution_timeout);
            timing.pace = app.settings.pace.unwrap_or(timing.pace);
        });
        let shell = Arc::new(Shell::new(Arc::clone(&app)));
        let accepting = Some(tokio::spawn(accept(listener, Arc::clone(&shell))));
        Ok(TestServer { app, address, shell, accepting })
    }
}

impl TestServer {
    /// Starts a 2.0 server that asks for no credentials.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start() -> std::io::Result<Self> {
        Self::builder().start().await
    }

    /// A server with settings of its own.
    #[must_use]
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder::default()
    }

    /// The address to give to a client: `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.app.url
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates or updates a flow from its YAML source, or from a `kestra::flow::Flow`, and returns its revision.
    ///
    /// # Errors
    /// When the server wouldn't take the flow from a client either.
    pub fn deploy(&self, source: impl Into<String>) -> Result<u64, InvalidFlow> {
        deploy::deploy(&self.app, &source.into())
    }

    /// One flow, to script it or to look at its executions.
    #[must_use]
    pub fn flow(&self, namespace: &str, id: &str) -> FlowHandle<'_> {
        FlowHandle::new(&self.app, namespace, id)
    }

    /// The executions of a flow, oldest first.
    #[must_use]
    pub fn executions_of(&self, namespace: &str, flow: &str) -> Vec<Executed> {
        self.app.executions_of(namespace, flow)
    }

    /// Responds to a method and a path, served or not, with a stub; `{name}` in the path stands for any segment, a `**` at the end
    /// for the rest. An empty 200 until it is told more.
    pub fn stub(&self, method: &str, path: impl Into<String>) -> StubbedResponse<'_> {
        StubbedResponse::new(&self.app, method, path.into())
    }

    /// Responds to an operation with a stub, on the route that it has in the version that is spoken; on its newest if that version
    /// lacks it.
    pub fn stub_operation(&self, operation: &OperationInfo) -> StubbedResponse<'_> {
        let version = self.app.settings.version().parse().unwrap_or(Version::NEWEST);
        let routes = operation.routes;
        let route = routes.iter().find(|route| route.versions.contains(version)).or(routes.first());
        match route {
            Some(route) => self.stub(route.method().as_str(), route.path),
            // An operation without routes is asked for by nobody.
            None => self.stub("", operation.name),
        }
    }

    /// Misbehaves from now on as the fault says.
    pub fn fail(&self, fault: Fault) {
        self.app.faults.add(fault);
    }

    /// Forgets all faults.
    pub fn heal(&self) {
        self.app.faults.clear();
    }

    /// Begins to go down in a way that real servers do: streams break off, and what is asked from now on is answered as the style
    /// says, until [`stop`](Self::stop) or [`restart`](Self::restart).
    pub fn shutdown(&self, style: Shutdown) {
        self.app.faults.go_down(Some(style));
    }

    /// Stops listening and cuts all connections; what was stored stays, and what runs goes on.
    pub async fn stop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // Whether it was aborted or had ended: the port is free then.
            let _ = accepting.await;
        }
    }

    /// Listens again on the same port after [`stop`](Self::stop); cuts all connections if it still listened.
    ///
    /// # Errors
    /// When the port was taken by somebody else meanwhile.
    pub async fn restart(&mut self) -> std::io::Result<()> {
        self.stop().await;
        self.app.faults.go_down(None);
        let listener = TcpListener::bind(self.address).await?;
        self.accepting = Some(tokio::spawn(accept(listener, Arc::clone(&self.shell))));
        Ok(())
    }

    /// Makes all executions so far, and their logs, older by this much: as if they had begun and ended earlier.
    pub fn age_executions(&self, by: Duration) {
        self.app.age(by);
    }

    /// The requests that arrived, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.app.requests.all()
    }

    /// Forgets the requests that arrived.
    pub fn clear_requests(&self) {
        self.app.requests.clear();
    }

    /// The version it behaves like.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.app.dialect
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

/// Accepts connections for as long as the server lives; its end ends them all.
async fn accept(listener: TcpListener, shell: Arc<Shell>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                if shell.refuses_connection() {
                    continue;
                }
                connections.spawn(serve(stream, Arc::clone(&shell)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shell: Arc<Shell>) {
    // Answers go out at once: there is nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let reads = Arc::new(Reads::default());
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&reads)));
    let service = service_fn(move |request| {
        let (shell, reads) = (Arc::clone(&shell), Arc::clone(&reads));
        async move { shell.answer(request, &reads).await }
    });
    // A broken connection is the client's business, or a fault that was asked for.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(MAX_BUFFER)
        .max_headers(MAX_HEADERS)
        .serve_connection(io, service)
        .await;
}
