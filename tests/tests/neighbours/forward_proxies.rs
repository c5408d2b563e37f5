//! Proxies that clients are told of: squid, tinyproxy, dante and microsocks.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use kestra::{Client, ErrorKind, Proxy, RequestSent, Transport};
use kestra_testkit::TestServer;

use crate::certificates::Certificates;
use crate::process::{Process, program_path};
use crate::{nginx, usual_calls};

async fn squid() -> Process {
    Process::start("usr/sbin/squid", |folder, port| {
        let share = program_path("usr/share/squid");
        let configuration = format!(
            "http_port 127.0.0.1:{port}
http_access allow localhost
client_idle_pconn_timeout 3 seconds
shutdown_lifetime 0 seconds
cache deny all
cache_effective_user nobody
access_log none
cache_log /dev/null
cache_store_log none
netdb_filename none
pid_filename none
pinger_enable off
coredump_dir none
unlinkd_program {unlinkd}
mime_table {share}/mime.conf
icon_directory {share}/icons
error_directory {share}/errors/English
",
            unlinkd = program_path("usr/lib/squid/unlinkd").display(),
            share = share.display(),
        );
        let file = folder.write("squid.conf", configuration);
        // The name is that of its shared memory.
        ["-N", "-n", &format!("kestra{port}"), "-f", file.to_str().unwrap()].map(str::to_owned).to_vec()
    })
    .await
}

/// Asks for the user `user` and the password `secret`.
async fn tinyproxy() -> Process {
    Process::start("usr/bin/tinyproxy", |folder, port| {
        let configuration =
            format!("Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\nBasicAuth user secret\n");
        let file = folder.write("tinyproxy.conf", configuration);
        ["-d", "-c", file.to_str().unwrap()].map(str::to_owned).to_vec()
    })
    .await
}

async fn dante() -> Process {
    Process::start("usr/sbin/danted", |folder, port| {
        let configuration = format!(
            "logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
"
        );
        let file = folder.write("danted.conf", configuration);
        let pid = folder.path().join("pid");
        ["-p", pid.to_str().unwrap(), "-f", file.to_str().unwrap()].map(str::to_owned).to_vec()
    })
    .await
}

/// Asks for the user `user` and the password `secret`.
async fn microsocks() -> Process {
    Process::start("usr/bin/microsocks", |_, port| {
        ["-i", "127.0.0.1", "-p", &port.to_string(), "-u", "user", "-P", "secret"].map(str::to_owned).to_vec()
    })
    .await
}

fn proxy(scheme: &str, credentials: &str, process: &Process) -> Proxy {
    Proxy::all(&format!("{scheme}://{credentials}{}", process.address())).unwrap().include_loopback()
}

/// How many idle connections to keep to a proxy that doesn't close them.
const IDLE: usize = 8;

/// Makes the usual calls without and with TLS, and some that fail. Without TLS this many idle connections are kept.
async fn serves(proxy: &Proxy, idle: usize) {
    let server = TestServer::start().await.unwrap();
    let transport = Transport::builder().proxy(proxy.clone()).pool_max_idle_per_host(idle).build().unwrap();
    let client = Client::builder().server(server.url()).transport(transport).build().unwrap();
    usual_calls::make(&client, &server).await;
    // squid closes connections about three seconds after their last request, some of them while the next request arrives, which only
    // calls survive that may be retried.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(3300)).await;
        client.flows().search_flows().await.unwrap();
    }

    let certificates = Certificates::new();
    let settings = nginx::Settings {
        certificates: Some(&certificates),
        location: nginx::UNBUFFERED,
        ..nginx::Settings::default()
    };
    let nginx = nginx::start(&[server.address()], settings).await;
    let secure = |port: u16| {
        let client = Client::builder().server(format!("https://localhost:{port}"));
        client.proxy(proxy.clone()).tls(certificates.trusted()).build().unwrap()
    };
    usual_calls::make(&secure(nginx.address().port()), &server).await;

    let error = secure(closed_port().port()).flows().search_flows().await.unwrap_err();
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Proxy, RequestSent::No), "{error:#}");
}

/// A port that nobody listens on.
fn closed_port() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

async fn refuses(proxy: Proxy) {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).proxy(proxy).build().unwrap();
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Proxy, RequestSent::No), "{error:#}");
    assert!(!format!("{error:#} {error:?}").contains("wrong"), "{error:#}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn squid_forwards_requests_and_tunnels() {
    let process = squid().await;
    serves(&proxy("http", "", &process), IDLE).await;
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn tinyproxy_forwards_requests_and_tunnels_with_credentials() {
    let process = tinyproxy().await;
    // It closes each connection after a response, and does not announce that: a request that is sent just then is lost.
    serves(&proxy("http", "user:secret@", &process), 0).await;
    refuses(proxy("http", "user:wrong@", &process)).await;
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn dante_serves_socks() {
    let process = dante().await;
    for scheme in ["socks5", "socks5h"] {
        serves(&proxy(scheme, "", &process), IDLE).await;
    }
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn microsocks_serves_socks_with_credentials() {
    let process = microsocks().await;
    serves(&proxy("socks5h", "user:secret@", &process), IDLE).await;
    refuses(proxy("socks5h", "user:wrong@", &process)).await;
}
