//! A server that a request is made for without a client.

use http::Request;

use crate::body::Body;
use crate::context::CallContext;
use crate::error::{Error, ErrorKind};
use crate::options::CallOptions;
use crate::servers::Servers;
use crate::version::{InvalidVersion, Version};

/// Where a request goes that is sent with another HTTP stack: server, version and tenant.
///
/// ```
/// use kestra_core::Target;
///
/// let target = Target::new("https://kestra.example.com").version("1.3.25").tenant("main");
/// # let _ = target;
/// ```
#[derive(Clone, Debug)]
pub struct Target {
    servers: Servers,
    pub(crate) version: Result<Version, InvalidVersion>,
    pub(crate) options: CallOptions,
}

impl Target {
    /// A server at this URL, of the newest version.
    #[must_use]
    pub fn new(server: impl Into<Servers>) -> Self {
        Self { servers: server.into(), version: Ok(Version::NEWEST), options: CallOptions::new() }
    }

    /// Sets the server's version, such as `1.3.25`.
    #[must_use]
    pub fn version(mut self, version: impl AsRef<str>) -> Self {
        self.version = version.as_ref().parse();
        self
    }

    /// Sets the tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.options = self.options.tenant(tenant);
        self
    }

    /// Points a request in origin form at this server.
    pub(crate) fn apply_to(&self, request: &mut Request<Body>) -> Result<(), Error> {
        let version = self.version.map_err(|problem| Error::invalid("version", problem))?;
        let Some(context) = CallContext::of(request).cloned() else {
            return Err(Error::new(ErrorKind::Build, "the request wasn't made by a builder"));
        };
        let base = self.servers.resolve(context.operation(), context.options())?;
        let (method, path_and_query) = match request.uri().path_and_query() {
            Some(path_and_query) if !context.depends_on_version() => {
                (request.method().clone(), path_and_query.clone())
            }
            _ => context.head_for(version)?,
        };
        *request.uri_mut() = base.join(&method, path_and_query)?;
        *request.method_mut() = method;
        Ok(())
    }
}
