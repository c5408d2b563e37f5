//! nginx in front of embedded servers.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::StatusCode;
use kestra::models::StateType;
use kestra::{Client, ErrorKind, FilePart, RequestSent};
use kestra_testkit::{Fault, TestServer};
use kestra_tests::eventually;

use crate::certificates::Certificates;
use crate::process::Process;
use crate::usual_calls::{self, JOB, PAUSING, content, state};
use crate::{NAMESPACE, server_restarts};

const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";
/// Settings of a proxy that passes events on as they come.
pub(crate) const UNBUFFERED: &str = "proxy_buffering off;";

/// What is set.
#[derive(Default)]
pub(crate) struct Settings<'a> {
    pub(crate) certificates: Option<&'a Certificates>,
    /// Directives of the server.
    pub(crate) server: &'a str,
    /// Below which path Kestra is served, with a slash at its end.
    pub(crate) prefix: &'a str,
    /// Directives of the location.
    pub(crate) location: &'a str,
}

/// Starts nginx, which passes requests on to one of these servers.
pub(crate) async fn start(servers: &[SocketAddr], settings: Settings<'_>) -> Process {
    let servers: String = servers.iter().map(|server| format!("server {server} max_fails=0;\n")).collect();
    Process::start("usr/sbin/nginx", |folder, port| {
        let path = folder.path().display();
        let mut tls = String::new();
        if let Some(certificates) = settings.certificates {
            certificates.write(folder);
            tls = format!("ssl_certificate {path}/server.pem; ssl_certificate_key {path}/server.key;");
        }
        let ssl = if settings.certificates.is_some() { "ssl" } else { "" };
        let own = settings.server.replace("FOLDER", &path.to_string());
        let prefix = if settings.prefix.is_empty() { "/" } else { settings.prefix };
        let location = settings.location;
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {path}/{name};\n"))
            .concat();
        let configuration = format!(
            "daemon off;
master_process off;
pid {path}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {temporary}
    upstream kestra {{ {servers} keepalive 16; }}
    server {{
        listen 127.0.0.1:{port} {ssl};
        {tls}
        {own}
        location {prefix} {{
            proxy_pass http://kestra/;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            {location}
        }}
    }}
}}
"
        );
        let file = folder.write("nginx.conf", configuration);
        ["-e", "stderr", "-p", &path.to_string(), "-c", file.to_str().unwrap()].map(str::to_owned).to_vec()
    })
    .await
}

