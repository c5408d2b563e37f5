//! What servers go through: the time before it is healthy, and so is the time after it.

use std::time::Duration;

use fastrand::Rng;

use super::servers::{Behaviour, RateLimit, Reach};

/// When the trouble begins and ends, and when the last call begins.
pub(crate) const FROM: Duration = Duration::from_secs(10);
pub(crate) const UNTIL: Duration = Duration::from_secs(40);
pub(crate) const END: Duration = Duration::from_secs(60);

/// Whether the trouble lasts at this time.
pub(crate) fn is_in_trouble(time: Duration) -> bool {
    (FROM..UNTIL).contains(&time)
}

/// A behaviour of some servers from a time on.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) at: Duration,
    pub(crate) server: usize,
    pub(crate) to: Behaviour,
}

/// A course of events.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) servers: usize,
    pub(crate) clients: usize,
    pub(crate) changes: Vec<Change>,
}

impl Scenario {
    fn new(name: &'static str, servers: usize) -> Self {
        Self { name, servers, clients: 1, changes: Vec::new() }
    }

    /// A server behaves otherwise from the beginning of the trouble to its end.
    fn trouble(self, server: usize, behaviour: Behaviour) -> Self {
        self.between(server, FROM, UNTIL, behaviour)
    }

    fn between(mut self, server: usize, from: Duration, until: Duration, to: Behaviour) -> Self {
        self.changes.push(Change { at: from, server, to });
        self.changes.push(Change { at: until, server, to: Behaviour::HEALTHY });
        self.changes.sort_by_key(|change| change.at);
        self
    }

    /// A server is stopped at a time, and started again.
    fn restart(self, server: usize, from: Duration, until: Duration) -> Self {
        self.between(server, from, until, Behaviour::STOPPED)
    }

    /// From a time on a server is slow, and less so with each step.
    fn warm_up(mut self, server: usize, from: Duration, step: Duration) -> Self {
        for (number, slowness) in [16.0, 8.0, 4.0, 2.0, 1.0].into_iter().enumerate() {
            let to = Behaviour { slowness, ..Behaviour::HEALTHY };
            self.changes.push(Change { at: from + step * number as u32, server, to });
        }
        self
    }

    /// Up to three servers in up to six troubles at random moments.
    pub(crate) fn random(random: &mut Rng) -> Self {
        let servers = random.usize(1..=3);
        let mut scenario = Self::new("random", servers);
        scenario.clients = random.usize(1..=2);
        for _ in 0..random.usize(1..=6) {
            let from = FROM.mul_f64(random.f64() * 5.0);
            let until = from + Duration::from_millis(random.u64(100..30_000));
            scenario = scenario.between(random.usize(..servers), from, until, Behaviour::random(random));
        }
        scenario
    }
}

/// Servers with which no call succeeds in the trouble.
pub(crate) fn full_outages(servers: usize) -> Vec<Scenario> {
    let healthy = Behaviour::HEALTHY;
    [
        ("failing", Behaviour { failing: 1.0, ..healthy.clone() }),
        ("refused", Behaviour::STOPPED),
        ("unreachable", Behaviour { reach: Reach::Partitioned, ..healthy.clone() }),
        ("no response", Behaviour { is_mute: true, ..healthy }),
    ]
    .map(|(name, behaviour)| {
        let scenario = Scenario::new(name, servers);
        (0..servers).fold(scenario, |scenario, server| scenario.trouble(server, behaviour.clone()))
    })
    .into()
}

/// All scenarios, in the order of the table.
pub(crate) fn all() -> Vec<Scenario> {
    let seconds = Duration::from_secs;
    let healthy = Behaviour::HEALTHY;
    let failing = |failing| Behaviour { failing, ..healthy.clone() };
    let limited = |retry_after| {
        let limit = RateLimit { per_second: 10.0, retry_after };
        Behaviour { limit: Some(limit), ..healthy.clone() }
    };
    let partitioned = Behaviour { reach: Reach::Partitioned, ..healthy.clone() };
    let mute = Behaviour { is_mute: true, ..healthy.clone() };
    let slow = Behaviour { slowness: 20.0, ..healthy.clone() };
    let mut herd = Scenario::new("outage, 20 clients", 1).trouble(0, Behaviour::STOPPED);
    herd.clients = 20;
    vec![
        Scenario::new("healthy", 1),
        Scenario::new("10 % of requests fail", 1).trouble(0, failing(0.1)),
        Scenario::new("50 % of requests fail", 1).trouble(0, failing(0.5)),
        Scenario::new("all requests fail", 1).trouble(0, failing(1.0)),
        Scenario::new("connections are refused", 1).trouble(0, Behaviour::STOPPED),
        herd,
        Scenario::new("no response", 1).trouble(0, mute),
        Scenario::new("partition", 1).trouble(0, partitioned.clone()),
        Scenario::new("restart, slow at first", 1).restart(0, FROM, seconds(15)).warm_up(
            0,
            seconds(15),
            seconds(5),
        ),
        Scenario::new("429 with `Retry-After`", 1).trouble(0, limited(Some(2))),
        Scenario::new("429 without `Retry-After`", 1).trouble(0, limited(None)),
        Scenario::new("three servers, healthy", 3),
        Scenario::new("one of three is slow", 3).trouble(0, slow),
        Scenario::new("one of three refuses", 3).trouble(0, Behaviour::STOPPED),
        Scenario::new("one of three is unreachable", 3).trouble(0, partitioned),
        (0..3).fold(Scenario::new("deploy, one after the other", 3), |scenario, server| {
            let from = FROM + seconds(8) * server as u32;
            scenario.restart(server, from, from + seconds(5)).warm_up(
                server,
                from + seconds(5),
                Duration::from_millis(500),
            )
        }),
    ]
}
