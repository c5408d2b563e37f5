//! Which faults a request meets.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use http::Method;
use tokio::sync::watch;

use super::fault::{Cut, FalseEnd, Fault, Kind};
use super::shutdown::Shutdown;
use crate::app::lock;
use crate::http::{Reply, ReplyBody, status_of};
use crate::pattern;

/// A stream that is to break does so within its first events.
const MOST_EVENTS: usize = 4;

/// All faults that a server was told to have.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Mutex<Vec<Active>>,
    /// How the server goes down, once it does.
    down: watch::Sender<Option<Shutdown>>,
}

/// A fault and how far it has come.
#[derive(Debug)]
struct Active {
    fault: Fault,
    rng: Option<Rng>,
    /// Where streams break.
    breaks: Rng,
    /// How often it happened to each path and query, if that counts.
    targets: HashMap<String, usize>,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) act: Option<Act>,
    /// How long after the act the request is carried out nevertheless.
    pub(crate) carried_out_after: Option<Duration>,
    /// Whether an early error hangs.
    pub(crate) early_errors_hang: bool,
}

/// What is done instead of an answer, or to it.
#[derive(Debug)]
pub(crate) enum Act {
    Answer(Reply),
    Cut(Cut),
    Malform,
    Hang,
    Late,
    /// A stream breaks.
    CutStream(Break),
    /// A stream ends with an event that isn't its end.
    EndStream(FalseEnd),
}

/// Where a stream breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Break {
    /// After how many more events.
    pub(crate) events: usize,
    /// Whether all was sent that is sent.
    pub(crate) is_reached: bool,
    /// Whether it breaks right after the events, not within the next one.
    pub(crate) is_between: bool,
    /// How much of the next one is sent, from 0 to 1.
    pub(crate) share: f64,
    /// After which silence it breaks, whatever was sent.
    pub(crate) silence: Option<Duration>,
}

impl Faults {
    /// Adds a fault.
    pub(crate) fn add(&self, fault: Fault) {
        let rng = fault.chance.map(|(_, seed)| Rng::with_seed(seed));
        let breaks = Rng::with_seed(if let Kind::CutStreams(seed) = fault.kind { seed } else { 0 });
        lock(&self.active).push(Active { fault, rng, breaks, targets: HashMap::new() });
    }

    /// Forgets all faults.
    pub(crate) fn clear(&self) {
        lock(&self.active).clear();
    }

    /// Begins to go down, or is up again.
    pub(crate) fn go_down(&self, style: Option<Shutdown>) {
        self.down.send_replace(style);
    }

    /// How the server goes down, if it does.
    pub(crate) fn down(&self) -> watch::Receiver<Option<Shutdown>> {
        self.down.subscribe()
    }

    /// Whether a new connection is cut.
    pub(crate) fn cuts_connection(&self) -> bool {
        let mut active = lock(&self.active);
        let cut = active
            .iter_mut()
            .filter(|active| matches!(active.fault.kind, Kind::Cut(Cut::Connection)))
            .any(|active| active.fires(""));
        active.retain(Active::is_left);
        cut
    }

    /// What happens to a request: all delays, and the first of the rest.
    pub(crate) fn plan(&self, method: &Method, target: &str) -> Plan {
        let mut plan = Plan::default();
        let path = target.split('?').next().unwrap_or_default();
        let mut active = lock(&self.active);
        for one in active.iter_mut().filter(|one| one.concerns(method, path)) {
            if plan.act.is_some() && !matches!(one.fault.kind, Kind::Delay(_) | Kind::EarlyErrorsHang) {
                continue;
            }
            if !one.fires(target) {
                continue;
            }
            if plan.act.is_none() {
                plan.carried_out_after = one.fault.carried_out_after;
            }
            match &one.fault.kind {
                Kind::Delay(delay) => plan.delay += *delay,
                Kind::EarlyErrorsHang => plan.early_errors_hang = true,
                Kind::Status { status, headers, body } => {
                    let body = ReplyBody::Bytes(body.clone().unwrap_or_default());
                    let headers = headers.clone();
                    plan.act = Some(Act::Answer(Reply { status: status_of(*status), headers, body }));
                }
                Kind::Cut(when) => plan.act = Some(Act::Cut(*when)),
                Kind::Malformed => plan.act = Some(Act::Malform),
                Kind::Hang => plan.act = Some(Act::Hang),
                Kind::Late => plan.act = Some(Act::Late),
                Kind::CutStreams(_) => {
                    plan.act = Some(Act::CutStream(Break {
                        events: one.breaks.usize(..MOST_EVENTS),
                        is_reached: false,
                        is_between: false,
                        share: one.breaks.f64(),
                        silence: one.fault.silence,
                    }));
                }
                Kind::CutStreamsAfter(events) => {
                    plan.act = Some(Act::CutStream(Break {
                        events: *events,
                        is_reached: *events == 0,
                        is_between: true,
                        share: 0.0,
                        silence: one.fault.silence,
                    }));
                }
                Kind::EndStreams(lie) => plan.act = Some(Act::EndStream(*lie)),
            }
        }
        active.retain(Active::is_left);
        plan
    }
}

