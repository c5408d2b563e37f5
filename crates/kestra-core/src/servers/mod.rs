//! The servers of a client: a list with templates, and lists of their own for single operations.

mod base;
mod cluster;

use std::fmt;
use std::sync::Arc;

pub use base::BaseUrl;
pub use cluster::{ClusterSettings, MAX_MEMBERS, Policy, ServerCluster};

use crate::error::{Error, ErrorKind};
use crate::operation::OperationInfo;
use crate::options::{CallOptions, ServerVariables};
use crate::redact;

/// One server: a URL, perhaps with placeholders such as `{host}`, and the variables that fill them.
///
/// ```
/// use kestra_core::{Server, Variable};
///
/// let server = Server::new("https://{host}/{basePath}")
///     .variable("host", Variable::new("kestra.example.com"))
///     .variable("basePath", Variable::new("v1").allowed(["v1", "v2"]));
/// # let _ = server;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    url: String,
    description: Option<String>,
    variables: Vec<(String, Variable)>,
    any_path: bool,
}

impl Server {
    /// Creates a server from its URL. The URL may have a path prefix, but no `/api/v1` or `/ui`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), description: None, variables: Vec::new(), any_path: false }
    }

    /// Allows any path in the URL, for a gateway whose path prefix looks like Kestra's own paths (`/api/v1/kestra`, `/ui`),
    /// which is an error otherwise.
    #[must_use]
    pub fn any_path(mut self) -> Self {
        self.any_path = true;
        self
    }

    /// Returns the base URL for these values of the variables. The error is a message.
    fn base(&self, values: &ServerVariables) -> Result<BaseUrl, String> {
        BaseUrl::parse(&self.fill(values)?, self.any_path)
    }

    /// Says what the server is.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Declares a variable of the URL.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, variable: Variable) -> Self {
        self.variables.push((name.into(), variable));
        self
    }

    /// The URL with these values, and defaults where there is none; a value for an undeclared variable is ignored.
    fn fill(&self, values: &ServerVariables) -> Result<String, String> {
        let mut url = String::with_capacity(self.url.len() + 16);
        let mut rest = self.url.as_str();
        while let Some(open) = rest.find('{') {
            url.push_str(&rest[..open]);
            let after = &rest[open + 1..];
            let Some(close) = after.find('}') else {
                return Err(format!(
                    "server URL `{}`: a `{{` is not closed: close it, or write %7B for a literal `{{`",
                    self.shown()
                ));
            };
            url.push_str(self.value(&after[..close], values)?);
            rest = &after[close + 1..];
        }
        url.push_str(rest);
        Ok(url)
    }

    fn value<'a>(&'a self, name: &str, values: &'a ServerVariables) -> Result<&'a str, String> {
        let Some((_, variable)) = self.variables.iter().find(|(declared, _)| declared == name) else {
            let declared: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
            // Braces may be part of a password, so a name in place of a password is not shown.
            let shown = self.shown();
            let what = format!("the placeholder `{{{name}}}`");
            return Err(format!(
                "server URL `{shown}`: {} is not declared; declared are: {}",
                if shown.contains(&format!("{{{name}}}")) { &what } else { "a placeholder" },
                if declared.is_empty() { "none".to_owned() } else { declared.join(", ") },
            ));
        };
        let value = values.get(name).unwrap_or(&variable.default);
        if !variable.allowed.is_empty() && !variable.allowed.iter().any(|allowed| allowed == value) {
            return Err(format!(
                "server variable `{name}`: `{}` is not allowed; allowed are: {}",
                redact::url(value),
                variable.allowed.join(", ")
            ));
        }
        Ok(value)
    }

    /// Returns the URL for messages. Declared placeholders are kept, also in place of a port.
    fn shown(&self) -> String {
        let mut plain = self.url.clone();
        for (name, _) in &self.variables {
            plain = plain.replace(&format!("{{{name}}}"), "0");
        }
        let is_harmless = redact::url(&plain) == plain;
        if is_harmless { self.url.clone() } else { redact::url(&self.url) }
    }
}

impl From<&str> for Server {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for Server {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl From<&String> for Server {
    fn from(url: &String) -> Self {
        Self::new(url.as_str())
    }
}

/// A variable of a server's URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    default: String,
    description: Option<String>,
    allowed: Vec<String>,
}

impl Variable {
    /// A variable with this value where a call sets none.
    #[must_use]
    pub fn new(default: impl Into<String>) -> Self {
        Self { default: default.into(), description: None, allowed: Vec::new() }
    }

    /// Says what the variable is.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Restricts the values.
    #[must_use]
    pub fn allowed<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.allowed = values.into_iter().map(Into::into).collect();
        self
    }
}

/// The servers of a client.
///
/// A call goes to the server at its operation's index, else at the call's index, else to the first. The list is the
/// operation's own, if it has one, else the general one. [`Servers::cluster`] creates a list of which a call without an index
/// goes to any server that works.
///
/// ```
/// use kestra_core::Servers;
///
/// let servers = Servers::new(["https://eu.example.com", "https://us.example.com"])
///     .operation("ExecutionsAPIService.CreateExecution", ["https://run.example.com"]);
/// # let _ = servers;
/// ```
#[derive(Clone)]
pub struct Servers {
    general: Arc<[Resolved]>,
    /// By Go key, the last of a key first.
    operations: Arc<Vec<(String, Arc<[Resolved]>)>>,
    /// Whether the general list is one cluster, and how a member is selected then.
    cluster: Option<Arc<ClusterSettings>>,
}

/// A server, and its URL with the default values filled in, worked out once.
struct Resolved {
    server: Server,
    base: Result<BaseUrl, String>,
}

