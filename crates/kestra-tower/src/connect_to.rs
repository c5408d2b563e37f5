//! Where a request is to be connected to, as the members of a cluster say.

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

/// Marks a request that has no context, if another server can take its place.
#[derive(Clone, Copy, Debug)]
struct HasOther;

/// Marks a request for the detection of a server's version, if another member of the cluster works.
pub(crate) fn set_has_other<B>(request: &mut Request<B>, call: Option<&CallContext>) {
    if call.is_some_and(CallContext::has_sound_member) {
        request.extensions_mut().insert(HasOther);
    }
}

/// Returns whether the request may give up a connection soon, since another member of the cluster works.
#[inline]
pub(crate) fn has_other<B>(request: &Request<B>, context: Option<&CallContext>) -> bool {
    match context {
        Some(context) => context.has_sound_member(),
        None => request.extensions().get::<HasOther>().is_some(),
    }
}
