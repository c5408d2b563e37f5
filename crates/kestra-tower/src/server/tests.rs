use std::time::Duration;

use http::{Request, Response, Uri};
use kestra_core::{
    Body, BoxError, Call, CallOptions, Error, ErrorKind, RequestSent, Retry, Servers, TimeoutPhase, Version,
};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};
use tower_service::Service;

use super::ServerLayer;
use crate::test_support::{
    MOVED, Peer, READ, RECENT, Reply, SWEPT, after, context, fail, request, request_with, status, version,
};
use crate::{RetryLayer, TimeoutLayer, VersionCache};

const SECOND: Duration = Duration::from_secs(1);
const BASE: &str = "http://kestra:8080";
const CONFIGS: &str = "GET http://kestra:8080/api/v1/configs";
const OLD: &str = "PUT http://kestra:8080/api/v1/main/flows/private-id/old";
const NEW: &str = "POST http://kestra:8080/api/v1/main/flows/private-id/new";

async fn error_of<S>(service: S, request: Request<Body>) -> Error
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    Error::from_boxed(service.oneshot(request).await.unwrap_err())
}

#[tokio::test]
async fn a_path_becomes_the_url_of_the_selected_server() {
    let servers = Servers::new(["https://one.example.com", "https://two.example.com:8443/kestra/"])
        .operation("FlowsAPIService.GetFlow", ["http://flows"]);
    let peer = Peer::default();
    let service = ServerLayer::new(servers).layer(peer.clone());
    service.clone().oneshot(request(&READ)).await.unwrap();
    for options in [CallOptions::new(), CallOptions::new().server_index(1)] {
        let request = request_with(&crate::test_support::START, options);
        service.clone().oneshot(request).await.unwrap();
    }
    let raw = Request::get("/api/v1/anything?q=1").body(Body::empty()).unwrap();
    service.clone().oneshot(raw).await.unwrap();
    let bare = Request::new(Body::empty());
    service.oneshot(bare).await.unwrap();
    assert_eq!(
        peer.uris(),
        [
            "GET http://flows/api/v1/main/flows/private-id",
            "POST https://one.example.com/api/v1/main/executions/private-id",
            "POST https://two.example.com:8443/kestra/api/v1/main/executions/private-id",
            "GET https://one.example.com/api/v1/anything?q=1",
            "GET https://one.example.com/",
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_none_is_an_error_before_anything_is_sent() {
    let peer = Peer::default();
    for (servers, options) in [
        (Servers::new(["ftp://example.com"]), CallOptions::new()),
        (Servers::new(["http://example.com"]), CallOptions::new().server_index(1)),
        (Servers::new(["http://{host}"]), CallOptions::new()),
    ] {
        let error =
            error_of(ServerLayer::new(servers).layer(peer.clone()), request_with(&READ, options)).await;
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Server, RequestSent::No));
        assert_eq!(error.operation().map(|operation| operation.name), Some("get_flow"));
    }
    assert_eq!(peer.count(), 0);
}

#[tokio::test]
async fn a_long_request_line_is_refused_with_the_prefix_counted() {
    let peer = Peer::default();
    let prefix = "p".repeat(100);
    let service = ServerLayer::new(format!("http://kestra/{prefix}")).layer(peer.clone());
    let raw = |length: usize| {
        let uri: Uri = format!("/{}", "x".repeat(length)).parse().unwrap();
        Request::get(uri).body(Body::empty()).unwrap()
    };
    let fits = 4096 - "GET ".len() - " HTTP/1.1\r\n".len() - "/".len() - prefix.len() - "/".len();
    service.clone().oneshot(raw(fits)).await.unwrap();
    let error = error_of(service, raw(fits + 1)).await;
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("4096"), "{error}");
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn an_absolute_url_is_let_through_to_the_same_origin_only() {
    let peer = Peer::default();
    let service = ServerLayer::new("https://kestra.example.com").layer(peer.clone());
    let to = |url: &str| Request::get(url).body(Body::empty()).unwrap();
    for same in ["https://kestra.example.com/x", "https://KESTRA.example.com:443/y?z=1"] {
        service.clone().oneshot(to(same)).await.unwrap();
    }
    for other in [
        "https://evil.example.com/secret-path",
        "http://kestra.example.com/",
        "https://kestra.example.com:8443/",
    ] {
        let error = error_of(service.clone(), to(other)).await;
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No));
        let text = error.to_string();
        assert!(text.contains("https://kestra.example.com") && !text.contains("secret-path"), "{text}");
    }
    assert_eq!(peer.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_version_is_asked_once_and_only_if_it_matters() {
    let peer = Peer::default();
    let service = ServerLayer::new(BASE).layer(peer.clone());
    service.clone().oneshot(request(&READ)).await.unwrap();
    assert_eq!(peer.count(), 1);
    peer.add([version("1.3.25")]);
    let asked = request(&MOVED);
    let context = context(&asked);
    service.clone().oneshot(asked).await.unwrap();
    assert_eq!(context.attempts(), 0, "the question is no attempt");
    service.clone().oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris()[1..], [CONFIGS, OLD, OLD]);
    assert!(!peer.seen()[1].has_context);

    // A copy of the layer shares the answer; after its time it is asked again.
    peer.add([version("2.0.1")]);
    tokio::time::sleep(SECOND * 299).await;
    service.clone().oneshot(request(&RECENT)).await.unwrap();
    assert_eq!(peer.count(), 5);
    peer.add([status(200)]);
    tokio::time::sleep(SECOND * 2).await;
    let peer_before = peer.count();
    let error = error_of(service, request(&MOVED)).await;
    assert_eq!(error.kind(), ErrorKind::Decode, "an empty answer has no version");
    assert_eq!(peer.count(), peer_before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_set_is_not_asked() {
    let peer = Peer::default();
    let service = ServerLayer::new(BASE).api_version(Version::new(1, 0, 0)).layer(peer.clone());
    service.clone().oneshot(request(&MOVED)).await.unwrap();
    let own = CallOptions::new().api_version(Version::NEWEST);
    service.oneshot(request_with(&MOVED, own)).await.unwrap();
    assert_eq!(peer.uris(), [OLD, NEW]);
}

#[tokio::test]
async fn what_the_server_lacks_is_unsupported_before_it_is_sent() {
    let peer = Peer::default();
    let service = ServerLayer::new(BASE).api_version(Version::new(1, 0, 0)).layer(peer.clone());
    let error = error_of(service.clone(), request(&RECENT)).await;
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Unsupported, RequestSent::No));
    assert_eq!(peer.count(), 0);
    service.oneshot(request_with(&RECENT, CallOptions::new().any_version())).await.unwrap();
    assert_eq!(peer.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_share_the_question() {
    let peer = Peer::new([after(SECOND, version("1.3.25"))]);
    let layer = ServerLayer::new(BASE);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..32 {
        calls.spawn(layer.layer(peer.clone()).oneshot(request(&MOVED)));
    }
    assert!(calls.join_all().await.into_iter().all(|result| result.is_ok()));
    assert_eq!(peer.uris().iter().filter(|uri| *uri == CONFIGS).count(), 1);
    assert_eq!(peer.count(), 33);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_share_a_failure_and_it_is_not_kept() {
    let peer = Peer::new([after(SECOND, fail(ErrorKind::Connect, RequestSent::No))]);
    let layer = ServerLayer::new(BASE);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        calls.spawn(layer.layer(peer.clone()).oneshot(request(&MOVED)));
    }
    for result in calls.join_all().await {
        let error = Error::from_boxed(result.unwrap_err());
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Connect, RequestSent::No));
        assert!(error.is_transient() && error.is_retryable());
        let text = format!("{error:#}");
        assert!(text.contains("while detecting the server version"), "{text}");
        assert!(text.contains("api_version") && text.contains("KESTRA_API_VERSION"), "{text}");
        assert_eq!(text.matches("scripted").count(), 1, "{text}");
    }
    assert_eq!(peer.count(), 1);
    peer.add([version("1.3.25")]);
    layer.layer(peer.clone()).oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris(), [CONFIGS, CONFIGS, OLD]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_while_it_asks_leaves_the_question_to_the_next() {
    let peer = Peer::new([Reply::Never, version("1.3.25")]);
    let layer = ServerLayer::new(BASE);
    let first = tokio::spawn(layer.layer(peer.clone()).oneshot(request(&MOVED)));
    tokio::task::yield_now().await;
    let second = tokio::spawn(layer.layer(peer.clone()).oneshot(request(&MOVED)));
    tokio::time::sleep(SECOND).await;
    assert_eq!(peer.count(), 1);
    first.abort();
    second.await.unwrap().unwrap();
    assert_eq!(peer.uris(), [CONFIGS, CONFIGS, OLD]);
}

#[tokio::test(start_paused = true)]
async fn the_question_has_a_limit_of_its_own() {
    let peer = Peer::new([Reply::Never, Reply::Never]);
    let since = tokio::time::Instant::now();
    let error = error_of(ServerLayer::new(BASE).layer(peer.clone()), request(&MOVED)).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::VersionProbe));
    assert_eq!((since.elapsed(), error.request_sent()), (SECOND * 10, RequestSent::No));
    let layer = ServerLayer::new(BASE).version_timeout(SECOND);
    error_of(layer.layer(peer), request(&MOVED)).await;
    assert_eq!(since.elapsed(), SECOND * 11);
}

