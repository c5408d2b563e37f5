//! A copy of a request for sending it again.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use kestra_core::{Body, CallContext};

/// What a request is made of, kept so that a copy costs as little as it can.
#[derive(Debug)]
pub(crate) struct ReplayableRequest {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    extensions: Kept,
    body: Body,
}

/// Copying a map of extensions takes an allocation for each of them, so the only one that most requests have is kept bare.
#[derive(Clone, Debug)]
enum Kept {
    Context(CallContext),
    All(Extensions),
}

/// Copying a map of headers takes two allocations, so the few that most requests have are kept in place.
#[derive(Clone, Debug)]
enum Headers {
    Few([Option<(HeaderName, HeaderValue)>; FEW]),
    Many(HeaderMap),
}

const FEW: usize = 3;

impl Headers {
    fn of(headers: &HeaderMap) -> Self {
        if headers.len() > FEW {
            return Self::Many(headers.clone());
        }
        let mut few = [const { None }; FEW];
        for (place, (name, value)) in few.iter_mut().zip(headers) {
            *place = Some((name.clone(), value.clone()));
        }
        Self::Few(few)
    }

    fn into_map(self) -> HeaderMap {
        match self {
            Self::Many(headers) => headers,
            Self::Few(few) => {
                let mut headers = HeaderMap::with_capacity(2 * FEW);
                for (name, value) in few.into_iter().flatten() {
                    headers.append(name, value);
                }
                headers
            }
        }
    }
}

impl ReplayableRequest {
    /// Copies a request, if its body can be sent again; `context` is its context.
    pub(crate) fn of(request: &Request<Body>, context: Option<&CallContext>) -> Option<Self> {
        let body = request.body().try_clone()?;
        let extensions = request.extensions();
        let extensions = match context {
            Some(context) if extensions.len() == 1 => Kept::Context(context.clone()),
            _ => Kept::All(extensions.clone()),
        };
        Some(Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: Headers::of(request.headers()),
            extensions,
            body,
        })
    }

    /// The request, with a copy kept for the next time.
    pub(crate) fn request(&self) -> Option<Request<Body>> {
        let copy = Self {
            method: self.method.clone(),
            uri: self.uri.clone(),
            version: self.version,
            headers: self.headers.clone(),
            extensions: self.extensions.clone(),
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
        *request.headers_mut() = self.headers.into_map();
        match self.extensions {
            Kept::Context(context) => {
                request.extensions_mut().insert(context);
            }
            Kept::All(extensions) => *request.extensions_mut() = extensions,
        }
        request
    }
}
