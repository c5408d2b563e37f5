//! Members are killed and started in turn while calls run: nothing is lost, and nothing is started twice.

use std::collections::HashMap;
use std::time::Duration;

use kestra::{Client, ErrorKind, RequestSent, ServerCluster};
use kestra_testkit::{Dialect, Shutdown, TestServer};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{NAMESPACE, client, cluster, members};

/// Starts executions with a label of their own, and reads, until it is told to stop. Returns the labels of the creations that
/// succeeded, and of those that may have.
async fn work(client: Client, worker: usize, stop: watch::Receiver<bool>) -> (Vec<String>, Vec<String>) {
    let (mut done, mut unclear) = (Vec::new(), Vec::new());
    for number in 0.. {
        if *stop.borrow() {
            break;
        }
        let label = format!("{worker}-{number}");
        let create = client.executions().create_execution(NAMESPACE, "hello").labels([("order", &label)]);
        match create.await {
            Ok(_) => done.push(label),
            Err(error) => {
                assert_ne!(error.request_sent(), RequestSent::No, "what wasn't sent moves: {error:#}");
                unclear.push(label);
            }
        }
        let read = client.flows().get_flow(NAMESPACE, "hello").await;
        assert!(read.is_ok(), "reads move: {read:?}");
    }
    (done, unclear)
}

async fn take_turns(members: &mut [TestServer; 3], shutdown: impl Fn() -> Option<Shutdown>) {
    for member in members {
        if let Some(style) = shutdown() {
            member.shutdown(style);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        member.stop().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        member.restart().await.unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_are_killed_in_turn_lose_and_double_nothing() {
    let policies = [ServerCluster::failover, ServerCluster::round_robin, ServerCluster::least_pending];
    for (dialect, policy) in Dialect::ALL.into_iter().zip(policies) {
        let mut members = members([dialect; 3]).await;
        let client = client(policy(cluster(&members)));
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for worker in 0..6 {
            workers.spawn(work(client.clone(), worker, stopped.clone()));
        }
        take_turns(&mut members, || None).await;
        stop.send(true).unwrap();
        let results = workers.join_all().await;
        let mut counts: HashMap<String, usize> = HashMap::new();
        for execution in members[0].executions_of(NAMESPACE, "hello") {
            *counts.entry(execution.label("order").unwrap().to_owned()).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count == 1), "nothing is started twice");
        let done: Vec<&String> = results.iter().flat_map(|(done, _)| done).collect();
        assert!(done.iter().all(|label| counts.contains_key(*label)), "nothing is lost");
        assert!(!done.is_empty());
        // All executions are accounted for.
        let unclear = results.iter().flat_map(|(_, unclear)| unclear).count();
        assert!(counts.len() <= done.len() + unclear);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_rolls_through_the_members_starts_nothing_twice() {
    for (dialect, style) in [
        (Dialect::V1_0, Shutdown::Unanswered),
        (Dialect::V1_3, Shutdown::DatabaseClosed),
        (Dialect::V2_0, Shutdown::HangingWrites),
    ] {
        let mut members = members([dialect; 3]).await;
        let client = client(cluster(&members).round_robin());
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for worker in 0..4 {
            let (client, stopped) = (client.clone(), stopped.clone());
            workers.spawn(async move {
                let mut runs = 0;
                while !*stopped.borrow() {
                    let key = format!("{worker}-{runs}");
                    // A server whose database is closed responds with 500, as servers do to mistakes of the caller. An
                    // unanswered creation may stay unclear, as members go down during the look-up. The key makes it safe
                    // to run again.
                    loop {
                        let run = client.executions().run(NAMESPACE, "hello").idempotency_key(&key);
                        match run.look_up_for(Duration::from_millis(500)).await {
                            Ok(_) => break,
                            Err(error) => {
                                let is_expected = error.kind() == ErrorKind::UnclearOutcome
                                    || error.to_string().contains("database has been closed");
                                assert!(is_expected, "{error:#}");
                            }
                        }
                    }
                    runs += 1;
                }
                runs
            });
        }
        take_turns(&mut members, || Some(style)).await;
        stop.send(true).unwrap();
        let runs: usize = workers.join_all().await.into_iter().sum();
        assert_eq!(members[0].executions_of(NAMESPACE, "hello").len(), runs, "{style:?}");
    }
}
