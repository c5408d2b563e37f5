use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn settings(policy: Policy) -> ClusterSettings {
    ClusterSettings {
        policy,
        eject_after: 3,
        eject_first: SECOND * 5,
        eject_cap: SECOND * 60,
        resolve_all: false,
    }
}

/// A cluster whose clock stands still until it is moved.
struct Cluster {
    health: Health,
    now: Instant,
}

impl Cluster {
    fn new(members: usize, policy: Policy) -> Self {
        Self { health: Health::new(members, settings(policy)), now: Instant::now() }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn begin(&mut self, wish: Wish) -> Pick {
        self.health.begin(&wish, self.now)
    }

    fn end(&mut self, pick: Pick, outcome: Outcome) -> Option<Change> {
        self.health.end(pick, outcome, self.now)
    }

    /// An attempt that ends at once.
    fn attempt(&mut self, wish: Wish, outcome: Outcome) -> (usize, Option<Change>) {
        let pick = self.begin(wish);
        (pick.member, self.end(pick, outcome))
    }

    /// The member that a read goes to, which succeeds.
    fn read(&mut self) -> usize {
        self.attempt(READ, Outcome::Success).0
    }

    fn work(&mut self) -> usize {
        self.attempt(WORK, Outcome::Success).0
    }
}

const READ: Wish = Wish { used: 0, preferred: None, is_idempotent: true, waits: false, random: 0 };
const WORK: Wish = Wish { is_idempotent: false, ..READ };
const WAIT: Wish = Wish { waits: true, ..READ };

fn ejected(seconds: u32) -> Option<Change> {
    Some(Change::Ejected { time: SECOND * seconds })
}

#[test]
fn failures_in_a_row_eject_and_a_success_forgets_them() {
    let mut cluster = Cluster::new(3, Policy::Failover);
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Failure]
    {
        assert_eq!(cluster.attempt(READ, outcome), (0, None));
    }
    // What says nothing counts neither way.
    assert_eq!(cluster.attempt(READ, Outcome::Neutral), (0, None));
    assert_eq!(cluster.attempt(READ, Outcome::Failure), (0, ejected(5)));
    assert_eq!((cluster.read(), cluster.work()), (1, 1));
}

#[test]
fn a_member_that_cannot_be_reached_is_out_at_once() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    assert_eq!(cluster.attempt(WORK, Outcome::Unreachable), (0, ejected(5)));
    assert_eq!(cluster.read(), 1);
}

#[test]
fn one_call_probes_what_was_out() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    cluster.pass(SECOND * 5 - SECOND / 10);
    assert_eq!(cluster.read(), 1);
    cluster.pass(SECOND / 10);
    let probe = cluster.begin(READ);
    assert_eq!((probe.member, probe.is_probe), (0, true));
    // Others stay away meanwhile, for as long as if it had failed.
    cluster.pass(SECOND * 10 - SECOND / 10);
    assert_eq!(cluster.read(), 1);
    assert_eq!(cluster.end(probe, Outcome::Success), Some(Change::Returned));
    assert_eq!(cluster.read(), 0);
}

#[test]
fn a_probe_that_fails_doubles_the_time_up_to_the_cap() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    let mut time = 5;
    for next in [10, 20, 40, 60, 60] {
        cluster.pass(SECOND * time - SECOND / 10);
        assert_eq!(cluster.read(), 1, "after {time}");
        cluster.pass(SECOND / 10);
        let stays = Change::StaysOut { time: SECOND * next };
        assert_eq!(cluster.attempt(READ, Outcome::Failure), (0, Some(stays)));
        time = next;
    }
}

#[test]
fn a_member_that_fails_soon_again_is_out_for_longer() {
    for (healthy, time) in [(4, 10), (6, 5)] {
        let mut cluster = Cluster::new(2, Policy::Failover);
        cluster.attempt(READ, Outcome::Unreachable);
        cluster.pass(SECOND * 5);
        assert_eq!(cluster.attempt(READ, Outcome::Success), (0, Some(Change::Returned)));
        cluster.pass(SECOND * healthy);
        assert_eq!(cluster.attempt(READ, Outcome::Unreachable), (0, ejected(time)), "after {healthy}");
    }
}

