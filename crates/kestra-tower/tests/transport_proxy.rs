//! Ways through proxies.

#![cfg(feature = "ring")]
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, RequestSent, Retry, TimeoutPhase};
use kestra_tower::transport::{Proxy, Tls};
use kestra_tower::{RetryLayer, Transport};
use support::proxies::{Record, header, http, http_proxy, socks_proxy};
use support::tls::{Ca, accept};
use support::{CREATE, READ, Server, json, read_head, request, request_with, send, text};
use tokio::io::AsyncWriteExt as _;
use tower::{Layer as _, ServiceExt as _};

/// `user:p@ss` in base64.
const BASIC: &str = "Basic dXNlcjpwQHNz";

async fn plain_server() -> Server {
    Server::answering(json("\"direct\"")).await
}

async fn tls_server(ca: &Ca) -> Server {
    let acceptor = ca.acceptor(&["kestra.test", "localhost"], false);
    Server::start(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let Some(mut stream) = accept(&acceptor, stream).await else { return };
            while !read_head(&mut stream).await.is_empty() {
                let _ = stream.write_all(json("\"safe\"").as_bytes()).await;
            }
        }
    })
    .await
}

fn through(proxy: &str) -> Transport {
    Transport::builder().proxy(Proxy::all(proxy).expect("a proxy")).build().expect("a transport")
}

fn trusting(proxy: &str, ca: &Ca) -> Transport {
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    Transport::builder().proxy(Proxy::all(proxy).expect("a proxy")).tls(tls).build().expect("a transport")
}

fn at(server: &Server, scheme: &str) -> String {
    format!("{scheme}://{}", server.address)
}

#[tokio::test]
async fn a_plain_request_is_forwarded_with_its_whole_url_and_the_credentials() {
    let record = Record::default();
    let proxy = http_proxy(record.clone(), "", Some(BASIC)).await;
    let transport = through(&format!("http://user:p%40ss@{}", proxy.address));
    for _ in 0..2 {
        let response = send(&transport, request(&READ, "http://kestra.test:8080")).await.expect("an answer");
        assert_eq!(text(response), "\"forwarded\"");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let heads = record.all();
    assert_eq!(heads.len(), 2);
    for head in heads {
        assert!(head.starts_with("GET http://kestra.test:8080/api/v1/thing HTTP/1.1\r\n"), "{head}");
        assert_eq!(header(&head, "host").as_deref(), Some("kestra.test:8080"));
    }
    assert_eq!(proxy.connections(), 1);
    assert!(!format!("{transport:#?}").contains("p@ss"));
    assert!(!format!("{transport:#?}").contains("dXNl"));
}

/// What a stack with retries makes of a request through a proxy: the error, and how often the proxy was asked.
async fn refused(proxy: &Server, scheme: &str, credentials: &str, url: &str) -> (Error, usize) {
    let before = proxy.connections();
    let transport = through(&format!("{scheme}://{credentials}{}", proxy.address));
    let service = RetryLayer::new(Retry::standard()).layer(transport);
    let asked = request_with(&CREATE, url, CallOptions::new().idempotent(true), Some(Body::from("body")));
    let context = CallContext::of(&asked).expect("a context").clone();
    let error = Error::from_boxed(service.oneshot(asked).await.expect_err("a refusal"));
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No, "{error:#}");
    assert_eq!(context.sent().get(), RequestSent::No, "{error:#}");
    assert!(!error.is_retryable(), "{error:#}");
    let shown = format!("{error:#} {error:?}");
    assert!(shown.contains(&proxy.address.to_string()), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("c2VjcmV0"), "{shown}");
    (error, proxy.connections() - before)
}

/// Answers each request so.
async fn answering(response: &'static str) -> Server {
    Server::start(move |mut stream, _| async move {
        while !read_head(&mut stream).await.is_empty() {
            let _ = stream.write_all(response.as_bytes()).await;
        }
    })
    .await
}

