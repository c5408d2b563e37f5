use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use kestra_core::{Body, BoxError, Error, ErrorKind, RequestSent};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};
use tower_service::Service;

use super::{Auth, AuthLayer, Token};
use crate::test_support::{Peer, READ, START, WEBHOOK, after, request, status};

const SECOND: Duration = Duration::from_secs(1);

async fn error_of<S>(service: S, request: Request<Body>) -> Error
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    Error::from_boxed(service.oneshot(request).await.unwrap_err())
}

fn credentials(peer: &Peer) -> Vec<String> {
    let text = |seen: &crate::test_support::Seen| {
        let header = seen.headers.get("authorization");
        header.map_or("none", |header| header.to_str().unwrap()).to_owned()
    };
    peer.seen().iter().map(text).collect()
}

/// A source that counts: the first token is `t1`.
fn counting(lasts: Option<Duration>, takes: Duration) -> (Auth, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let auth = Auth::provider(move || {
        let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            tokio::time::sleep(takes).await;
            let token = Token::new(format!("t{number}"));
            Ok::<_, BoxError>(match lasts {
                Some(lasts) => token.expires_in(lasts),
                None => token,
            })
        }
    });
    (auth, asked)
}

#[tokio::test]
async fn fixed_credentials_are_sent_and_marked_as_sensitive() {
    for (layer, expected) in [
        (AuthLayer::basic("me@example.com", "pass:wörd"), "Basic bWVAZXhhbXBsZS5jb206cGFzczp3w7ZyZA=="),
        (AuthLayer::bearer("abc"), "Bearer abc"),
        (AuthLayer::new(Auth::none()), "none"),
    ] {
        let peer = Peer::default();
        layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        assert_eq!(credentials(&peer), [expected]);
        assert!(peer.seen()[0].headers.values().filter(|value| value.is_sensitive()).count() <= 1);
        assert_eq!(peer.seen()[0].headers.values().any(|value| value.is_sensitive()), expected != "none");
    }
}

#[tokio::test]
async fn a_request_s_own_credentials_win() {
    let peer = Peer::default();
    let mut asked = request(&READ);
    asked.headers_mut().insert("authorization", "Bearer own".parse().unwrap());
    AuthLayer::bearer("ours").layer(peer.clone()).oneshot(asked).await.unwrap();
    assert_eq!(credentials(&peer), ["Bearer own"]);
    assert!(peer.seen()[0].headers["authorization"].is_sensitive());
}

#[tokio::test]
async fn webhooks_get_none_unless_asked() {
    let peer = Peer::default();
    AuthLayer::bearer("abc").layer(peer.clone()).oneshot(request(&WEBHOOK)).await.unwrap();
    AuthLayer::bearer("abc").webhooks(true).layer(peer.clone()).oneshot(request(&WEBHOOK)).await.unwrap();
    assert_eq!(credentials(&peer), ["none", "Bearer abc"]);
}

#[tokio::test]
async fn what_no_header_can_have_is_an_error_that_names_the_field() {
    for (auth, field) in [
        (Auth::basic("", "x"), "user"),
        (Auth::basic("a:b", "x"), "user"),
        (Auth::basic("a\nb", "x"), "user"),
        (Auth::basic("a", "secret\r\n"), "password"),
        (Auth::bearer(""), "token"),
        (Auth::bearer("secret\n"), "token"),
        (Auth::bearer("Bearer secret"), "token"),
        (Auth::bearer(" bearer: secret"), "token"),
        (Auth::bearer("Basic c2VjcmV0"), "token"),
    ] {
        let peer = Peer::default();
        let checked = auth.check().unwrap_err();
        let error = error_of(AuthLayer::new(auth).layer(peer.clone()), request(&READ)).await;
        for error in [checked, error] {
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Build, RequestSent::No));
            let text = format!("{error:#} {error:?}");
            assert!(text.contains(&format!("{field}: ")) && !text.contains("secret"), "{text}");
        }
        assert_eq!(peer.count(), 0);
    }
    assert!(Auth::basic("a", "").check().is_ok());
}

#[test]
fn debug_shows_no_secret() {
    let layers = [AuthLayer::basic("me", "secret"), AuthLayer::bearer("secret")];
    for layer in layers {
        let text = format!("{layer:?} {:?}", layer.layer(()));
        assert!(!text.contains("secret") && !text.contains("c2Vj"), "{text}");
    }
    assert_eq!(format!("{:?}", Auth::file("/x")), "Auth(file)");
}

