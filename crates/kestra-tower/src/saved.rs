//! A copy of a request for sending it again.

use http::{Extensions, HeaderMap, Method, Request, Uri, Version};
use kestra_core::{Body, CallContext};

/// What a request is made of, kept so that a copy costs as little as it can.
#[derive(Debug)]
pub(crate) struct Saved {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Kept,
    body: Body,
}

/// Copying a map of extensions takes an allocation for each of them, so the only one that most requests have is kept bare.
#[derive(Debug)]
enum Kept {
    Context(CallContext),
    All(Extensions),
}

impl Saved {
    /// Copies a request, if its body can be sent again.
    pub(crate) fn of(request: &Request<Body>) -> Option<Self> {
        let body = request.body().try_clone()?;
        let extensions = request.extensions();
        let extensions = match CallContext::of(request) {
            Some(context) if extensions.len() == 1 => Kept::Context(context.clone()),
            _ => Kept::All(extensions.clone()),
        };
        Some(Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            extensions,
            body,
        })
    }

    /// The request, with a copy kept for the next time.
    pub(crate) fn request(&self) -> Option<Request<Body>> {
        let extensions = match &self.extensions {
            Kept::Context(context) => Kept::Context(context.clone()),
            Kept::All(extensions) => Kept::All(extensions.clone()),
        };
        let copy = Self {
            method: self.method.clone(),
            uri: self.uri.clone(),
            version: self.version,
            headers: self.headers.clone(),
            extensions,
            body: self.body.try_clone()?,
        };
        Some(copy.into_request())
    }

    /// The request, for the last time.
    pub(crate) fn into_request(self) -> Request<Body> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers;
        match self.extensions {
            Kept::Context(context) => {
                request.extensions_mut().insert(context);
            }
            Kept::All(extensions) => *request.extensions_mut() = extensions,
        }
        request
    }
}