impl Active {
    fn concerns(&self, method: &Method, path: &str) -> bool {
        let stream = path.ends_with("/follow") || path.ends_with("/follow-dependencies");
        if matches!(self.fault.kind, Kind::CutStreams(_) | Kind::CutStreamsAfter(_)) && !stream {
            return false;
        }
        let of_states = path.ends_with("/follow") && path.contains("/executions/");
        if matches!(self.fault.kind, Kind::EndStreams(_)) && !of_states {
            return false;
        }
        !matches!(self.fault.kind, Kind::Cut(Cut::Connection))
            && self.fault.method.as_ref().is_none_or(|own| own == method)
            && self.fault.path.as_ref().is_none_or(|template| pattern::fits(template, path))
    }

    /// Whether it happens now, which counts.
    fn fires(&mut self, target: &str) -> bool {
        if self.fault.skip > 0 {
            self.fault.skip -= 1;
            return false;
        }
        let chosen = match (&mut self.rng, self.fault.chance) {
            (Some(rng), Some((probability, _))) => rng.f64() < probability,
            _ => true,
        };
        if !chosen || !self.is_left() {
            return false;
        }
        if self.fault.on_each_target {
            let happened = self.targets.entry(target.to_owned()).or_default();
            *happened += 1;
            return self.fault.times.is_none_or(|times| *happened <= times);
        }
        if let Some(times) = &mut self.fault.times {
            *times -= 1;
        }
        true
    }

    fn is_left(&self) -> bool {
        self.fault.on_each_target || self.fault.times != Some(0)
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{Act, Faults};
    use crate::faults::Fault;

    fn fails(faults: &Faults, path: &str) -> bool {
        matches!(faults.plan(&Method::GET, path).act, Some(Act::Answer(_)))
    }

    #[test]
    fn a_fault_happens_as_often_as_it_was_told() {
        let faults = Faults::default();
        faults.add(Fault::status(503).times(2).skip(1));
        let seen: Vec<bool> = (0..5).map(|_| fails(&faults, "/x")).collect();
        assert_eq!(seen, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_keeps_to_its_path() {
        let faults = Faults::default();
        faults.add(Fault::status(503).on("GET", "/a/{x}"));
        assert!(!fails(&faults, "/b/1"));
        assert!(fails(&faults, "/a/1"));
        assert!(!fails(&faults, "/a/1"));
    }

    #[test]
    fn a_fault_may_happen_to_each_target() {
        let faults = Faults::default();
        faults.add(Fault::status(503).times(2).on_each_target());
        let seen: Vec<bool> =
            ["/a", "/a?b", "/a", "/a", "/a?b", "/a?b"].map(|path| fails(&faults, path)).into();
        assert_eq!(seen, [true, true, true, false, true, false]);
    }

    #[test]
    fn chance_is_the_same_in_every_run() {
        let run = || {
            let faults = Faults::default();
            faults.add(Fault::status(503).chance(0.5, 7));
            (0..64).map(|_| fails(&faults, "/x")).collect::<Vec<bool>>()
        };
        let first = run();
        assert_eq!(first, run());
        let count = first.iter().filter(|failed| **failed).count();
        assert!((16..48).contains(&count), "{count}");
    }
}