#[tokio::test(start_paused = true)]
async fn one_call_asks_the_source_and_the_others_wait() {
    let (auth, asked) = counting(None, SECOND);
    let peer = Peer::default();
    let layer = AuthLayer::new(auth);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        calls.spawn(layer.layer(peer.clone()).oneshot(request(&READ)));
    }
    assert!(calls.join_all().await.into_iter().all(|result| result.is_ok()));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert!(credentials(&peer).iter().all(|header| header == "Bearer t1"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_does_not_stop_the_source() {
    let (auth, asked) = counting(None, SECOND);
    let peer = Peer::default();
    let layer = AuthLayer::new(auth);
    let first = tokio::spawn(layer.layer(peer.clone()).oneshot(request(&READ)));
    tokio::task::yield_now().await;
    first.abort();
    layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    assert_eq!((asked.load(Ordering::Relaxed), credentials(&peer)), (1, vec!["Bearer t1".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_early_on_the_side_and_waited_for_when_it_is_over() {
    let (auth, _) = counting(Some(SECOND * 600), SECOND * 2);
    let peer = Peer::default();
    let service = AuthLayer::new(auth).layer(peer.clone());
    let call = || service.clone().oneshot(request(&READ));
    call().await.unwrap();
    tokio::time::sleep(SECOND * 539).await;
    call().await.unwrap();
    tokio::time::sleep(SECOND * 2).await;
    call().await.unwrap();
    tokio::time::sleep(SECOND * 3).await;
    call().await.unwrap();
    tokio::time::sleep(SECOND * 700).await;
    call().await.unwrap();
    assert_eq!(credentials(&peer), ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t3"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_leaves_the_old_token_until_it_is_over() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let auth = Auth::provider(move || {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            match number {
                0 => Ok(Token::new("old").expires_in(SECOND * 600)),
                _ => Err("the vault is sealed"),
            }
        }
    });
    let peer = Peer::default();
    let service = AuthLayer::new(auth).layer(peer.clone());
    service.clone().oneshot(request(&READ)).await.unwrap();
    tokio::time::sleep(SECOND * 545).await;
    for _ in 0..5 {
        service.clone().oneshot(request(&READ)).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "a source that failed is left alone for a while");
    tokio::time::sleep(SECOND * 60).await;
    let error = error_of(service, request(&READ)).await;
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Auth, RequestSent::No));
    let text = format!("{error:#}");
    assert!(text.contains("get_flow") && text.contains("the vault is sealed"), "{text}");
    assert_eq!(peer.count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_an_error_and_asked_again_by_the_next_call() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let auth = Auth::provider(move || {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            if number == 0 {
                std::future::pending::<()>().await;
            }
            Ok::<_, BoxError>("fresh")
        }
    });
    let service = AuthLayer::new(auth).layer(Peer::default());
    let error = error_of(service.clone(), request(&READ)).await;
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(format!("{error:#}").contains("30s"), "{error:#}");
    assert!(service.oneshot(request(&READ)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_401_renews_the_token_and_repeats_the_call_once_whatever_it_does() {
    let (auth, asked) = counting(None, SECOND);
    let peer = Peer::new([status(401), status(200), status(401), status(401)]);
    let service =
        ServiceBuilder::new().layer(AuthLayer::new(auth)).concurrency_limit(1).service(peer.clone());
    let mut first = request(&START);
    *first.body_mut() = Body::from("body");
    assert_eq!(service.clone().oneshot(first).await.unwrap().status(), 200);
    assert_eq!(peer.seen()[1].body, b"body");
    assert_eq!(service.oneshot(request(&START)).await.unwrap().status(), 401, "it never loops");
    assert_eq!(credentials(&peer), ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_refused_together_renew_the_token_once() {
    let (auth, asked) = counting(None, SECOND);
    let peer = Peer::default();
    let layer = AuthLayer::new(auth);
    layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    peer.add((0..8).map(|_| after(SECOND, status(401))));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        calls.spawn(layer.layer(peer.clone()).oneshot(request(&READ)));
    }
    assert!(calls.join_all().await.into_iter().all(|result| result.unwrap().status() == 200));
    assert_eq!((asked.load(Ordering::Relaxed), peer.count()), (2, 17));
}

#[tokio::test]
async fn a_401_is_final_for_fixed_credentials_the_same_token_and_bodies_that_are_sent_once() {
    let same = Auth::provider(|| async { Ok::<_, BoxError>("same") });
    for auth in [Auth::bearer("abc"), same] {
        let peer = Peer::new([status(401)]);
        let response = AuthLayer::new(auth).layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        assert_eq!((response.status().as_u16(), peer.count()), (401, 1));
    }
    let (auth, _) = counting(None, Duration::ZERO);
    let peer = Peer::new([status(401)]);
    let mut asked = request(&READ);
    *asked.body_mut() = Body::new(http_body_util::Full::new(bytes::Bytes::from_static(b"once")));
    let response = AuthLayer::new(auth).layer(peer.clone()).oneshot(asked).await.unwrap();
    assert_eq!((response.status().as_u16(), peer.count()), (401, 1));
}

#[tokio::test]
async fn a_bad_token_of_a_source_is_an_error() {
    let auth = Auth::provider(|| async { Ok::<_, BoxError>("secret\n") });
    let error = error_of(AuthLayer::new(auth).layer(Peer::default()), request(&READ)).await;
    let text = format!("{error:#} {error:?}");
    assert!(text.contains("token: ") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn the_time_of_expiry_can_be_a_date() {
    let token = Token::new("x").expires_at(SystemTime::now() + SECOND * 100);
    assert!(format!("{token:?}").contains("Until"));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_again() {
    let path = std::env::temp_dir().join(format!("kestra-token-{}", std::process::id()));
    let error = error_of(AuthLayer::new(Auth::file(&path)).layer(Peer::default()), request(&READ)).await;
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(format!("{error:#}").contains("kestra-token-"), "{error:#}");

    std::fs::write(&path, "first\n").unwrap();
    let peer = Peer::default();
    let service = AuthLayer::new(Auth::file(&path)).layer(peer.clone());
    let call = || service.clone().oneshot(request(&READ));
    call().await.unwrap();
    std::fs::write(&path, "second\n").unwrap();
    call().await.unwrap();
    // A refusal has it read at once, a long silence too.
    peer.add([status(401)]);
    call().await.unwrap();
    std::fs::write(&path, "third\n").unwrap();
    tokio::time::sleep(SECOND * 61).await;
    call().await.unwrap();
    // It is gone: the last one serves.
    std::fs::remove_file(&path).unwrap();
    tokio::time::sleep(SECOND * 61).await;
    call().await.unwrap();
    assert_eq!(
        credentials(&peer),
        ["Bearer first", "Bearer first", "Bearer first", "Bearer second", "Bearer third", "Bearer third"]
    );
}

/// Counts warnings of `kestra::auth`.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<u32>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "kestra::auth" && *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        *self.0.lock().unwrap() += 1;
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn plain_http_to_another_machine_is_warned_about_once() {
    let warnings = Warnings::default();
    crate::test_support::keep_asking();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let layer = AuthLayer::bearer("abc");
    let send = async |url: &str| {
        let request = Request::get(url).body(Body::empty()).unwrap();
        layer.layer(Peer::default()).oneshot(request).await.unwrap();
        *warnings.0.lock().unwrap()
    };
    for harmless in [
        "https://kestra.example.com/",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "http://[::1]:8080/",
        "http://a.localhost/",
        "/path",
    ] {
        assert_eq!(send(harmless).await, 0, "{harmless}");
    }
    assert_eq!(send("http://notlocalhost/").await, 1);
    assert_eq!(send("http://kestra.example.com/").await, 1);
}

#[test]
fn a_question_on_a_runtime_that_nobody_drives_holds_others_no_longer_than_one_for_the_version() {
    let (auth, asked) = counting(None, SECOND);
    let (layer, peer) = (AuthLayer::new(auth), Peer::default());
    let kept = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    kept.block_on(async {
        let call = layer.layer(peer.clone()).oneshot(request(&READ));
        assert!(tokio::time::timeout(SECOND / 20, call).await.is_err(), "the source takes longer");
    });
    assert_eq!(asked.load(Ordering::Relaxed), 1);

    let other =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let took = other.block_on(async {
        let begun = tokio::time::Instant::now();
        layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        begun.elapsed()
    });
    assert!(took <= SECOND * 12, "{took:?}");
    assert_eq!((asked.load(Ordering::Relaxed), credentials(&peer)), (2, vec!["Bearer t2".to_owned()]));
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_slow_is_asked_once() {
    let (auth, asked) = counting(None, SECOND * 25);
    let (layer, peer) = (AuthLayer::new(auth), Peer::default());
    let calls = (0..4).map(|_| layer.layer(peer.clone()).oneshot(request(&READ)));
    let calls: tokio::task::JoinSet<_> = calls.collect();
    assert!(calls.join_all().await.into_iter().all(|result| result.is_ok()));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_question_that_ended_with_its_runtime_is_asked_again() {
    let (auth, asked) = counting(None, SECOND * 5);
    let (layer, peer) = (AuthLayer::new(auth), Peer::default());
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let first = runtime();
    first.block_on(async {
        let call = layer.layer(peer.clone()).oneshot(request(&READ));
        assert!(tokio::time::timeout(SECOND, call).await.is_err());
    });
    drop(first);
    runtime().block_on(layer.layer(peer.clone()).oneshot(request(&READ))).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
