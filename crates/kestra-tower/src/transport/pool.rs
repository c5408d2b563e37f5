//! The connections of a transport.

use std::sync::{Arc, PoisonError, RwLock};

use http::Request;
use hyper_util::client::legacy;
use kestra_core::{CallContext, RequestSent};

use super::connector::Connector;
use super::upload::RequestBody;

type Client = legacy::Client<Connector, RequestBody>;

/// A connection pool that can be replaced by an empty one.
///
/// A connection may die silently, such as when a firewall forgets it. The idle connections beside it are mostly dead as
/// well, so none of them is used again after a timeout.
pub(crate) struct Pool {
    builder: legacy::Builder,
    connector: Connector,
    current: RwLock<(Client, Generation)>,
}

/// The number of pools that were replaced before this one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Generation(u32);

/// Replaces the pool of a request if the request ends with a timeout.
pub(crate) struct PoolWatch {
    pool: Arc<Pool>,
    generation: Generation,
    context: Option<CallContext>,
    /// Whether an earlier attempt had been sent when this one began.
    sent_before: RequestSent,
}

impl Pool {
    pub(crate) fn new(builder: legacy::Builder, connector: Connector) -> Self {
        let client = builder.build(connector.clone());
        Self { builder, connector, current: RwLock::new((client, Generation(0))) }
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// Returns a watch for a request that is about to be sent.
    pub(crate) fn watch(self: &Arc<Self>, context: Option<CallContext>) -> PoolWatch {
        let generation = self.current.read().unwrap_or_else(PoisonError::into_inner).1;
        PoolWatch::new(self, generation, context)
    }

    /// Sends a request: on a new connection if an early error would make the server hang on one that was used before, with an
    /// empty pool if the call had a timeout before.
    pub(crate) fn send(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        context: Option<CallContext>,
    ) -> (legacy::ResponseFuture, PoolWatch) {
        if context.as_ref().is_some_and(CallContext::take_timed_out) {
            let generation = self.current.read().unwrap_or_else(PoisonError::into_inner).1;
            self.exchange(generation);
        }
        let has_early_error =
            context.as_ref().and_then(CallContext::operation).is_some_and(|operation| operation.early_error);
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let watch = PoolWatch::new(self, current.1, context);
        let response = match has_early_error {
            // A new pool for this request only, which is dropped with it.
            true => self.builder.build::<_, RequestBody>(self.connector.clone()).request(request),
            false => current.0.request(request),
        };
        (response, watch)
    }

    /// Replaces the pool of a generation by an empty one, unless it was replaced already.
    ///
    /// Requests that are under way keep their connections, and these are closed after them.
    fn exchange(&self, generation: Generation) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.1 == generation {
            tracing::debug!(target: "kestra::pool", "idle connections are dropped after a timeout");
            *current = (self.builder.build(self.connector.clone()), Generation(generation.0.wrapping_add(1)));
        }
    }
}

impl PoolWatch {
    fn new(pool: &Arc<Pool>, generation: Generation, context: Option<CallContext>) -> Self {
        let sent_before = context.as_ref().map_or(RequestSent::No, |context| context.sent().get());
        Self { pool: Arc::clone(pool), generation, context, sent_before }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn sent_before(&self) -> RequestSent {
        self.sent_before
    }

    pub(crate) fn context(&self) -> Option<&CallContext> {
        self.context.as_ref()
    }

    /// Records that the transport itself ended the request because of the idle timeout.
    pub(crate) fn expired(&self) {
        self.pool.exchange(self.generation);
    }
}

impl Drop for PoolWatch {
    fn drop(&mut self) {
        if self.context.as_ref().is_some_and(CallContext::take_timed_out) {
            self.pool.exchange(self.generation);
        }
    }
}
