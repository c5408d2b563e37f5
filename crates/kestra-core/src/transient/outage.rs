//! One question for all calls of a client that wait for the same server.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::backoff::Backoff;
use crate::options::CallOptions;

/// For how long a server that answered is taken to be there.
const FRESH: Duration = Duration::from_secs(1);

/// How long a question and the pause after it take at most. Then another call asks, since one that is kept but not polled
/// must not hold up the others.
const TURN: Duration = Duration::from_secs(25);

/// The longest pause after the server is there again, so that the calls don't all come at once.
const SPREAD: Duration = Duration::from_secs(1);

/// The outages of a client's servers; clones share them.
///
/// If each call that outlasts an outage asked the server again and again by itself, the load on a server that is down would
/// grow with the number of calls. Here one of them asks whether the server is there, and the others wait for the answer
/// without sending anything.
#[derive(Clone, Default)]
pub struct Outages(Arc<Mutex<Vec<Arc<Gate>>>>);

/// One server.
struct Gate {
    /// Options that select the server.
    server: CallOptions,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The call that asks, by its number, and until when the others wait for it.
    turn: Option<(u64, Instant)>,
    turns: u64,
    /// When the server was found to be there.
    answered: Option<Instant>,
    /// When it may be asked again, and the pauses between questions: calls that give up hand on both.
    next: Option<Instant>,
    backoff: Backoff,
}

/// What a call finds at the gate.
enum Entry<'a> {
    /// The server is there.
    Open,
    /// This call is the one that asks.
    Turn(Turn<'a>),
    /// Another call asks.
    Taken(Instant),
}

/// The right to ask; dropped, the next call gets it.
struct Turn<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Outages {
    /// Waits until the server that these options select is there, and returns whether that was so within the limit.
    ///
    /// `is_there` is called by one waiting call at a time, with pauses that grow to 10 s.
    pub(super) async fn wait<F: Future<Output = bool>>(
        &self,
        options: &CallOptions,
        limit: Duration,
        is_there: impl FnMut() -> F,
    ) -> bool {
        let gate = self.gate(options);
        timeout(limit, gate.pass(is_there)).await.is_ok()
    }

    fn gate(&self, options: &CallOptions) -> Arc<Gate> {
        let mut gates = lock(&self.0);
        if let Some(gate) = gates.iter().find(|gate| gate.server.selects_server_of(options)) {
            return Arc::clone(gate);
        }
        // A gate at which nobody waits may be forgotten.
        gates.retain(|gate| Arc::strong_count(gate) > 1);
        let gate = Gate { server: options.clone(), state: Mutex::default(), changed: Notify::new() };
        Arc::clone(gates.push_mut(Arc::new(gate)))
    }
}

impl Gate {
    async fn pass<F: Future<Output = bool>>(&self, mut is_there: impl FnMut() -> F) {
        let mut has_waited = false;
        loop {
            // Registered before the state is read, so that no change in between is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.enter() {
                Entry::Open => break,
                Entry::Turn(turn) => {
                    loop {
                        sleep_until(turn.begin()).await;
                        // Given up before it has an answer, the next call doesn't ask at once.
                        turn.put_off();
                        if is_there().await {
                            break;
                        }
                    }
                    turn.open();
                    break;
                }
                Entry::Taken(until) => {
                    has_waited = true;
                    // Either way the state tells what is next.
                    let _ = timeout_at(until, changed).await;
                }
            }
        }
        if has_waited {
            sleep(SPREAD.mul_f64(fastrand::f64())).await;
        }
    }

    fn enter(&self) -> Entry<'_> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if state.answered.is_some_and(|answered| now.duration_since(answered) < FRESH) {
            return Entry::Open;
        }
        if let Some((_, until)) = state.turn.filter(|(_, until)| *until > now) {
            return Entry::Taken(until);
        }
        if state.next.is_some_and(|next| now.duration_since(next) > TURN) {
            // Nobody has waited for a while: this is another outage.
            state.next = None;
            state.backoff.reset();
        }
        state.turns += 1;
        let number = state.turns;
        state.turn = Some((number, now + TURN));
        Entry::Turn(Turn { gate: self, number })
    }
}

