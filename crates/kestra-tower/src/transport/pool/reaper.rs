//! The task that closes idle connections of a host in time.

use std::sync::Weak;

use tokio::time::{Instant, sleep_until};

use super::host::Host;
use super::http1::Http1;

/// Sweeps at this time, and as long as it finds something idle. It holds neither the pool nor its runtime.
pub(super) fn reap(host: Weak<Host>, first: Instant) -> impl Future<Output = ()> + Send + 'static {
    // Made here, so that it is there too if the task is dropped before it is polled.
    let mut runtime = OfRuntime(host);
    async move {
        let mut next = Some(first);
        while let Some(time) = next {
            sleep_until(time).await;
            next = runtime.sweep();
        }
        runtime.leave();
    }
}

/// Closes what is idle when the task is dropped with its runtime: nobody could use those connections any more.
struct OfRuntime(Weak<Host>);

impl OfRuntime {
    /// Ends the task in good order.
    fn leave(&mut self) {
        self.0 = Weak::new();
    }

    fn sweep(&self) -> Option<Instant> {
        self.0.upgrade()?.with(|state, effects| state.sweep(Instant::now(), Http1::is_open, effects))
    }
}

impl Drop for OfRuntime {
    fn drop(&mut self) {
        if let Some(host) = self.0.upgrade() {
            host.end();
        }
    }
}
