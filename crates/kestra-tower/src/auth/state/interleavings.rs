//! The orders in which calls can come to the token, as loom finds them. A call that waits for ever would be a deadlock here.

use std::sync::atomic::{AtomicUsize, Ordering};

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::*;

/// A request that one of the calls makes itself, in place of a task.
#[derive(Clone)]
struct Request(Arc<(Mutex<Option<Credential>>, Condvar)>);

impl Running for Request {
    fn is_running(&self) -> bool {
        self.0.0.lock().unwrap().is_none()
    }
}

impl Request {
    fn new() -> Self {
        Self(Arc::new((Mutex::new(None), Condvar::new())))
    }

    fn end(&self, credential: Credential) {
        *self.0.0.lock().unwrap() = Some(credential);
        self.0.1.notify_all();
    }

    fn wait(&self) -> Credential {
        let mut result = self.0.0.lock().unwrap();
        loop {
            match &*result {
                Some(credential) => return credential.clone(),
                None => result = self.0.1.wait(result).unwrap(),
            }
        }
    }
}

/// A token whose source is counted.
#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<State<Request>>>,
    now: Instant,
    asked: std::sync::Arc<AtomicUsize>,
}

impl Shared {
    fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        Self { state, now: Instant::now(), asked: std::sync::Arc::default() }
    }

    fn keep(&self, number: usize) -> Credential {
        let header = HeaderValue::try_from(format!("Bearer {number}")).unwrap();
        self.state.lock().unwrap().keep(&Token::new("secret"), header, self.now)
    }

    /// Does as a provider: finds what the call needs, asks the source if nobody does, and waits.
    fn get(&self, need: Need) -> Credential {
        let mut started = None;
        let found = self.state.lock().unwrap().find(need, self.now, || {
            started = Some(Request::new());
            started.clone().unwrap()
        });
        if let Some(request) = started {
            let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            thread::yield_now();
            let credential = self.keep(number);
            request.end(credential);
        }
        match found {
            Found::Credential(credential) => credential,
            Found::Renewal(request) => request.wait(),
        }
    }

    /// Runs so many calls at the same time, and returns the numbers of their tokens.
    fn at_once(&self, count: usize, need: Need) -> Vec<u64> {
        let running: Vec<_> = (1..count)
            .map(|_| {
                let shared = self.clone();
                thread::spawn(move || shared.get(need).number)
            })
            .collect();
        let own = self.get(need).number;
        running.into_iter().map(|call| call.join().unwrap()).chain([own]).collect()
    }
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

#[test]
fn the_first_calls_have_the_source_asked_once() {
    model(|| {
        let shared = Shared::new();
        assert_eq!(shared.at_once(3, Need::Usable), [1; 3]);
        assert_eq!(shared.asked.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn calls_whose_token_was_refused_have_it_replaced_once() {
    model(|| {
        let shared = Shared::new();
        let refused = shared.keep(0).number;
        assert_eq!(shared.at_once(3, Need::InsteadOf(refused)), [2; 3]);
        assert_eq!(shared.asked.load(Ordering::Relaxed), 1);
    });
}
