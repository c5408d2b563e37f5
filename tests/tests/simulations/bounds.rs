//! How much worse a bad day may be.

use std::time::Duration;

use super::clients::Configuration;
use super::kind::Kind;
use super::load::{self, Ended, Load};
use super::scenario::{self, FROM, UNTIL, is_in_trouble};
use super::statistics::{quantile, success};

/// The timeout of a connection.
const CONNECT: Duration = Duration::from_secs(10);

#[test]
fn a_full_outage_is_not_multiplied() {
    // What is added concerns single requests, so a few kinds show it.
    let few = &[Kind::Read, Kind::Create, Kind::Start][..];
    for (configuration, servers, kinds) in [
        (Configuration::Default, 1, &Kind::ALL[..]),
        (Configuration::All, 1, few),
        (Configuration::Cluster, 3, few),
        (Configuration::All, 3, few),
        (Configuration::NoTokens, 3, few),
    ] {
        for scenario in scenario::full_outages(servers) {
            for &kind in kinds {
                let load = Load { per_second: 10.0, only: Some(kind), until: UNTIL };
                let outcome = load::run(&scenario, configuration, load, 3);
                let calls = outcome.calls.iter().filter(|call| is_in_trouble(call.begun)).count();
                let least = calls * kind.first_requests();
                let sent = outcome.requests_in_trouble as f64 / least as f64;
                println!("{}, {}, {kind:?}: {sent:.3}", scenario.name, configuration.name());
                assert!(sent < 1.1, "{}, {}, {kind:?}: {sent:.3}", scenario.name, configuration.name());
            }
        }
    }
}

/// Calls of several seeds, those of 20 a second.
fn calls(name: &str, configuration: Configuration) -> Vec<Ended> {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name).unwrap();
    let load = Load { until: UNTIL, ..Load::mixed(20.0) };
    (0..3).flat_map(|seed| load::run(&scenario, configuration, load, seed).calls).collect()
}

/// The success and the 99th percentile of calls that begin within this time.
fn between(calls: &[Ended], from: Duration, until: Duration) -> (f64, Duration) {
    let those = || calls.iter().filter(|call| (from..until).contains(&call.begun));
    (success(those()), quantile(those(), 0.99))
}

#[test]
fn a_cluster_of_which_one_server_is_gone_is_as_good_as_before() {
    for configuration in [Configuration::Cluster, Configuration::All] {
        let healthy = between(&calls("three servers, healthy", configuration), FROM, UNTIL);
        assert_eq!(healthy.0, 1.0);

        let refused = calls("one of three refuses", configuration);
        let (good, p99) = between(&refused, FROM + Duration::from_secs(5), UNTIL);
        println!("{}: {healthy:?}, refused {good} {p99:?}", configuration.name());
        assert!(good >= 0.999, "{}: {good}", configuration.name());
        assert!(p99 <= healthy.1.mul_f64(1.5), "{}: {p99:?}, healthy {:?}", configuration.name(), healthy.1);

        let unreachable = calls("one of three is unreachable", configuration);
        let ejected = FROM + Duration::from_secs(10);
        let at_first = between(&unreachable, FROM, ejected);
        let later = between(&unreachable, ejected, UNTIL);
        println!("{}: unreachable {at_first:?}, then {later:?}", configuration.name());
        let is_in_time = at_first.1 <= CONNECT;
        assert!(is_in_time && at_first.0 == 1.0, "{}: {at_first:?}", configuration.name());
        assert!(later.0 >= 0.999, "{}: {later:?}", configuration.name());
        assert!(later.1 <= healthy.1.mul_f64(1.5), "{}: {later:?}, {healthy:?}", configuration.name());
    }
}

#[test]
fn what_was_not_sent_moves_without_tokens_too() {
    for scenario in ["one of three refuses", "one of three is unreachable"] {
        let calls = calls(scenario, Configuration::NoTokens);
        // When the server stops, requests of living connections may have reached it.
        let stopped = FROM + Duration::from_secs(1);
        let (good, _) = between(&calls, if scenario.ends_with("refuses") { stopped } else { FROM }, UNTIL);
        println!("{scenario}: {good}");
        assert!(good >= 0.999, "{scenario}: {good}");
    }
}