impl State {
    /// Puts the question after the one that is asked now off. One call asks for all, so the pause needs little jitter.
    fn pause(&mut self) {
        let limit = self.backoff.next_limit();
        self.next = Some(Instant::now() + limit.mul_f64(1.0 - 0.25 * fastrand::f64()));
    }
}

impl Turn<'_> {
    /// When to ask; the others wait for the answer a while longer.
    fn begin(&self) -> Instant {
        let mut state = lock(&self.gate.state);
        let now = Instant::now();
        if let Some((number, until)) = &mut state.turn
            && *number == self.number
        {
            *until = now + TURN;
        }
        state.next.map_or(now, |next| next.max(now))
    }

    fn put_off(&self) {
        lock(&self.gate.state).pause();
    }

    fn open(self) {
        let mut state = lock(&self.gate.state);
        state.answered = Some(Instant::now());
        state.next = None;
        state.backoff.reset();
        drop(state);
        self.gate.changed.notify_waiters();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.gate.state);
        if state.turn.is_some_and(|(number, _)| number == self.number) {
            state.turn = None;
            self.gate.changed.notify_one();
        }
    }
}

impl fmt::Debug for Outages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outages").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(600);

    /// A server that is there from a moment on, and counts how often that is asked.
    struct Asked {
        from: Instant,
        times: AtomicU32,
    }

    impl Asked {
        fn after(outage: Duration) -> Arc<Self> {
            Arc::new(Self { from: Instant::now() + outage, times: AtomicU32::new(0) })
        }

        fn is_there(&self) -> std::future::Ready<bool> {
            self.times.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Instant::now() >= self.from)
        }

        async fn wait(&self, outages: &Outages, limit: Duration) -> bool {
            outages.wait(&CallOptions::new(), limit, || self.is_there()).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_asks_for_all_and_they_go_on_spread_over_a_second() {
        let (outages, server) = (Outages::default(), Asked::after(Duration::from_secs(60)));
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
        assert!(spread > SPREAD / 2 && spread <= SPREAD * 2, "{spread:?}");
        assert!(last.duration_since(server.from) < Duration::from_secs(12));
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_keeps_its_own_limit_and_the_next_one_does_not_ask_at_once() {
        let (outages, server) = (Outages::default(), Asked::after(Duration::from_secs(300)));
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
        assert!(server.times.load(Ordering::Relaxed) < 40, "{:?}", server.times);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_kept_and_not_polled_holds_nobody_up_for_long() {
        let (outages, server) = (Outages::default(), Asked::after(Duration::from_secs(5)));
        let mut kept = Box::pin(server.wait(&outages, LIMIT));
        assert!(tokio::time::timeout(Duration::from_millis(10), kept.as_mut()).await.is_err());
        let begun = Instant::now();
        assert!(server.wait(&outages, LIMIT).await);
        assert!(begun.elapsed() <= TURN + SPREAD, "{:?}", begun.elapsed());
        assert!(kept.await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_hands_on_its_turn() {
        let (outages, server) = (Outages::default(), Asked::after(Duration::from_secs(5)));
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
        let (down, up) = (Asked::after(LIMIT), Asked::after(Duration::ZERO));
        let other = CallOptions::new().server_index(1);
        let waiting = down.wait(&outages, Duration::from_secs(30));
        let going_on = outages.wait(&other, LIMIT, || up.is_there());
        let begun = Instant::now();
        let (waited, went_on) = tokio::join!(waiting, async { (going_on.await, begun.elapsed()) });
        assert_eq!((waited, went_on), (false, (true, Duration::ZERO)));
    }
}
