//! haproxy in front of embedded servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kestra::layers::{ConnectRequest, ConnectService};
use kestra::{Client, Transport};
use kestra_testkit::TestServer;
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};

use crate::process::Process;
use crate::usual_calls::{self, JOB};
use crate::{NAMESPACE, server_restarts};

/// Starts haproxy, which passes requests on to these servers in turn and finds out which of them work.
async fn start(servers: &[SocketAddr]) -> Process {
    let servers: String = servers
        .iter()
        .enumerate()
        .map(|(number, server)| {
            format!("    server s{number} {server} check inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions\n")
        })
        .collect();
    Process::start("usr/sbin/haproxy", |folder, port| {
        let configuration = format!(
            "defaults
    mode http
    option redispatch 1
    retries 2
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 1s
    timeout http-request 1s
frontend clients
    bind 127.0.0.1:{port}
    default_backend kestra
backend kestra
    balance roundrobin
    option httpchk GET /api/v1/configs
{servers}"
        );
        let file = folder.write("haproxy.cfg", configuration);
        ["-db", "-f", file.to_str().unwrap()].map(str::to_owned).to_vec()
    })
    .await
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn usual_calls_and_connections_that_are_closed_while_idle() {
    let server = TestServer::start().await.unwrap();
    let haproxy = start(&[server.address()]).await;
    let client = Client::builder().server(haproxy.url()).build().unwrap();
    usual_calls::make(&client, &server).await;
    let before = server.executions_of(NAMESPACE, "job").len();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1300)).await;
        client.executions().create_execution(NAMESPACE, "job").await.unwrap();
    }
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), before + 3);
}

/// A client whose second connection is opened late, when the call that wanted it has taken the first. It is then idle, and haproxy
/// sends a 408 on it, as no request comes.
#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn a_408_on_an_idle_connection_is_no_response_to_the_next_request() {
    let server = TestServer::start().await.unwrap();
    server.deploy(JOB).unwrap();
    let haproxy = start(&[server.address()]).await;
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let late = layer_fn(move |tcp: ConnectService| {
        let opened = Arc::clone(&count);
        service_fn(move |request: ConnectRequest| {
            let (tcp, number) = (tcp.clone(), opened.fetch_add(1, Ordering::SeqCst));
            async move {
                if number == 1 {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                tcp.oneshot(request).await
            }
        })
    });
    let transport = Transport::builder().no_proxy().connector_layer(late).build().unwrap();
    let client = Client::builder().server(haproxy.url()).tenant("main").transport(transport).build().unwrap();
    let create = async || client.executions().create_execution(NAMESPACE, "job").await.map(drop);
    client.check().await.unwrap();
    for _ in 0..2 {
        let (one, other) = tokio::join!(create(), create());
        one.unwrap();
        other.unwrap();
        // The late connection opens, and outlasts its second without a request.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    create().await.unwrap();
    assert!(opened.load(Ordering::SeqCst) >= 3);
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs .ci/neighbours"]
async fn two_servers_that_restart_in_turn() {
    server_restarts::behind(start).await;
}