#[tokio::test]
async fn credentials_that_a_proxy_refuses_are_an_error_of_the_proxy_after_one_attempt() {
    let proxy = http_proxy(Record::default(), "", Some(BASIC)).await;
    for url in ["http://kestra.test", "https://kestra.test"] {
        let (error, asked) = refused(&proxy, "http", "", url).await;
        assert!(
            error.to_string().contains("407") && error.to_string().contains("requires credentials"),
            "{error}"
        );
        assert!(error.hint().expect("a hint").contains("user name and password"), "{error:#}");
        assert_eq!(asked, 1);
        let (error, asked) = refused(&proxy, "http", "user:secret@", url).await;
        assert!(error.to_string().contains("refused the credentials in its URL"), "{error}");
        assert_eq!(asked, 1);
    }
    let socks = socks_proxy(Record::default(), "", Some(("user", "right"))).await;
    for credentials in ["", "user:secret@"] {
        let (_, asked) = refused(&socks, "socks5h", credentials, "http://kestra.test").await;
        assert_eq!(asked, 1);
    }
}

/// As tinyproxy up to 1.11 answers credentials that are wrong.
const PAGE_OF_ITS_OWN: &str = "HTTP/1.0 401 Unauthorized\r\nServer: tinyproxy/1.11.1\r\nContent-Type: text/html\r\n\
     Content-Length: 28\r\n\r\n<html>401 Unauthorized</html>";

