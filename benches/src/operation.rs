//! The operations that are compared, and the requests that a client without layers sends for them.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

/// An operation that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `GET /configs`: no parameter, a small response.
    Configs,
    /// Reads a flow, with two query parameters.
    GetFlow,
    /// Creates a flow from a YAML source.
    CreateFlow,
    /// Creates an execution with one input, as a multipart form.
    CreateExecution,
    /// Reads a page of 25 executions, 68 KB of JSON.
    Search,
    /// Reads a flow that the server never returns.
    Silent,
}

/// The source of the flow that is created.
pub const SOURCE: &str = "id: hello\nnamespace: company.team\ntasks:\n- id: log\n  type: io.kestra.plugin.core.log.Log\n  message: hello\n";

const FORM: &str = "--0123456789abcdef\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nworld\r\n--0123456789abcdef--\r\n";

impl Operation {
    /// The operations that a server answers.
    pub const ALL: [Self; 5] =
        [Self::Configs, Self::GetFlow, Self::CreateFlow, Self::CreateExecution, Self::Search];

    /// Returns the name that tables and arguments use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configs => "configs",
            Self::GetFlow => "get-flow",
            Self::CreateFlow => "create-flow",
            Self::CreateExecution => "create-execution",
            Self::Search => "search",
            Self::Silent => "silent",
        }
    }

    fn method(self) -> Method {
        match self {
            Self::CreateFlow | Self::CreateExecution => Method::POST,
            _ => Method::GET,
        }
    }

    fn path_and_query(self) -> &'static str {
        match self {
            Self::Configs => "/api/v1/configs",
            Self::GetFlow => "/api/v1/main/flows/company.team/hello?source=true&allowDeleted=true",
            Self::CreateFlow => "/api/v1/main/flows",
            Self::CreateExecution => "/api/v1/main/executions/company.team/hello",
            Self::Search => "/api/v1/main/executions/search?size=25",
            Self::Silent => "/api/v1/main/flows/company.team/silent",
        }
    }

    /// Returns the content type and the text of the request body.
    fn body(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::CreateFlow => Some(("application/x-yaml", SOURCE)),
            Self::CreateExecution => Some(("multipart/form-data; boundary=0123456789abcdef", FORM)),
            _ => None,
        }
    }
}

/// A request whose parts are made once.
#[derive(Clone, Debug)]
pub struct Prepared {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    /// Prepares the request of an operation.
    ///
    /// # Errors
    ///
    /// Returns an error if `base` is not a URL.
    pub fn new(base: &str, operation: Operation) -> http::Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("benchmark"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic dXNlckBleGFtcGxlLmNvbTpQYXNzd29yZDE="));
        if let Some((content_type, _)) = operation.body() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(Self {
            method: operation.method(),
            uri: format!("{base}{}", operation.path_and_query()).parse()?,
            headers,
            body: Bytes::from_static(operation.body().map_or("", |(_, body)| body).as_bytes()),
        })
    }

    /// Returns the request with a body that is made from the prepared bytes.
    pub fn request<B>(&self, body: impl FnOnce(Bytes) -> B) -> Request<B> {
        let mut request = Request::new(body(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}
