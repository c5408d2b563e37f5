//! The wait for a connection.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use kestra_core::Error;
use kestra_core::internal::ConnectWait;
use sync_wrapper::SyncWrapper;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::Pool;
use super::connect::{Connecting, NewConnection, connect, finish_for_others};
use super::host::Host;
use super::http1::Http1;
#[cfg(feature = "http2")]
use super::http2::Sender;
use super::observed::tell_wait;
#[cfg(feature = "http2")]
use super::state::SharedHandle;
use super::state::{Available, Delivery, Ticket};

/// How long a connection may be idle before its runtime is let look at it: a close may have come that the runtime doesn't know
/// of yet, as when a program blocks between two calls.
const UNSEEN: Duration = Duration::from_millis(50);

/// A connection for a call.
pub(super) enum Acquired {
    Http1 {
        connection: Http1,
        is_reused: bool,
    },
    #[cfg(feature = "http2")]
    Http2(SharedHandle<Sender>),
}

/// What a call waits for, if it finds no connection at once.
pub(super) struct Wait {
    host: Arc<Host>,
    /// An idle connection that the runtime is to look at first.
    unseen: Option<Http1>,
    /// The place in the queue for a connection that another call frees.
    ticket: Option<Ticket>,
    connecting: Option<SyncWrapper<Connecting>>,
    /// When the wait began, if anybody observes it.
    since: Option<Instant>,
}

/// What a call wants of a connection.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// Whether it has to be a new one.
    pub(super) skips_idle: bool,
    /// How long the call waits for a new one.
    pub(super) connect_wait: ConnectWait,
}

/// Returns a connection to a host: an idle one unless the call skips these, else the one that comes first of those that other calls
/// free and the one that is opened meanwhile.
pub(super) fn poll_connection(
    pool: &Pool,
    host: &Arc<Host>,
    wait: &mut Option<Box<Wait>>,
    wish: Wish,
    cx: &mut Context<'_>,
) -> Poll<Result<Acquired, Error>> {
    loop {
        if let Some(waiting) = wait {
            let found = match waiting.unseen.take() {
                Some(connection) => checked(connection).map(Ok),
                None => Some(ready!(waiting.poll(pool, wish, cx))),
            };
            let since = waiting.since;
            *wait = None;
            match found {
                Some(found) => return Poll::Ready(found.inspect(|_| found_after(pool, host, since))),
                None => continue,
            }
        }
        if wish.skips_idle {
            let connecting = Some(SyncWrapper::new(connect(pool, host, wish.connect_wait)));
            *wait = Some(Wait::new(pool, host, None, None, connecting));
            continue;
        }
        let taken = host.with(|state, effects| match state.take(Instant::now(), effects) {
            Some(taken) => Ok(taken),
            None => Err(state.wait()),
        });
        match taken {
            Ok(Available::Idle { connection, idle_for }) if idle_for < UNSEEN => {
                if let Some(found) = checked(connection) {
                    found_after(pool, host, None);
                    return Poll::Ready(Ok(found));
                }
            }
            Ok(Available::Idle { connection, .. }) => {
                *wait = Some(Wait::new(pool, host, Some(connection), None, None));
                // It wakes this call once the runtime has looked at its sockets.
                let _ = pin!(yield_now()).poll(cx);
                return Poll::Pending;
            }
            #[cfg(feature = "http2")]
            Ok(Available::Shared(lent)) => {
                found_after(pool, host, None);
                return Poll::Ready(Ok(Acquired::Http2(lent)));
            }
            #[cfg(not(feature = "http2"))]
            Ok(Available::Shared(lent)) => match lent.handle {},
            Err(ticket) => *wait = Some(Wait::new(pool, host, None, Some(ticket), None)),
        }
    }
}

/// A connection that was idle, unless it was closed or something came on it that nobody asked for.
fn checked(mut connection: Http1) -> Option<Acquired> {
    connection.is_open().then(|| reused(connection))
}

fn reused(mut connection: Http1) -> Acquired {
    connection.set_idle(false);
    Acquired::Http1 { connection, is_reused: true }
}

/// Tells the observer, if there is one, how long a call waited for a connection.
fn found_after(pool: &Pool, host: &Host, since: Option<Instant>) {
    if let Some(observer) = &pool.observer {
        tell_wait(observer, host, since.map_or(Duration::ZERO, |since| since.elapsed()));
    }
}

impl Wait {
    fn new(
        pool: &Pool,
        host: &Arc<Host>,
        unseen: Option<Http1>,
        ticket: Option<Ticket>,
        connecting: Option<SyncWrapper<Connecting>>,
    ) -> Box<Self> {
        let since = pool.observer.is_some().then(Instant::now);
        Box::new(Self { host: Arc::clone(host), unseen, ticket, connecting, since })
    }

    fn poll(&mut self, pool: &Pool, wish: Wish, cx: &mut Context<'_>) -> Poll<Result<Acquired, Error>> {
        if let Some(ticket) = self.ticket {
            match self.host.with(|state, effects| state.poll(ticket, cx.waker(), effects)) {
                Poll::Ready(Delivery::Freed(connection)) => {
                    return Poll::Ready(Ok(self.given(reused(connection))));
                }
                #[cfg(feature = "http2")]
                Poll::Ready(Delivery::Shared(lent)) => {
                    return Poll::Ready(Ok(self.given(Acquired::Http2(lent))));
                }
                #[cfg(not(feature = "http2"))]
                Poll::Ready(Delivery::Shared(lent)) => match lent.handle {},
                Poll::Ready(Delivery::Connect) => {
                    self.connecting = Some(SyncWrapper::new(connect(pool, &self.host, wish.connect_wait)));
                }
                Poll::Pending => {}
            }
        }
        let Some(connecting) = &mut self.connecting else { return Poll::Pending };
        let opened = ready!(connecting.get_mut().as_mut().poll(cx));
        self.connecting = None;
        Poll::Ready(self.opened(opened))
    }

    /// Another call's connection came first.
    fn given(&mut self, found: Acquired) -> Acquired {
        self.ticket = None;
        if let Some(connecting) = self.connecting.take() {
            finish_for_others(&self.host, connecting.into_inner());
        }
        found
    }

    /// The new connection came first, or failed.
    fn opened(&mut self, opened: Result<NewConnection, Error>) -> Result<Acquired, Error> {
        let Some(ticket) = self.ticket.take() else {
            return opened.map(|opened| match opened {
                NewConnection::Http1(connection) => Acquired::Http1 { connection, is_reused: false },
                #[cfg(feature = "http2")]
                NewConnection::Http2(sender) => Acquired::Http2(SharedHandle::private(sender)),
            });
        };
        let now = Instant::now();
        self.host.with(|state, effects| {
            let found = match opened {
                Ok(NewConnection::Http1(connection)) => {
                    state.set_exclusive(effects);
                    Ok(Acquired::Http1 { connection, is_reused: false })
                }
                #[cfg(feature = "http2")]
                Ok(NewConnection::Http2(sender)) => Ok(Acquired::Http2(state.share(sender, now, effects))),
                Err(error) => {
                    state.connect_failed(ticket, effects);
                    Err(error)
                }
            };
            state.leave(ticket, now, effects);
            found
        })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.host.with(|state, effects| state.leave(ticket, Instant::now(), effects));
        }
    }
}