#[test]
fn a_probe_that_hangs_leaves_the_place_to_the_next_after_ever_longer_times() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    cluster.pass(SECOND * 5);
    let mut probes = vec![cluster.begin(READ)];
    for time in [10, 20, 40, 60, 60] {
        cluster.pass(SECOND * time - SECOND / 10);
        assert_eq!(cluster.read(), 1, "after {time}");
        cluster.pass(SECOND / 10);
        let probe = cluster.begin(READ);
        assert_eq!((probe.member, probe.is_probe), (0, true));
        probes.push(probe);
    }
    // Of one before the last a drop says nothing, and a failure counts.
    assert_eq!(cluster.end(probes[0], Outcome::Neutral), None);
    assert_eq!(cluster.read(), 1);
    assert_eq!(cluster.end(probes[1], Outcome::Failure), Some(Change::StaysOut { time: SECOND * 60 }));
    // It began before that.
    assert_eq!(cluster.end(probes[2], Outcome::Success), None);
    assert_eq!(cluster.read(), 1);
}

#[test]
fn any_success_that_began_after_a_member_left_returns_it() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    cluster.pass(SECOND);
    // Both find no other member; the first is the probe, and hangs.
    let failed = Wish { used: 0b10, ..READ };
    let (probe, other) = (cluster.begin(failed), cluster.begin(failed));
    assert_eq!((probe.member, probe.is_probe, other.member, other.is_probe), (0, true, 0, false));
    assert_eq!(cluster.end(other, Outcome::Success), Some(Change::Returned));
    assert_eq!(cluster.read(), 0);
    // The probe counts as any attempt now.
    assert_eq!(cluster.end(probe, Outcome::Failure), None);
}

#[test]
fn what_waits_for_an_execution_probes_only_in_need() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    cluster.pass(SECOND * 600);
    assert_eq!(cluster.begin(WAIT).member, 1);
    let probe = cluster.begin(Wish { used: 0b10, ..WAIT });
    assert_eq!((probe.member, probe.is_probe), (0, true));
}

#[test]
fn a_probe_that_is_dropped_leaves_the_place_to_the_next() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    cluster.pass(SECOND * 5);
    assert_eq!(cluster.attempt(READ, Outcome::Neutral), (0, None));
    let probe = cluster.begin(READ);
    assert_eq!((probe.member, probe.is_probe), (0, true));
}

#[test]
fn what_began_before_a_member_came_back_counts_no_more() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    let old = cluster.begin(READ);
    cluster.attempt(READ, Outcome::Unreachable);
    // A success of an old request is no probe.
    let slow = Pick { is_probe: false, ..old };
    assert_eq!(cluster.end(slow, Outcome::Success), None);
    assert_eq!(cluster.read(), 1);
    cluster.pass(SECOND * 5);
    assert_eq!(cluster.attempt(READ, Outcome::Success), (0, Some(Change::Returned)));
    assert_eq!(cluster.end(old, Outcome::Unreachable), None);
    assert_eq!(cluster.read(), 0);
}

#[test]
fn at_most_half_rounded_up_are_out_and_calls_still_go_somewhere() {
    for (members, most) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (64, 32)] {
        let mut cluster = Cluster::new(members, Policy::Failover);
        let mut count = 0;
        for index in 0..members {
            let pick = Pick { member: index, begun: cluster.now, is_probe: false };
            count += usize::from(cluster.end(pick, Outcome::Unreachable).is_some());
        }
        assert_eq!(count, most, "of {members}");
        assert_eq!(cluster.read(), most, "the first that is in");
        let used = u64::MAX;
        assert_eq!(cluster.attempt(Wish { used, ..READ }, Outcome::Success).0, most);
    }
}