#[tokio::test]
async fn a_failed_question_keeps_the_kind_status_and_body_of_its_cause() {
    for (reply, kind, code) in [
        (status(401), ErrorKind::Status, Some(401)),
        (status(404), ErrorKind::Status, Some(404)),
        (Reply::Text(502, "<html>bad gateway</html>".into()), ErrorKind::Status, Some(502)),
        (Reply::Text(200, "<html>welcome</html>".into()), ErrorKind::Decode, Some(200)),
        (Reply::Text(200, r#"{"version":""}"#.into()), ErrorKind::Decode, Some(200)),
        (fail(ErrorKind::Tls, RequestSent::No), ErrorKind::Tls, None),
        (fail(ErrorKind::Proxy, RequestSent::No), ErrorKind::Proxy, None),
        (fail(ErrorKind::Transport, RequestSent::Maybe), ErrorKind::Transport, None),
        (
            Reply::Fail(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
            ErrorKind::Service,
            None,
        ),
    ] {
        let error = error_of(ServerLayer::new(BASE).layer(Peer::new([reply])), request(&MOVED)).await;
        assert_eq!((error.kind(), error.request_sent()), (kind, RequestSent::No), "{error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), code, "{error:#}");
        assert_eq!(error.is_unauthorized(), code == Some(401));
        assert!(!error.is_not_found(), "the call itself was not sent");
        let passes =
            code == Some(502) || matches!(kind, ErrorKind::Proxy | ErrorKind::Transport | ErrorKind::Service);
        assert_eq!(error.is_transient(), passes, "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("move_flow (POST ") && text.contains("while detecting the server version"),
            "{text}"
        );
        assert!(error.hint().is_some(), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_hangs_is_named_within_any_limit() {
    for (total, attempt) in [(2, 60), (60, 2), (2, 2), (5, 3), (25, 60)] {
        let never = std::iter::repeat_with(|| Reply::Never).take(20);
        let service = ServiceBuilder::new()
            .layer(TimeoutLayer::total(SECOND * total))
            .layer(RetryLayer::new(Retry::standard()))
            .layer(TimeoutLayer::attempt(SECOND * attempt))
            .layer(ServerLayer::new(BASE))
            .service(Peer::new(never));
        let error = error_of(service, request(&MOVED)).await;
        assert_eq!(
            error.kind(),
            ErrorKind::Timeout(TimeoutPhase::VersionProbe),
            "{total} {attempt}: {error}"
        );
        assert!(
            error.to_string().contains("while detecting the server version"),
            "{total} {attempt}: {error}"
        );
    }
    // Once the version is known, it is the call that hangs.
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::total(SECOND * 2))
        .layer(ServerLayer::new(BASE))
        .service(Peer::new([version("1.3.25"), Reply::Never]));
    assert_eq!(error_of(service, request(&MOVED)).await.kind(), ErrorKind::Timeout(TimeoutPhase::Total));
}

#[tokio::test(start_paused = true)]
async fn a_doubtful_answer_or_a_failed_connection_has_the_version_asked_again() {
    for (reply, wait, asked) in [
        (status(500), SECOND * 6, 1),
        (fail(ErrorKind::Connect, RequestSent::No), SECOND, 2),
        (fail(ErrorKind::Transport, RequestSent::Maybe), SECOND * 6, 1),
    ] {
        let peer = Peer::new([version("1.3.25")]);
        let service = ServerLayer::new(BASE).layer(peer.clone());
        service.clone().oneshot(request(&MOVED)).await.unwrap();
        tokio::time::sleep(wait).await;
        peer.add([reply]);
        let _ = service.clone().oneshot(request(&MOVED)).await;
        if asked == 2 {
            peer.add([version("2.0.0")]);
        }
        service.oneshot(request(&MOVED)).await.unwrap();
        assert_eq!(peer.uris().iter().filter(|uri| *uri == CONFIGS).count(), asked);
        assert_eq!(peer.uris().last().unwrap(), if asked == 2 { NEW } else { OLD });
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_an_upgrade_asks_again_and_is_sent_once_more() {
    for code in [404, 405, 415] {
        // The version is detected again however young it is.
        for wait in [SECOND * 60, SECOND / 10] {
            let peer = Peer::new([version("1.3.25")]);
            let service = ServerLayer::new(BASE).layer(peer.clone());
            service.clone().oneshot(request(&MOVED)).await.unwrap();
            tokio::time::sleep(wait).await;
            peer.add([status(code), version("2.0.0")]);
            let response = service.clone().oneshot(request(&MOVED)).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(peer.uris(), [CONFIGS, OLD, OLD, CONFIGS, NEW]);
            // Later calls use the new version.
            service.oneshot(request(&MOVED)).await.unwrap();
            assert_eq!(peer.uris()[5..], [NEW]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_simply_missing_stays_so_and_is_asked_about_once_a_second() {
    let peer = Peer::new([version("1.3.25"), status(404), version("1.3.25"), status(404), status(404)]);
    let service = ServerLayer::new(BASE).layer(peer.clone());
    for _ in 0..3 {
        assert_eq!(service.clone().oneshot(request(&MOVED)).await.unwrap().status(), 404);
    }
    assert_eq!(peer.uris(), [CONFIGS, OLD, CONFIGS, OLD, OLD]);
    // A failed detection leaves the response as it is.
    tokio::time::sleep(SECOND * 2).await;
    peer.add([status(404), status(503)]);
    assert_eq!(service.clone().oneshot(request(&MOVED)).await.unwrap().status(), 404);
    // The next patch release reads the call in the same way, so it isn't sent again.
    peer.add([version("1.3.25")]);
    service.clone().oneshot(request(&MOVED)).await.unwrap();
    tokio::time::sleep(SECOND * 2).await;
    peer.add([status(404), version("1.3.26")]);
    assert_eq!(service.oneshot(request(&MOVED)).await.unwrap().status(), 404);
    assert_eq!(peer.uris()[5..], [OLD, CONFIGS, CONFIGS, OLD, OLD, CONFIGS]);
}

#[tokio::test(start_paused = true)]
async fn what_could_start_something_twice_is_not_sent_again_but_has_the_version_asked_by_the_next() {
    let peer = Peer::new([version("1.3.25"), status(404)]);
    let service = ServerLayer::new(BASE).layer(peer.clone());
    let options = CallOptions::new().idempotent(false);
    let response = service.clone().oneshot(request_with(&MOVED, options)).await.unwrap();
    assert_eq!(response.status(), 404);
    peer.add([version("2.0.0")]);
    service.clone().oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris(), [CONFIGS, OLD, CONFIGS, NEW]);

    // An operation that the new version lacks is an error.
    let peer = Peer::new([version("1.3.25"), status(404), version("1.0.0")]);
    let service = ServerLayer::new(BASE).layer(peer.clone());
    let error = error_of(service, request(&RECENT)).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(peer.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_action_by_query_has_the_version_asked_right_before() {
    let peer = Peer::new([version("1.3.25")]);
    let service = ServerLayer::new(BASE).layer(peer.clone());
    service.clone().oneshot(request(&SWEPT)).await.unwrap();
    tokio::time::sleep(SECOND * 2).await;
    // The server was upgraded meanwhile, and no call had reason to doubt what is known.
    peer.add([version("2.0.0")]);
    let error = error_of(service.clone(), request(&SWEPT)).await;
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Unsupported, RequestSent::No));
    // Others believe what was asked a while ago, and these what was asked just now.
    error_of(service.clone(), request(&SWEPT)).await;
    tokio::time::sleep(SECOND * 2).await;
    service.oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris().iter().filter(|uri| *uri == CONFIGS).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_search_of_what_is_acted_on_has_the_version_asked_right_before() {
    let peer = Peer::new([version("1.3.25")]);
    let service = ServerLayer::new(BASE).layer(peer.clone());
    let query = Call::new(&SWEPT).path("private-id");
    let search = || query.related_search(&MOVED).into_request().unwrap();
    service.clone().oneshot(search()).await.unwrap();
    tokio::time::sleep(SECOND * 2).await;
    service.clone().oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris(), [CONFIGS, OLD, OLD]);
    peer.add([version("2.0.0")]);
    service.oneshot(search()).await.unwrap();
    assert_eq!(peer.uris()[3..], [CONFIGS, NEW]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_below_does_not_block() {
    let peer = Peer::new([after(SECOND, version("1.3.25")), after(SECOND, status(200))]);
    let service =
        ServiceBuilder::new().layer(ServerLayer::new(BASE)).concurrency_limit(1).service(peer.clone());
    let both = tokio::time::timeout(SECOND * 60, async {
        let (first, second) =
            tokio::join!(service.clone().oneshot(request(&MOVED)), service.clone().oneshot(request(&MOVED)));
        first.and(second)
    });
    assert!(both.await.is_ok_and(|result| result.is_ok()));
    assert_eq!(peer.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failed_question_is_repeated_like_the_call() {
    let service = |peer: &Peer| {
        ServiceBuilder::new()
            .layer(RetryLayer::new(Retry::standard()))
            .layer(ServerLayer::new(BASE))
            .service(peer.clone())
    };
    for reply in [fail(ErrorKind::Connect, RequestSent::No), status(503), status(429)] {
        let peer = Peer::new([reply, version("1.3.25")]);
        service(&peer).oneshot(request(&MOVED)).await.unwrap();
        assert_eq!(peer.uris(), [CONFIGS, CONFIGS, OLD]);
    }
    let peer = Peer::new([status(401)]);
    error_of(service(&peer), request(&MOVED)).await;
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn the_question_carries_the_headers_of_all_calls() {
    let options = CallOptions::new().header("x-gateway", "key").header("content-type", "text/plain");
    let peer = Peer::new([version("1.3.25")]);
    let mut asked = request_with(&MOVED, options);
    asked.headers_mut().insert("authorization", "Basic x".parse().unwrap());
    ServerLayer::new(BASE).layer(peer.clone()).oneshot(asked).await.unwrap();
    let headers = &peer.seen()[0].headers;
    assert_eq!(
        (&headers["x-gateway"], &headers["authorization"]),
        (&"key".parse().unwrap(), &"Basic x".parse().unwrap())
    );
    assert!(!headers.contains_key("content-type"));
}

#[tokio::test]
async fn caches_are_shared_cleared_and_kept_by_server() {
    let cache = VersionCache::new();
    let peer = Peer::new([version("1.3.25")]);
    let layer = || ServerLayer::new(BASE).version_cache(cache.clone());
    layer().layer(peer.clone()).oneshot(request(&MOVED)).await.unwrap();
    layer().layer(peer.clone()).oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.count(), 3);
    assert_eq!(format!("{cache:?}"), "{http://kestra:8080: 1.3.25}");
    peer.add([version("2.0.0")]);
    let other = ServerLayer::new("http://other").version_cache(cache.clone());
    other.layer(peer.clone()).oneshot(request(&MOVED)).await.unwrap();
    cache.clear();
    peer.add([version("2.0.0")]);
    layer().layer(peer.clone()).oneshot(request(&MOVED)).await.unwrap();
    assert_eq!(peer.uris().last().unwrap(), NEW);
}

#[tokio::test]
async fn what_layers_above_changed_stays_where_the_route_is_the_newest() {
    let peer = Peer::default();
    let service = ServerLayer::new(BASE).api_version(Version::NEWEST).layer(peer.clone());
    let mut asked = request(&MOVED);
    *asked.uri_mut() = "/api/v1/main/flows/private-id/new?added=1".parse().unwrap();
    service.oneshot(asked).await.unwrap();
    assert_eq!(peer.uris(), [format!("{NEW}?added=1")]);
}
