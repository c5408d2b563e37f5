//! One shared probe for all calls of a client that wait for the same server.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::backoff::Backoff;
use crate::options::CallOptions;

/// For how long a server counts as reachable after a response.
const REACHABLE_FOR: Duration = Duration::from_secs(1);

/// How long a probe and the pause before it take at most. After that another call probes: the runtime of the first may exist
/// without being polled.
const PROBE_LIMIT: Duration = Duration::from_secs(25);

/// The longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_secs(6);

/// The longest pause after the server is reachable again, so that the calls aren't sent all at once.
const RECOVERY_SPREAD: Duration = Duration::from_secs(1);

/// Probes once whether the server is reachable.
pub(super) type Probe = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// The outages of a client's servers; clones share them.
///
/// If each call that outlasts an outage probed the server by itself, the load on a server that is down would
/// grow with the number of calls. Here one task probes whether the server is reachable, as long as calls wait for that, and
/// the calls send nothing.
#[derive(Clone, Default)]
pub struct Outages(Arc<Mutex<Vec<Arc<Gate>>>>);

/// One server.
struct Gate {
    /// Options that select the server.
    server: CallOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many calls wait.
    waiting: usize,
    /// The task that probes, and until when to wait for it.
    task: Option<(ProbeTask, Instant)>,
    /// When the server was last found reachable.
    answered: Option<Instant>,
    /// When the next probe may be sent, and the pauses between probes; both outlive the task.
    next: Option<Instant>,
    backoff: Backoff,
}

/// A task that probes. It lets calls go on in the order in which they came, which a `watch` channel would not.
#[derive(Clone)]
struct ProbeTask(Arc<Semaphore>);

/// Belongs to the task. Dropping it ends the waits for the task.
struct TaskEnd(ProbeTask);

/// A call that waits.
struct Waiting<'a>(&'a Gate);

impl Outages {
    /// Waits until the server that these options select is reachable, and returns whether it was within the limit.
    pub(super) async fn wait(&self, options: &CallOptions, limit: Duration, probe: Probe) -> bool {
        let gate = self.gate(options);
        timeout(limit, gate.pass(probe)).await.is_ok()
    }

    fn gate(&self, options: &CallOptions) -> Arc<Gate> {
        let mut gates = lock(&self.0);
        if let Some(gate) = gates.iter().find(|gate| gate.server.selects_server_of(options)) {
            return Arc::clone(gate);
        }
        // A gate at which nobody waits may be forgotten.
        gates.retain(|gate| Arc::strong_count(gate) > 1);
        let gate = Arc::new(Gate { server: options.clone(), state: Mutex::default() });
        gates.push(Arc::clone(&gate));
        gate
    }
}

impl Gate {
    async fn pass(self: &Arc<Self>, probe: Probe) {
        let mut probe = Some(probe);
        let mut has_waited = false;
        let _waiting = Waiting::at(self);
        while let Some((task, until)) = self.task(&mut probe, &mut has_waited) {
            // Whether the task ends or is late, the next step depends on the state.
            let _ = timeout_at(until, task.ended()).await;
        }
        if has_waited {
            sleep(RECOVERY_SPREAD.mul_f64(fastrand::f64())).await;
        }
    }

    /// Returns the task that probes, started if there is none, and until when to wait for it; `None` if the server is reachable.
    ///
    /// A call starts one task at most; another call starts the next if that task is gone.
    fn task(
        self: &Arc<Self>,
        probe: &mut Option<Probe>,
        has_waited: &mut bool,
    ) -> Option<(ProbeTask, Instant)> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if state.answered.is_some_and(|answered| now.duration_since(answered) < REACHABLE_FOR) {
            return None;
        }
        if let Some((task, until)) = state.task.as_ref().filter(|(_, until)| *until > now)
            && !task.has_ended()
        {
            *has_waited = true;
            return Some((task.clone(), *until));
        }
        if state.next.is_some_and(|next| now.duration_since(next) > PROBE_LIMIT) {
            // Nobody has waited for a while: this is another outage.
            state.next = None;
            state.backoff.reset();
        }
        let (probe, runtime) = (probe.take()?, Handle::try_current().ok()?);
        let task = ProbeTask(Arc::new(Semaphore::new(0)));
        runtime.spawn(Arc::clone(self).probe(probe, TaskEnd(task.clone())));
        state.task = Some((task, now + PROBE_LIMIT));
        state.task.clone()
    }

    /// Probes until the server is reachable, or no call waits for it any more.
    async fn probe(self: Arc<Self>, probe: Probe, end: TaskEnd) {
        while let Some(begin) = self.begin(&end.0) {
            sleep_until(begin).await;
            if !self.put_off() {
                return;
            }
            if probe().await {
                let mut state = lock(&self.state);
                state.answered = Some(Instant::now());
                state.next = None;
                state.backoff.reset();
                return;
            }
        }
    }

    /// Returns when the task probes, or `None` if another one has taken over; extends the time to wait for it.
    fn begin(&self, task: &ProbeTask) -> Option<Instant> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let (current, until) = state.task.as_mut()?;
        if !current.is_same(task) {
            return None;
        }
        *until = now + PROBE_LIMIT;
        Some(state.next.map_or(now, |next| next.max(now)))
    }

    /// Returns whether calls still wait, and postpones the next probe if so. One task probes for all calls, so the pause needs
    /// little jitter.
    fn put_off(&self) -> bool {
        let mut state = lock(&self.state);
        if state.waiting == 0 {
            return false;
        }
        let limit = state.backoff.next_limit().min(LONGEST_PAUSE);
        state.next = Some(Instant::now() + limit.mul_f64(1.0 - 0.25 * fastrand::f64()));
        true
    }
}