#[test]
fn members_come_and_go() {
    let mut cluster = Cluster::new(1, Policy::Failover);
    cluster.health.set_present(1, true);
    cluster.health.set_present(2, true);
    assert_eq!(cluster.attempt(READ, Outcome::Unreachable), (0, ejected(5)));
    assert_eq!(cluster.read(), 1);
    cluster.health.set_present(1, false);
    assert_eq!(cluster.read(), 2);
    // Of two that are left the last one stays in.
    assert_eq!(cluster.attempt(READ, Outcome::Unreachable), (2, None));
    // One that comes back is a new one.
    cluster.health.set_present(0, false);
    cluster.health.set_present(0, true);
    assert_eq!(cluster.read(), 0);
    // An attempt at one that is gone ends without effect.
    let pick = Pick { member: 1, begun: cluster.now, is_probe: true };
    assert_eq!(cluster.end(pick, Outcome::Unreachable), None);
    assert_eq!(cluster.attempt(Wish { used: u64::MAX, ..READ }, Outcome::Success).0, 0);
}

#[test]
fn a_call_that_finds_no_other_member_probes_one_that_is_out() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(READ, Outcome::Unreachable);
    let failed = Wish { used: 0b10, ..WORK };
    assert!(!cluster.health.has_other(&failed, cluster.now));
    assert_eq!(cluster.attempt(failed, Outcome::Success), (0, Some(Change::Returned)));
    assert_eq!(cluster.read(), 0);
    // Of those that all failed the call, one that is in.
    cluster.attempt(READ, Outcome::Unreachable);
    assert_eq!(cluster.attempt(Wish { used: 0b11, ..WORK }, Outcome::Failure), (1, None));
}

#[test]
fn one_that_closes_without_a_response_is_out_for_non_idempotent_calls() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    let slow = cluster.begin(READ);
    assert_eq!(cluster.attempt(WORK, Outcome::Closed), (0, None));
    assert_eq!(cluster.work(), 1);
    // What began before says nothing.
    cluster.pass(SECOND);
    cluster.end(slow, Outcome::Success);
    assert_eq!(cluster.work(), 1);
    // A read goes there, and shows that it works.
    assert_eq!(cluster.read(), 0);
    assert_eq!(cluster.work(), 0);

    // Without reads, one call finds out.
    cluster.attempt(WORK, Outcome::Closed);
    cluster.pass(SECOND * 5);
    let probe = cluster.begin(WORK);
    assert_eq!((probe.member, cluster.work()), (0, 1));
    cluster.end(probe, Outcome::Success);
    assert_eq!(cluster.work(), 0);
}

#[test]
fn a_non_idempotent_call_probes_only_if_no_other_call_did() {
    let mut cluster = Cluster::new(2, Policy::Failover);
    cluster.attempt(WORK, Outcome::Unreachable);
    cluster.pass(SECOND * 9);
    assert_eq!(cluster.work(), 1);
    cluster.pass(SECOND);
    assert_eq!(cluster.attempt(WORK, Outcome::Success), (0, Some(Change::Returned)));
}

#[test]
fn a_retry_goes_to_a_member_that_the_call_has_not_used() {
    let mut cluster = Cluster::new(3, Policy::Failover);
    let wish = |used| Wish { used, ..READ };
    assert_eq!(cluster.attempt(wish(0b001), Outcome::Success).0, 1);
    assert_eq!(cluster.attempt(wish(0b011), Outcome::Success).0, 2);
    assert!(cluster.health.has_other(&wish(0b011), cluster.now));
    assert!(!cluster.health.has_other(&wish(0b111), cluster.now));
    // The last one of a cluster that is large enough to wrap a shift.
    let mut large = Cluster::new(64, Policy::Failover);
    assert_eq!(large.attempt(wish(u64::MAX >> 1), Outcome::Success).0, 63);
}