async fn in_front_of(server: &TestServer, settings: Settings<'_>) -> (Process, Client) {
    let nginx = start(&[server.address()], settings).await;
    let client = Client::builder().server(nginx.url()).tenant("main").build().unwrap();
    (nginx, client)
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn tls_client_certificates_and_a_path_prefix() {
    let server = TestServer::start().await.unwrap();
    let certificates = Certificates::new();
    let settings = Settings {
        certificates: Some(&certificates),
        server: "ssl_client_certificate FOLDER/ca.pem; ssl_verify_client on;",
        prefix: "/kestra/",
        location: UNBUFFERED,
    };
    let nginx = start(&[server.address()], settings).await;
    let url = format!("https://localhost:{}/kestra", nginx.address().port());
    let client = |tls| Client::builder().server(url.as_str()).tls(tls).build().unwrap();
    usual_calls::make(&client(certificates.with_client_certificate()), &server).await;

    let error = client(certificates.trusted()).flows().search_flows().await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST), "{error:#}");
    assert!(error.to_string().contains("No required SSL certificate was sent"), "{error:#}");
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn connections_that_are_closed_while_idle_fail_no_call() {
    let server = TestServer::start().await.unwrap();
    server.deploy(JOB).unwrap();
    let settings = Settings { server: "keepalive_timeout 1s; keepalive_requests 3;", ..Settings::default() };
    let (_nginx, client) = in_front_of(&server, settings).await;
    // Creations without a key are not retried once they may have been sent.
    let create = async || client.executions().create_execution(NAMESPACE, "job").await.map(drop);
    for _ in 0..20 {
        create().await.unwrap();
    }
    for _ in 0..2 {
        let together: [_; 8] = std::array::from_fn(|_| create());
        for created in futures_util::future::join_all(together).await {
            created.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    create().await.unwrap();
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), 37);
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn lines_come_at_once_with_and_without_buffering() {
    let server = TestServer::start().await.unwrap();
    server.deploy(PAUSING).unwrap();
    let buffered = "proxy_buffering on; gzip on; gzip_proxied any; gzip_types *;";
    for location in [UNBUFFERED, buffered] {
        let (_nginx, client) = in_front_of(&server, Settings { location, ..Settings::default() }).await;
        let executions = client.executions();
        let id = executions.create_execution(NAMESPACE, "pausing").await.unwrap().id;
        eventually("the pause", async || {
            let execution = executions.get_execution(&id).await.unwrap();
            (state(&execution) == StateType::Paused).then_some(())
        })
        .await;
        // A stream that is compressed, or held back, would give nothing before the execution is resumed.
        let mut lines = client.logs().follow_logs_from_execution(&id).stream();
        let first = tokio::time::timeout(Duration::from_secs(30), lines.next()).await;
        let mut messages = vec![first.expect("a line at once").unwrap().unwrap().message];
        executions.resume_execution(&id).await.unwrap();
        while let Some(line) = lines.next().await {
            messages.push(line.unwrap().message);
        }
        assert_eq!(messages, ["before", "after"]);
    }
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn a_follow_and_a_wait_outlast_the_read_timeout() {
    let server = TestServer::start().await.unwrap();
    server.deploy(PAUSING).unwrap();
    for buffering in ["proxy_buffering off;", "proxy_buffering on;"] {
        let location = format!("{buffering} proxy_read_timeout 1s;");
        let settings = Settings { location: &location, ..Settings::default() };
        let (_nginx, client) = in_front_of(&server, settings).await;
        let executions = client.executions();
        let id = executions.create_execution(NAMESPACE, "pausing").await.unwrap().id;
        server.clear_requests();
        let resume = async {
            // Two connections were closed for their silence, and a third is open.
            eventually("three connections", async || {
                let requests = server.requests();
                let follows = requests.iter().filter(|request| request.path.ends_with("/follow"));
                (follows.count() >= 6).then_some(())
            })
            .await;
            executions.resume_execution(&id).await.unwrap();
        };
        let lines = async {
            let lines = client.logs().follow_logs_from_execution(&id).stream();
            lines.map(|line| line.unwrap().message).collect::<Vec<_>>().await
        };
        let wait = executions.wait(&id);
        let (states, lines, finished, ()) =
            tokio::join!(usual_calls::states(&client, &id), lines, async { wait.await.unwrap() }, resume);
        assert_eq!(state(states.last().unwrap()), StateType::Success);
        assert_eq!(lines, ["before", "after"]);
        assert_eq!(finished.state(), Some(&StateType::Success));
    }
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn an_upload_that_is_too_large_is_a_413() {
    let server = TestServer::start().await.unwrap();
    server.deploy(JOB).unwrap();
    for location in ["client_max_body_size 100k;", "client_max_body_size 100k; proxy_request_buffering off;"]
    {
        let (_nginx, client) = in_front_of(&server, Settings { location, ..Settings::default() }).await;
        for size in [200_000, 20_000_000] {
            let part = FilePart::bytes("data.bin", content(size));
            let upload = client.files().create_namespace_file(NAMESPACE, "/data.bin", part).await;
            let error = upload.unwrap_err();
            assert_eq!(error.status(), Some(StatusCode::PAYLOAD_TOO_LARGE), "{size}: {error:#}");
            // The connection is of no use after that.
            client.executions().create_execution(NAMESPACE, "job").await.unwrap();
        }
    }
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), 4);
}

#[tokio::test]
#[ignore = "needs .ci/neighbours"]
async fn a_start_outlasts_a_server_that_is_down_or_slow() {
    let mut server = TestServer::start().await.unwrap();
    server.deploy(JOB).unwrap();
    let settings = Settings { location: "proxy_read_timeout 1s;", ..Settings::default() };
    let (_nginx, client) = in_front_of(&server, settings).await;
    let executions = client.executions();

    server.stop().await;
    let error = executions.create_execution(NAMESPACE, "job").await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::BAD_GATEWAY), "{error:#}");
    // nginx may have passed the request on before it failed.
    assert_ne!(error.request_sent(), RequestSent::No);
    let start = executions.start(NAMESPACE, "job").idempotency_key("order-1").into_future();
    let restart = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.restart().await.unwrap();
    };
    let (started, ()) = tokio::join!(start, restart);
    assert_eq!(started.unwrap().key(), Some("order-1"));

    server.fail(Fault::delay(Duration::from_millis(1500)).on("POST", CREATE));
    let started = executions.start(NAMESPACE, "job").idempotency_key("order-2").await.unwrap();
    assert!(started.was_found(), "the response was a 504 of nginx");
    server.fail(Fault::hang().on("POST", CREATE));
    let start = executions.start(NAMESPACE, "job").idempotency_key("order-3");
    let error = start.look_up_for(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnclearOutcome, "{error:#}");
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs .ci/neighbours"]
async fn two_servers_that_restart_in_turn() {
    server_restarts::behind(async |servers| {
        let settings = Settings { location: UNBUFFERED, ..Settings::default() };
        start(servers, settings).await
    })
    .await;
}
