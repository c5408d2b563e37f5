//! The steps of a connection, which timeouts tell apart.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use kestra_core::internal::Steps;
use kestra_core::{Error, ErrorKind, TimeoutPhase};

/// A step of a connection.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Dns,
    Tcp,
    Proxy,
    Tls,
}

impl Step {
    const ALL: [Self; 4] = [Self::Dns, Self::Tcp, Self::Proxy, Self::Tls];

    pub(super) fn phase(self) -> TimeoutPhase {
        match self {
            Self::Dns => TimeoutPhase::Dns,
            Self::Tcp => TimeoutPhase::Connect,
            Self::Proxy => TimeoutPhase::Proxy,
            Self::Tls => TimeoutPhase::Tls,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dns => "resolving the name",
            Self::Tcp => "opening a TCP connection",
            Self::Proxy => "reaching the proxy",
            Self::Tls => "the TLS handshake",
        }
    }

    fn limit(self, limits: Steps) -> Option<Duration> {
        match self {
            Self::Dns => limits.dns,
            Self::Tcp => limits.tcp,
            Self::Proxy => limits.proxy,
            Self::Tls => limits.tls,
        }
    }
}

/// How far a connection has come. The timeout of the whole connection reads which step it ended.
pub(super) struct Progress {
    limits: Steps,
    step: AtomicU8,
}

impl Progress {
    pub(super) fn new(limits: Steps) -> Self {
        Self { limits, step: AtomicU8::new(Step::Tcp as u8) }
    }

    /// Runs a step within its timeout, if it has one.
    pub(super) async fn run<T, E: From<Error>>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.step.store(step as u8, Ordering::Relaxed);
        let Some(limit) = step.limit(self.limits) else { return work.await };
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            let message = format!("{} took longer than {limit:?}", step.name());
            Err(Error::new(ErrorKind::Timeout(step.phase()), message).into())
        })
    }

    /// Returns the step that the connection is in.
    pub(super) fn step(&self) -> Step {
        let now = usize::from(self.step.load(Ordering::Relaxed));
        Step::ALL.get(now).copied().unwrap_or(Step::Tcp)
    }
}