impl ProbeTask {
    async fn ended(&self) {
        // There are no permits, so this ends when the semaphore is closed.
        let _ = self.0.acquire().await;
    }

    fn has_ended(&self) -> bool {
        self.0.is_closed()
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Drop for TaskEnd {
    fn drop(&mut self) {
        self.0.0.close();
    }
}

impl<'a> Waiting<'a> {
    fn at(gate: &'a Gate) -> Self {
        lock(&gate.state).waiting += 1;
        Self(gate)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).waiting -= 1;
    }
}

crate::debug_fields! { Outages, _ => {} }

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(600);

    /// A server that becomes reachable at some time, and counts the probes.
    struct ProbedServer {
        from: Instant,
        times: AtomicU32,
    }

    impl ProbedServer {
        fn after(outage: Duration) -> Arc<Self> {
            Arc::new(Self { from: Instant::now() + outage, times: AtomicU32::new(0) })
        }

        fn is_there(&self) -> std::future::Ready<bool> {
            self.times.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Instant::now() >= self.from)
        }

        fn probe(self: &Arc<Self>) -> Probe {
            let server = Arc::clone(self);
            Box::new(move || Box::pin(server.is_there()))
        }

        async fn wait(self: &Arc<Self>, outages: &Outages, limit: Duration) -> bool {
            outages.wait(&CallOptions::new(), limit, self.probe()).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_asks_for_all_and_they_go_on_spread_over_a_second() {
        let (outages, server) = (Outages::default(), ProbedServer::after(Duration::from_secs(60)));
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..1000 {
            let (outages, server) = (outages.clone(), Arc::clone(&server));
            waiting.spawn(async move {
                assert!(server.wait(&outages, LIMIT).await);
                Instant::now()
            });
        }
        let ends = waiting.join_all().await;
        let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
        assert!(server.times.load(Ordering::Relaxed) < 20, "{:?}", server.times);
        let spread = last.duration_since(*first);
        assert!(spread > RECOVERY_SPREAD / 2 && spread <= RECOVERY_SPREAD * 2, "{spread:?}");
        assert!(last.duration_since(server.from) < Duration::from_secs(8));
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_keeps_its_own_limit_and_the_next_one_does_not_ask_at_once() {
        let (outages, server) = (Outages::default(), ProbedServer::after(Duration::from_secs(300)));
        let mut waiting = tokio::task::JoinSet::new();
        let begun = Instant::now();
        for seconds in 1..=200 {
            let (outages, server) = (outages.clone(), Arc::clone(&server));
            waiting.spawn(async move {
                assert!(!server.wait(&outages, Duration::from_secs(seconds)).await);
                assert_eq!(begun.elapsed().as_secs(), seconds);
            });
        }
        waiting.join_all().await;
        assert!(server.times.load(Ordering::Relaxed) < 60, "{:?}", server.times);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_kept_and_not_polled_holds_nobody_up() {
        let (outages, server) = (Outages::default(), ProbedServer::after(Duration::from_secs(5)));
        let mut kept = Box::pin(server.wait(&outages, LIMIT));
        assert!(tokio::time::timeout(Duration::from_millis(10), kept.as_mut()).await.is_err());
        let begun = Instant::now();
        assert!(server.wait(&outages, LIMIT).await);
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        assert!(kept.await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_hands_on_its_turn() {
        let (outages, server) = (Outages::default(), ProbedServer::after(Duration::from_secs(5)));
        let mut dropped = Box::pin(server.wait(&outages, LIMIT));
        assert!(tokio::time::timeout(Duration::from_secs(1), dropped.as_mut()).await.is_err());
        drop(dropped);
        let begun = Instant::now();
        assert!(server.wait(&outages, LIMIT).await);
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn servers_are_told_apart() {
        let outages = Outages::default();
        let (down, up) = (ProbedServer::after(LIMIT), ProbedServer::after(Duration::ZERO));
        let other = CallOptions::new().server_index(1);
        let waiting = down.wait(&outages, Duration::from_secs(30));
        let going_on = outages.wait(&other, LIMIT, up.probe());
        let begun = Instant::now();
        let (waited, went_on) = tokio::join!(waiting, async { (going_on.await, begun.elapsed()) });
        assert_eq!((waited, went_on), (false, (true, Duration::ZERO)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_when_nobody_waits_any_more() {
        let (outages, server) = (Outages::default(), ProbedServer::after(LIMIT));
        assert!(!server.wait(&outages, Duration::from_secs(30)).await);
        let asked = server.times.load(Ordering::Relaxed);
        sleep(LIMIT * 2).await;
        assert_eq!(server.times.load(Ordering::Relaxed), asked);
    }

    #[test]
    fn a_runtime_that_is_gone_holds_nobody_up() {
        let runtime =
            || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let outages = Outages::default();
        let first = runtime().unwrap();
        let server = first.block_on(async { ProbedServer::after(Duration::from_millis(1)) });
        let mut waiting = Box::pin(server.wait(&outages, LIMIT));
        assert!(first.block_on(async { timeout(Duration::ZERO, waiting.as_mut()).await }).is_err());
        drop(first);
        let second = runtime().unwrap();
        let there = second.block_on(async { ProbedServer::after(Duration::ZERO) });
        assert!(second.block_on(there.wait(&outages, LIMIT)));
    }
}