impl Servers {
    /// Servers for all operations.
    #[must_use]
    pub fn new<S: Into<Server>>(servers: impl IntoIterator<Item = S>) -> Self {
        Self { general: resolve_defaults(servers), operations: Arc::default(), cluster: None }
    }

    /// Creates a cluster: one Kestra behind several addresses, among which each call and each retry goes to one that works.
    ///
    /// ```
    /// use kestra_core::Servers;
    ///
    /// let servers = Servers::cluster(["https://kestra-1.example.com", "https://kestra-2.example.com"]).round_robin();
    /// # let _ = servers;
    /// ```
    pub fn cluster<S: Into<Server>>(servers: impl IntoIterator<Item = S>) -> ServerCluster {
        ServerCluster::new(servers)
    }

    /// Servers for one operation, named by its Go key, such as `FlowsAPIService.CreateFlow`.
    #[must_use]
    pub fn operation<S: Into<Server>>(
        mut self,
        operation: impl Into<String>,
        servers: impl IntoIterator<Item = S>,
    ) -> Self {
        Arc::make_mut(&mut self.operations).insert(0, (operation.into(), resolve_defaults(servers)));
        self
    }

    /// Looks at every URL with its default values.
    ///
    /// # Errors
    ///
    /// The first server that no call could use as it stands, with what is wrong with its URL, variables or placeholders.
    pub fn check(&self) -> Result<(), Error> {
        if self.general.is_empty() && self.operations.is_empty() {
            return Err(error("servers: the list is empty; name a server such as `http://localhost:8080`"));
        }
        let own = self.operations.iter().flat_map(|(_, servers)| servers.iter());
        for server in self.general.iter().chain(own) {
            if let Err(problem) = &server.base {
                return Err(error(problem.as_str()));
            }
        }
        self.check_count()
    }

    fn check_count(&self) -> Result<(), Error> {
        match &self.cluster {
            Some(_) if self.general.len() > MAX_MEMBERS => Err(error(format!(
                "servers: a cluster has at most {MAX_MEMBERS} members, this one has {}: leave some out",
                self.general.len()
            ))),
            _ => Ok(()),
        }
    }

    /// Returns whether these servers are a cluster.
    #[doc(hidden)]
    pub fn is_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    /// Returns the settings of the cluster, if these servers are one.
    #[doc(hidden)]
    pub fn cluster_settings(&self) -> Option<&ClusterSettings> {
        self.cluster.as_deref()
    }

    /// Returns the number of servers in the general list.
    #[doc(hidden)]
    pub fn count(&self) -> usize {
        self.general.len()
    }

    /// Returns whether a call may go to any member of the cluster: it names no index, and its operation has no list of its own.
    #[doc(hidden)]
    pub fn is_for_any_member(&self, operation: Option<&OperationInfo>, options: &CallOptions) -> bool {
        let key = operation.map(|operation| operation.go_key);
        self.cluster.is_some()
            && options.get_server_index(key).is_none()
            && !self.operations.iter().any(|(operation, _)| key == Some(operation.as_str()))
    }

    /// Returns the server at an index of the general list, for a call.
    #[doc(hidden)]
    pub fn resolve_member(
        &self,
        index: usize,
        operation: Option<&OperationInfo>,
        options: &CallOptions,
    ) -> Result<BaseUrl, Error> {
        self.check_count()?;
        let key = operation.map(|operation| operation.go_key);
        match self.general.get(index) {
            Some(server) => server.of_call(key, options),
            None => {
                Err(error(format!("server index {index}: the client has {} servers", self.general.len())))
            }
        }
    }

    /// The server for a call, without an allocation unless the call sets variables.
    #[doc(hidden)]
    pub fn resolve(
        &self,
        operation: Option<&OperationInfo>,
        options: &CallOptions,
    ) -> Result<BaseUrl, Error> {
        let key = operation.map(|operation| operation.go_key);
        let own = self.operations.iter().find(|(operation, _)| key == Some(operation.as_str()));
        let own = own.map(|(_, servers)| servers);
        let servers = own.unwrap_or(&self.general);
        let index = options.get_server_index(key).unwrap_or(0);
        let Some(server) = servers.get(index) else {
            let of = if own.is_some() { key.unwrap_or_default() } else { "the client" };
            return Err(error(match servers.len() {
                0 => format!("server index {index}: {of} has no servers"),
                count => format!("server index {index} is out of range: {of} has servers 0 to {}", count - 1),
            }));
        };
        server.of_call(key, options)
    }
}

impl Resolved {
    /// Returns the base URL with the variables that the call sets.
    fn of_call(&self, key: Option<&str>, options: &CallOptions) -> Result<BaseUrl, Error> {
        match options.get_server_variables(key) {
            Some(values) => self.server.base(values).map_err(error),
            None => self.base.clone().map_err(error),
        }
    }
}

impl<S: Into<Server>> From<S> for Servers {
    fn from(server: S) -> Self {
        Self::new([server])
    }
}

fn resolve_defaults<S: Into<Server>>(servers: impl IntoIterator<Item = S>) -> Arc<[Resolved]> {
    servers
        .into_iter()
        .map(|server| {
            let server = server.into();
            let base = server.base(&ServerVariables::new());
            Resolved { server, base }
        })
        .collect()
}

fn error(problem: impl Into<String>) -> Error {
    Error::new(ErrorKind::Server, problem)
}

// The URL and the values of its variables may contain a password.

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Server")
            .field("url", &self.shown())
            .field("description", &self.description)
            .field("variables", &variables)
            .finish()
    }
}

crate::debug_fields! { Variable, this => { description: this.description } }

crate::debug_fields! { Servers, this => { general: this.general, operations: this.operations, cluster: this.cluster } }

crate::debug_fields! { Resolved, this, f => fmt::Debug::fmt(&this.server, f) }