#[test]
fn calls_that_belong_together_prefer_the_member_of_the_first() {
    let mut cluster = Cluster::new(3, Policy::RoundRobin);
    let wish = Wish { preferred: Some(2), ..READ };
    assert_eq!(
        (cluster.attempt(wish, Outcome::Success).0, cluster.attempt(wish, Outcome::Success).0),
        (2, 2)
    );
    cluster.attempt(wish, Outcome::Unreachable);
    assert_ne!(cluster.read(), 2);
    // It isn't what probes it either.
    cluster.pass(SECOND * 5);
    assert!(!cluster.begin(Wish { preferred: Some(2), used: 0b100, ..READ }).is_probe);
}

#[test]
fn round_robin_goes_on_and_skips_what_is_out() {
    let mut cluster = Cluster::new(3, Policy::RoundRobin);
    let turns: Vec<usize> = (0..6).map(|_| cluster.read()).collect();
    assert_eq!(turns, [0, 1, 2, 0, 1, 2]);
    let pick = Pick { member: 1, begun: cluster.now, is_probe: false };
    assert_eq!(cluster.end(pick, Outcome::Unreachable), ejected(5));
    let turns: Vec<usize> = (0..4).map(|_| cluster.read()).collect();
    assert_eq!(turns, [0, 2, 0, 2]);
}

#[test]
fn least_pending_takes_the_freer_of_two_different_ones() {
    let mut cluster = Cluster::new(3, Policy::LeastPending);
    let busy = cluster.begin(READ);
    for random in (0..50).map(|seed: u64| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
        let pick = cluster.begin(Wish { random, ..READ });
        assert_ne!(pick.member, busy.member, "{random}");
        cluster.end(pick, Outcome::Success);
    }
    // Each of the others gets some.
    let mut counts = [0; 3];
    for random in (0..300).map(|seed: u64| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
        counts[cluster.begin(Wish { random, ..READ }).member] += 1;
    }
    assert!(counts.iter().all(|count| (90..=110).contains(count)), "{counts:?}");
}

/// Whatever comes: no more are out than may be, at most one attempt in time probes a member, and pending attempts are counted.
#[test]
fn any_order_of_events_keeps_the_bounds() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let members = random.usize(1..6);
        let policy = [Policy::Failover, Policy::RoundRobin, Policy::LeastPending][random.usize(..3)];
        let mut cluster = Cluster::new(members, policy);
        let mut flying: Vec<Pick> = Vec::new();
        for _ in 0..400 {
            // No two attempts begin at the same instant.
            cluster.pass(Duration::from_nanos(1));
            match random.u8(..4) {
                0 | 1 => {
                    let (used, preferred) = (random.u64(..1 << members), Some(random.usize(..members)));
                    let (is_idempotent, waits) = (random.bool(), random.u8(..4) == 0);
                    let wish = Wish { used, preferred, is_idempotent, waits, random: random.u64(..) };
                    flying.push(cluster.begin(wish));
                }
                2 if !flying.is_empty() => {
                    let pick = flying.swap_remove(random.usize(..flying.len()));
                    let outcomes = [
                        Outcome::Success,
                        Outcome::Failure,
                        Outcome::Unreachable,
                        Outcome::Closed,
                        Outcome::Neutral,
                    ];
                    cluster.end(pick, outcomes[random.usize(..5)]);
                }
                _ => cluster.pass(SECOND * random.u32(..4)),
            }
            let all = &cluster.health.members;
            let out = all.iter().filter(|member| member.gate != Gate::In).count();
            assert!(out <= members.div_ceil(2) && out < members, "{out} of {members}, seed {seed}");
            for (index, member) in all.iter().enumerate() {
                let here = |pick: &&Pick| pick.member == index;
                let probes = flying.iter().filter(here).filter(|pick| pick.is_probe_of(member.gate)).count();
                let is_probing = matches!(member.gate, Gate::Probing { .. });
                assert_eq!(probes, usize::from(is_probing), "seed {seed}");
                assert_eq!(flying.iter().filter(here).count(), member.pending as usize, "seed {seed}");
            }
        }
    }
}
