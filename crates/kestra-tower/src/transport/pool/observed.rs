//! What an observer is told of connections.

use kestra_core::{ClientEvent, ConnectionChange, Observer, ServerAddress};
use std::time::Duration;

use super::host::Host;

/// The observer of one open connection. Dropping it with the connection reports that it is closed.
pub(super) struct ObservedConnection {
    observer: Observer,
    host: Box<str>,
    port: u16,
    is_idle: bool,
}

impl ObservedConnection {
    /// Reports that a connection was opened, if there is an observer. It is boxed, since most connections have none.
    pub(super) fn opened(observer: Option<Observer>, host: &str, port: u16) -> Option<Box<Self>> {
        let observed = Self { observer: observer?, host: Box::from(host), port, is_idle: false };
        observed.tell(ConnectionChange::Opened);
        Some(Box::new(observed))
    }

    /// Reports that a call took the connection or gave it back, unless it had done so before.
    pub(super) fn set_idle(&mut self, is_idle: bool) {
        if self.is_idle != is_idle {
            self.is_idle = is_idle;
            self.tell(if is_idle { ConnectionChange::Idle } else { ConnectionChange::Reused });
        }
    }

    fn tell(&self, change: ConnectionChange) {
        let server = ServerAddress::new(&self.host, self.port);
        self.observer.tell(&ClientEvent::Connection { server, change });
    }
}

impl Drop for ObservedConnection {
    fn drop(&mut self) {
        self.tell(ConnectionChange::Closed { was_idle: self.is_idle });
    }
}

/// Reports how long a call waited for a connection.
pub(super) fn tell_wait(observer: &Observer, host: &Host, waited: Duration) {
    let (host, port) = host.address();
    observer.tell(&ClientEvent::PoolWait { server: ServerAddress::new(host, port), waited });
}