#[tokio::test]
async fn a_401_with_a_page_of_the_proxy_s_own_is_the_proxy_s() {
    let proxy = answering(PAGE_OF_ITS_OWN).await;
    for url in ["http://kestra.test", "https://kestra.test"] {
        let (error, asked) = refused(&proxy, "http", "user:secret@", url).await;
        assert!(error.to_string().contains("401"), "{error}");
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn a_401_that_a_proxy_passes_on_is_the_server_s() {
    let passed_on = [
        // Kestra's own.
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        // Of a gateway before Kestra.
        "HTTP/1.1 401 Unauthorized\r\nVia: 1.1 proxy\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n401",
    ];
    for response in passed_on {
        let proxy = answering(response).await;
        let transport = through(&format!("http://user:secret@{}", proxy.address));
        let response = send(&transport, request(&READ, "http://kestra.test")).await.expect("a response");
        assert_eq!(response.status(), 401);
    }
    // Where no credentials were sent, none were refused.
    let proxy = answering(PAGE_OF_ITS_OWN).await;
    let response =
        send(&through(&proxy.url()), request(&READ, "http://kestra.test")).await.expect("a response");
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn a_request_over_tls_goes_through_a_tunnel() {
    let ca = Ca::new();
    let server = tls_server(&ca).await;
    let record = Record::default();
    let proxy = http_proxy(record.clone(), server.address.to_string(), Some(BASIC)).await;
    let transport = trusting(&format!("http://user:p%40ss@{}", proxy.address), &ca);
    let response = send(&transport, request(&READ, "https://kestra.test")).await.expect("an answer");
    assert_eq!(text(response), "\"safe\"");
    let heads = record.all();
    let [head] = &heads[..] else { panic!("{heads:?}") };
    assert!(head.starts_with("CONNECT kestra.test:443 HTTP/1.1\r\nHost: kestra.test:443\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_may_itself_speak_tls() {
    let ca = Ca::new();
    let server = tls_server(&ca).await;
    let record = Record::default();
    let acceptor = ca.acceptor(&["localhost"], false);
    let upstream = server.address.to_string();
    let seen = record.clone();
    let proxy = Server::start(move |stream, _| {
        let (acceptor, seen, upstream) = (acceptor.clone(), seen.clone(), upstream.clone());
        async move {
            if let Some(stream) = accept(&acceptor, stream).await {
                http(stream, seen, upstream, None).await;
            }
        }
    })
    .await;
    let transport = trusting(&format!("https://localhost:{}", proxy.address.port()), &ca);
    let response = send(&transport, request(&READ, "https://kestra.test:8443")).await.expect("an answer");
    assert_eq!(text(response), "\"safe\"");
    let response = send(&transport, request(&READ, "http://kestra.test")).await.expect("an answer");
    assert_eq!(text(response), "\"forwarded\"");
    let heads = record.all();
    assert!(heads[0].starts_with("CONNECT kestra.test:8443 "), "{heads:?}");
    assert!(heads[1].starts_with("GET http://kestra.test/api/v1/thing "), "{heads:?}");

    // A proxy that isn't trusted is the proxy's fault, not the server's.
    let stranger = trusting(&format!("https://localhost:{}", proxy.address.port()), &Ca::new());
    let error = send(&stranger, request(&READ, "https://kestra.test")).await.expect_err("no trust");
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No);
}

async fn refusal(answer: &str, proxy_user: &str) -> Error {
    let proxy = Server::answering(answer).await;
    let transport = trusting(&format!("http://{proxy_user}{}", proxy.address), &Ca::new());
    let request = request(&CREATE, "https://kestra.test");
    let context = CallContext::of(&request).expect("a context").clone();
    let error = send(&transport, request).await.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No);
    assert_eq!(context.sent().get(), RequestSent::No);
    assert!(error.is_connect());
    assert!(error.hint().is_some());
    assert!(!format!("{error:#?}").contains("secret"), "{error:#?}");
    error
}

#[tokio::test]
async fn a_tunnel_that_is_refused_is_an_error_of_the_proxy() {
    let cases = [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "", "requires credentials"),
        ("HTTP/1.1 407 No\r\n\r\n", "user:secret@", "refused the credentials"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "", "204 No Content"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n", "user:secret@", "403 Forbidden"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "", "to kestra.test:443: 502 Bad Gateway"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "", "sent data after its response head"),
        ("SSH-2.0-x\r\n\r\n", "", "isn't HTTP"),
        ("HTTP/1.1 200", "", "closed the connection"),
    ];
    for (answer, user, expected) in cases {
        let error = refusal(answer, user).await;
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = refusal(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20_000)), "").await;
    assert!(error.to_string().contains("too large"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_nobody_serves_is_an_error_of_the_proxy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for (proxy, server) in [("http", "http"), ("http", "https"), ("socks5h", "http")] {
        let transport = trusting(&format!("{proxy}://user:secret@{address}"), &Ca::new());
        let error =
            send(&transport, request(&READ, &format!("{server}://kestra.test"))).await.expect_err("no proxy");
        assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
        assert!(error.to_string().contains(&format!("connection refused ({proxy}://{address})")), "{error}");
        assert!(!format!("{error:#?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_proxy_that_hangs_ends_with_the_connect_timeout() {
    let proxy = Server::start(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(stream);
    })
    .await;
    for scheme in ["http", "https", "socks5", "socks5h"] {
        let tls = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
        let transport = Transport::builder()
            .proxy(Proxy::all(&at(&proxy, scheme)).expect("a proxy").include_loopback())
            .tls(tls)
            .connect_timeout(Duration::from_millis(100))
            .build()
            .expect("a transport");
        let error = send(&transport, request(&READ, "https://127.0.0.1:1")).await.expect_err("a timeout");
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Proxy), "{error:#}");
        assert!(error.to_string().contains(&format!("through {scheme}://")), "{error}");
    }
}

#[tokio::test]
async fn socks_takes_names_or_addresses() {
    let server = plain_server().await;
    let record = Record::default();
    let proxy = socks_proxy(record.clone(), server.address.to_string(), None).await;
    let calls = [
        ("socks5h", "http://kestra.test", "name kestra.test 80"),
        ("socks5h", "http://10.1.2.3:8080", "ip 10.1.2.3 8080"),
        ("socks5", "http://localhost:8080", "ip 127.0.0.1 8080"),
        ("socks5", "http://10.1.2.3", "ip 10.1.2.3 80"),
    ];
    for (scheme, url, expected) in calls {
        let proxy = Proxy::all(&at(&proxy, scheme)).expect("a proxy").include_loopback();
        let transport = Transport::builder().proxy(proxy).build().expect("a transport");
        let response = send(&transport, request(&READ, url)).await.expect("an answer");
        assert_eq!(text(response), "\"direct\"");
        assert_eq!(record.all().last().expect("a line"), expected);
    }
}

#[tokio::test]
async fn socks_carries_tls_and_credentials() {
    let ca = Ca::new();
    let server = tls_server(&ca).await;
    let record = Record::default();
    let proxy = socks_proxy(record.clone(), server.address.to_string(), Some(("user", "p@ss"))).await;
    let transport = trusting(&format!("socks5h://user:p%40ss@{}", proxy.address), &ca);
    let response = send(&transport, request(&READ, "https://kestra.test")).await.expect("an answer");
    assert_eq!(text(response), "\"safe\"");
    assert_eq!(record.all(), ["name kestra.test 443"]);

    for wrong in ["user:secret@", ""] {
        let transport = trusting(&format!("socks5h://{wrong}{}", proxy.address), &ca);
        let error = send(&transport, request(&READ, "https://kestra.test")).await.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
        assert!(!format!("{error:#?}").contains("secret"));
    }
}

#[tokio::test]
async fn what_socks_refuses_and_what_has_no_address_is_an_error() {
    let proxy = socks_proxy(Record::default(), "", None).await;
    let transport = through(&at(&proxy, "socks5h"));
    let error = send(&transport, request(&READ, "http://refused.test")).await.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
    assert!(error.to_string().contains("can't connect to refused.test:80"), "{error}");
    let transport = through(&at(&proxy, "socks5"));
    let error =
        send(&transport, request(&READ, "http://no-such-name.invalid")).await.expect_err("no address");
    assert_eq!(error.kind(), ErrorKind::Dns, "{error:#}");
    assert!(error.to_string().contains("socks5h://"), "{error}");
}

#[tokio::test]
async fn loopback_and_exceptions_are_reached_directly() {
    let server = plain_server().await;
    let port = server.address.port();
    let nowhere = Proxy::all("http://proxy.invalid:1").expect("a proxy");
    let transport = Transport::builder().proxy(nowhere.clone()).build().expect("a transport");
    for url in [server.url(), format!("http://localhost:{port}")] {
        let response = send(&transport, request(&READ, &url)).await.expect("an answer");
        assert_eq!(text(response), "\"direct\"");
    }
    let told = nowhere.include_loopback();
    let transport = Transport::builder().proxy(told.clone()).build().expect("a transport");
    let error = send(&transport, request(&READ, &server.url())).await.expect_err("a proxy");
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
    let excepted = told.no_proxy(&format!("127.0.0.1:{port}"));
    let transport = Transport::builder().proxy(excepted).build().expect("a transport");
    let response = send(&transport, request(&READ, &server.url())).await.expect("an answer");
    assert_eq!(text(response), "\"direct\"");
}

/// Keeps what events say.
#[derive(Clone, Default)]
struct Events(std::sync::Arc<std::sync::Mutex<String>>);

impl tracing::field::Visit for Events {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().expect("a lock").push_str(&format!("{field}={value:?} "));
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Events {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

#[test]
fn an_entry_of_no_proxy_that_is_none_is_told_by_its_place() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let events = Events::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(events.clone()), || {
        let _ = Proxy::all("http://p:3128").expect("a proxy").no_proxy("localhost, http://user:hush@host");
    });
    let told = events.0.lock().expect("a lock").clone();
    assert!(told.contains("entry=2") && !told.contains("hush"), "{told}");
}
