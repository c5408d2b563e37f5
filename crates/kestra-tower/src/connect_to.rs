//! The address that a request goes to, if the name of its server has several.

use std::net::IpAddr;

use http::Request;
use kestra_core::CallContext;
use kestra_core::internal::BaseUrl;

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
