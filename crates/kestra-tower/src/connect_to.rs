//! What the server layer says of a request to the layers below.

use std::net::IpAddr;

use http::Request;
use kestra_core::CallContext;
use kestra_core::internal::{BaseUrl, Patience};

#[derive(Clone, Copy, Debug)]
struct ConnectTo(IpAddr);

/// Sends a request to the address of its server, if that has one of its own.
#[inline]
pub(crate) fn set_address<B>(request: &mut Request<B>, base: &BaseUrl) {
    let Some(address) = base.address() else { return };
    if let Some(context) = CallContext::of(request) {
        context.set_has_address();
    }
    request.extensions_mut().insert(ConnectTo(address));
}

/// Returns the address that a request goes to, without a search where there is none.
#[inline]
pub(crate) fn address_of<B>(request: &Request<B>, context: Option<&CallContext>) -> Option<IpAddr> {
    match context {
        Some(context) if !context.has_address() => None,
        _ => request.extensions().get::<ConnectTo>().map(|to| to.0),
    }
}

/// Marks a request that detects the version of a server, which has no context of its own.
#[derive(Clone, Copy, Debug)]
struct Detection {
    patience: Patience,
}

/// Marks a request as one that detects a version for a call.
pub(crate) fn set_detection<B>(request: &mut Request<B>, call: Option<&CallContext>) {
    let patience = call.map(CallContext::patience).unwrap_or_default();
    request.extensions_mut().insert(Detection { patience });
}

/// Returns whether a request without a context detects a version.
pub(crate) fn is_detection<B>(request: &Request<B>) -> bool {
    request.extensions().get::<Detection>().is_some()
}

/// Returns how long the request waits for a connection.
#[inline]
pub(crate) fn patience<B>(request: &Request<B>, context: Option<&CallContext>) -> Patience {
    match context {
        Some(context) => context.patience(),
        None => request.extensions().get::<Detection>().map(|found| found.patience).unwrap_or_default(),
    }
}
