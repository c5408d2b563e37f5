//! What moves to another member, and what doesn't.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kestra::layers::ConnectRequest;
use kestra::{CallOptions, ClientEvent, ErrorKind, Observer, RequestSent, Servers, Timeouts, Transport};
use kestra_testkit::{Dialect, Fault};
use tower::util::MapRequestLayer;

use super::{BlackHole, HELLO, NAMESPACE, builder, client, closing, cluster, counts, members, refusing};

#[tokio::test]
async fn a_member_that_refuses_connections_fails_no_call() {
    for dialect in Dialect::ALL {
        let mut members = members([dialect; 2]).await;
        let client = client(cluster(&members));
        members[0].stop().await;
        client.executions().create_execution(NAMESPACE, "hello").await.unwrap();
        client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
        client.flows().update_flow(NAMESPACE, "hello", HELLO).await.unwrap();
        assert_eq!(members[1].executions_of(NAMESPACE, "hello").len(), 1);

        // It is used again once it is back.
        members[0].restart().await.unwrap();
        members[0].clear_requests();
        for _ in 0..100 {
            client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
            if counts(&members)[0] > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(counts(&members)[0] > 0);
    }
}

#[tokio::test]
async fn two_of_three_members_may_be_dead() {
    let mut members = members([Dialect::V2_0; 3]).await;
    for policy in [cluster(&members), cluster(&members).round_robin(), cluster(&members).least_pending()] {
        members[0].stop().await;
        members[1].stop().await;
        let client = client(policy);
        let before = members[2].executions_of(NAMESPACE, "hello").len();
        for _ in 0..20 {
            client.executions().create_execution(NAMESPACE, "hello").await.unwrap();
            client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
        }
        assert_eq!(members[2].executions_of(NAMESPACE, "hello").len() - before, 20);
        // All are dead: the error is that of the last attempt, and nothing was sent.
        members[2].stop().await;
        let error = client.executions().create_execution(NAMESPACE, "hello").await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Connect, RequestSent::No));
        let text = error.to_string();
        assert!(text.contains("(3 servers failed)") && text.contains("are the servers running?"), "{text}");
        for member in &mut members {
            member.restart().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_black_hole_costs_half_of_the_connect_timeout_once() {
    let members = members([Dialect::V2_0]).await;
    let hole = BlackHole::new().await;
    let connect = Duration::from_millis(700);
    let servers = Servers::cluster([hole.url.as_str(), members[0].url()]);
    let client = builder(servers).timeouts(Timeouts::default().connect(connect)).build().unwrap();
    let begun = Instant::now();
    client.executions().create_execution(NAMESPACE, "hello").await.unwrap();
    assert!(begun.elapsed() >= connect / 2);
    let begun = Instant::now();
    for _ in 0..20 {
        client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
    }
    assert!(begun.elapsed() < connect / 2 * 20, "not once a call");
    assert_eq!(members[0].executions_of(NAMESPACE, "hello").len(), 1);
}

#[tokio::test]
async fn a_member_that_answers_nothing_is_left_out_after_three_timeouts() {
    let members = members([Dialect::V2_0; 2]).await;
    members[0].fail(Fault::hang().always());
    let client = builder(cluster(&members).eject_for(Duration::from_secs(60), Duration::from_secs(60)))
        .api_version("2.0.0".parse().unwrap())
        .timeouts(Timeouts::default().attempt(Duration::from_millis(300)))
        .build()
        .unwrap();
    for _ in 0..6 {
        client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
    }
    assert_eq!(counts(&members), [3, 6]);
}

#[tokio::test]
async fn statuses_of_a_gateway_move_reads_and_leave_the_member_out() {
    for status in [502, 503, 504] {
        let members = members([Dialect::V1_3; 2]).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        let observer = Observer::new(move |event| match event {
            ClientEvent::ServerEjected { server, .. } => told.lock().unwrap().push((server.port, "out")),
            ClientEvent::ServerReturned { server, .. } => told.lock().unwrap().push((server.port, "in")),
            _ => {}
        });
        let client = builder(cluster(&members)).observe(observer).build().unwrap();
        client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
        members[0].fail(Fault::status(status).retry_after(30).always());
        // Non-idempotent calls are not repeated, and fail until the member is left out.
        let mut failed = 0;
        for _ in 0..6 {
            failed += usize::from(client.executions().create_execution(NAMESPACE, "hello").await.is_err());
        }
        assert_eq!(failed, 3);
        assert_eq!(members[1].executions_of(NAMESPACE, "hello").len(), 3);
        for _ in 0..6 {
            client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
        }
        members[0].heal();
        for _ in 0..300 {
            client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
            if heard.lock().unwrap().len() > 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let port = members[0].address().port();
        assert_eq!(*heard.lock().unwrap(), [(port, "out"), (port, "in")]);
    }
}

#[tokio::test]
async fn what_starts_work_is_not_repeated_after_a_close_and_the_next_goes_elsewhere() {
    let members = members([Dialect::V1_0]).await;
    let (url, mut heard) = closing().await;
    let client = client(Servers::cluster([url.as_str(), members[0].url()]));
    let version = CallOptions::new().api_version("1.0.3".parse().unwrap());
    let client = client.with_options(version);
    let error = client.executions().create_execution(NAMESPACE, "hello").await.unwrap_err();
    assert_ne!(error.request_sent(), RequestSent::No);
    assert!(heard.recv().await.unwrap().starts_with(b"POST "));
    assert_eq!(members[0].executions_of(NAMESPACE, "hello").len(), 0);
    for _ in 0..3 {
        client.executions().create_execution(NAMESPACE, "hello").await.unwrap();
    }
    assert_eq!(members[0].executions_of(NAMESPACE, "hello").len(), 3);
    // A read that the member closes on moves.
    client.flows().get_flow(NAMESPACE, "hello").await.unwrap();
    assert!(heard.recv().await.unwrap().starts_with(b"GET "));
}

#[tokio::test]
async fn each_address_of_a_name_is_a_member_and_the_name_stays_in_the_request() {
    let mut members = members([Dialect::V1_3]).await;
    let port = members[0].address().port();
    let (connected, heard) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (seen, told) = (Arc::clone(&connected), Arc::clone(&heard));
    let transport = Transport::builder()
        .connector_layer(MapRequestLayer::new(move |request: ConnectRequest| {
            seen.lock().unwrap().push((request.host().to_owned(), request.address()));
            request
        }))
        .build()
        .unwrap();
    let observer = Observer::new(move |event| {
        if let ClientEvent::ServerEjected { server, .. } = event {
            told.lock().unwrap().push(server.host.to_owned());
        }
    });
    // The second member is what isn't resolved.
    let url = format!("http://localhost:{port}");
    let servers = Servers::cluster([url.as_str(), &refusing().await]).resolve_all(true);
    let client = builder(servers).transport(transport).observe(observer).build().unwrap();
    // Its version is asked for at the same address.
    let id = client.executions().run(NAMESPACE, "hello").await.unwrap().id().to_owned();
    client.executions().replay_execution(&id).await.unwrap();
    let requests = members[0].requests();
    assert!(requests.iter().any(|request| request.path.ends_with("/configs")));
    let host = format!("localhost:{port}");
    assert!(requests.iter().all(|request| request.header("host") == Some(&*host)));
    let loopback = Some("127.0.0.1".parse().unwrap());
    assert!(connected.lock().unwrap().iter().all(|seen| *seen == ("localhost".to_owned(), loopback)));
    members[0].stop().await;
    client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err();
    assert_eq!(heard.lock().unwrap()[0], "127.0.0.1");
}

#[tokio::test]
async fn an_index_that_a_call_names_never_moves() {
    let members = members([Dialect::V2_0; 2]).await;
    let client = client(Servers::cluster([refusing().await.as_str(), members[0].url(), members[1].url()]));
    let at = |index| client.with_options(CallOptions::new().server_index(index));
    for _ in 0..3 {
        let error = at(0).flows().get_flow(NAMESPACE, "hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
    }
    assert_eq!(counts(&members), [0, 0]);
    members[1].fail(Fault::status(503).times(2));
    at(2).flows().get_flow(NAMESPACE, "hello").await.unwrap();
    assert_eq!(counts(&members), [0, 3]);
}
