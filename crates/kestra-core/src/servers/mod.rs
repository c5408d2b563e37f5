//! The servers of a client: a list with templates, and lists of their own for single operations.

mod base;
mod debug;
mod template;
mod variables;

use std::sync::Arc;

pub use base::BaseUrl;
pub use variables::ServerVariables;

use crate::error::{Error, ErrorKind};
use crate::operation::OperationInfo;
use crate::options::CallOptions;

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
/// operation's own, if it has one, else the general one.
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
        Self { general: resolve_defaults(servers), operations: Arc::default() }
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
        Ok(())
    }

    /// The server for a call, without an allocation unless the call sets variables.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`]: an index out of range, a value that a variable doesn't allow, a placeholder that nothing
    /// declares, a URL that is none.
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
        match options.get_server_variables(key) {
            Some(values) => server.server.base(values).map_err(error),
            None => server.base.clone().map_err(error),
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
