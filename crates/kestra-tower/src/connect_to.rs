//! What the server layer says of a request to the layers below.

use std::net::IpAddr;

use http::Request;
use kestra_core::CallContext;
use kestra_core::internal::{BaseUrl, ConnectWait};

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
    connect_wait: ConnectWait,
}

/// Marks a request as one that detects a version for a call.
pub(crate) fn set_detection<B>(request: &mut Request<B>, call: Option<&CallContext>) {
    let connect_wait = call.map(CallContext::connect_wait).unwrap_or_default();
    request.extensions_mut().insert(Detection { connect_wait });
}

/// Returns whether a request without a context detects a version.
pub(crate) fn is_detection<B>(request: &Request<B>) -> bool {
    request.extensions().get::<Detection>().is_some()
}

/// Returns how long the request waits for a connection.
#[inline]
pub(crate) fn connect_wait<B>(request: &Request<B>, context: Option<&CallContext>) -> ConnectWait {
    match context {
        Some(context) => context.connect_wait(),
        None => request.extensions().get::<Detection>().map(|found| found.connect_wait).unwrap_or_default(),
    }
}
