//! The connections of a transport, and which of them a call gets.
//!
//! # Why it exists
//!
//! hyper-util's legacy client has a task for each connection and passes every call through a hash table, two boxed futures and
//! a `Host` header of its own: 12,700 instructions and 5 allocations a call above what `hyper::client::conn` takes. Here a call
//! drives its connection itself, and an idle connection is an entry in a list. So a small GET through the transport takes 0.79 of
//! the instructions that it takes through that client, and 7 allocations fewer.
//!
//! # What follows from that
//!
//! - A connection is allocated once, and the pool and the calls hand it to each other. Only a clean one comes back: its request is
//!   written, its response read, and the peer leaves it open. Dropping a call or a body closes its connection.
//! - A call polls an idle connection before it uses it. If it was closed, or something came that nobody asked for, it is dropped
//!   and the next one is tried. If it closes before the request is written, the request goes on a new connection, once; that is
//!   no attempt of its own.
//! - An upload goes on while the response, or its body, is polled, and stops while nobody does.
//! - A call that finds nothing idle opens a connection, and takes whichever comes first: that one, or one that another call
//!   frees. If it doesn't need its own, a short task finishes it for the next call.
//! - What the peer closes while it is idle is noticed by the next call, and at the latest by the reaper: a task on the runtime of
//!   the connections that holds neither.
//! - Connections belong to the runtime that opened them: its end closes them, and calls on other runtimes never get one.
//! - A connection of HTTP/2 is shared by all calls and driven by a task. While it isn't known yet whether a host speaks HTTP/2,
//!   calls wait for the first handshake.
//! - After a timeout or a reset, what lies idle is closed: it is as old, and probably as dead.

mod body;
mod call;
mod connect;
mod host;
mod http1;
#[cfg_attr(not(feature = "http2"), path = "no_http2.rs")]
mod http2;
mod lease;
mod observed;
mod reaper;
#[cfg_attr(not(feature = "http2"), allow(dead_code, reason = "only connections of HTTP/2 are shared"))]
mod state;
#[cfg(test)]
mod tests;
mod wait;

use std::net::IpAddr;
use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, Uri};
use hyper::client::conn::http1::Builder;
use kestra_core::{Error, ErrorKind, Observer};
use tokio::runtime::Handle;

pub(crate) use body::PooledBody;
pub(crate) use call::Call;
use host::{Host, Hosts};
pub(crate) use state::Limits;

use super::connector::Connector;
use super::upload::RequestBody;

pub(crate) struct Pool {
    connector: Connector,
    http1: Builder,
    limits: Limits,
    hosts: Hosts,
    observer: Option<Observer>,
}

impl Pool {
    pub(crate) fn new(
        connector: Connector,
        http1: Builder,
        limits: Limits,
        observer: Option<Observer>,
    ) -> Self {
        Self { connector, http1, limits, hosts: Hosts::new(), observer }
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A call with this request, to one address of its host if the request is for one; a private call has a connection of its own.
    pub(crate) fn call(request: Request<RequestBody>, address: Option<IpAddr>, is_private: bool) -> Call {
        Call::new(request, address, is_private)
    }

    fn host_of(&self, uri: &Uri, address: Option<IpAddr>) -> Result<Arc<Host>, Error> {
        let runtime = Handle::try_current().map_err(|problem| {
            Error::from_source(ErrorKind::Service, problem).with_message("a call needs a tokio runtime")
        })?;
        let may_share = self.connector.offers_http2() && uri.scheme() == Some(&Scheme::HTTPS);
        self.hosts
            .of(uri, address, &runtime, self.limits, may_share)
            .map_err(|_| Error::new(ErrorKind::Server, "the URL of the request names no host"))
    }
}
