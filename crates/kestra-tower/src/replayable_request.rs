//! A copy of a request for sending it again.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use kestra_core::{Body, CallContext};

/// The parts of a request, kept so that a copy costs as little as it can: with a plain copy of the parts a call took four
/// allocations of sixteen more, and 3 % more instructions (`.ci/instructions`).
#[derive(Debug)]
pub(crate) struct ReplayableRequest {
    head: Head,
    body: Body,
}

#[derive(Clone, Debug)]
struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    extensions: Kept,
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

impl ReplayableRequest {
    /// Copies a request, if its body can be sent again; `context` is its context.
    pub(crate) fn of(request: &Request<Body>, context: Option<&CallContext>) -> Option<Self> {
        let body = request.body().try_clone()?;
        let extensions = match context {
            Some(context) if request.extensions().len() == 1 => Kept::Context(context.clone()),
            _ => Kept::All(request.extensions().clone()),
        };
        let mut few = [const { None }; FEW];
        let headers = if request.headers().len() > FEW {
            Headers::Many(request.headers().clone())
        } else {
            for (place, (name, value)) in few.iter_mut().zip(request.headers()) {
                *place = Some((name.clone(), value.clone()));
            }
            Headers::Few(few)
        };
        let (method, uri, version) = (request.method().clone(), request.uri().clone(), request.version());
        Some(Self { head: Head { method, uri, version, headers, extensions }, body })
    }

    /// Returns the request, with a copy kept for the next time.
    pub(crate) fn request(&self) -> Option<Request<Body>> {
        Some(Self { head: self.head.clone(), body: self.body.try_clone()? }.into_request())
    }

    /// Returns the request, for the last time.
    pub(crate) fn into_request(self) -> Request<Body> {
        let Head { method, uri, version, headers, extensions } = self.head;
        let mut request = Request::new(self.body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.version_mut() = version;
        *request.headers_mut() = match headers {
            Headers::Many(headers) => headers,
            Headers::Few(few) => {
                let mut headers = HeaderMap::with_capacity(2 * FEW);
                for (name, value) in few.into_iter().flatten() {
                    headers.append(name, value);
                }
                headers
            }
        };
        match extensions {
            Kept::Context(context) => {
                request.extensions_mut().insert(context);
            }
            Kept::All(extensions) => *request.extensions_mut() = extensions,
        }
        request
    }
}
