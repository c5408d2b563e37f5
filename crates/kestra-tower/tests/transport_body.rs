//! Bodies of answers on real sockets: whole ones, and what can go wrong with them.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use http_body_util::BodyExt as _;
use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, RequestSent, TimeoutPhase, Timeouts};
use kestra_tower::{Proxy, Transport};
use support::{
    CREATE, DOWNLOAD, READ, Server, json, read_head, request, request_with, send, text, transport,
};
use tokio::io::AsyncWriteExt as _;
use tower_service::Service as _;

#[tokio::test]
async fn a_body_is_read_whole_and_its_connection_used_again() {
    let server = Server::start(|mut stream, _| async move {
        while !read_head(&mut stream).await.is_empty() {
            stream.write_all(json("{\"a\":1}").as_bytes()).await.expect("a write");
        }
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        let request = request(&READ, &server.url());
        let context = CallContext::of(&request).expect("a context").clone();
        let response = send(&transport, request).await.expect("an answer");
        assert_eq!(text(response), "{\"a\":1}");
        assert_eq!(context.sent().get(), RequestSent::Yes);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn chunks_and_many_pieces_become_one_body() {
    let server = Server::start(|mut stream, number| async move {
        read_head(&mut stream).await;
        let head = match number {
            0 => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n",
        };
        stream.write_all(head.as_bytes()).await.expect("a write");
        for piece in ["one, ", "two, ", "three"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let piece =
                if number == 0 { format!("{:x}\r\n{piece}\r\n", piece.len()) } else { piece.to_owned() };
            stream.write_all(piece.as_bytes()).await.expect("a write");
        }
        if number == 0 {
            stream.write_all(b"0\r\nTrailer: x\r\n\r\n").await.expect("a write");
        }
    })
    .await;
    for _ in 0..2 {
        let response = send(&transport(), request(&READ, &server.url())).await.expect("an answer");
        assert_eq!(text(response), "one, two, three");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_an_error_with_what_was_read() {
    let cuts = [
        "HTTP/1.1 200 OK\r\nX-Seen: yes\r\nContent-Length: 100\r\n\r\n{\"id\":",
        "HTTP/1.1 200 OK\r\nX-Seen: yes\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n",
    ];
    for cut in cuts {
        let server = Server::answering(cut).await;
        let error = send(&transport(), request(&CREATE, &server.url())).await.expect_err("a cut");
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:#}");
        assert_eq!(error.request_sent(), RequestSent::Yes);
        let response = error.response().expect("the response");
        assert_eq!(response.parts.status, 200);
        assert_eq!(response.parts.headers["x-seen"], "yes");
        assert_eq!(response.body, "{\"id\":");
        assert_eq!(error.operation().map(|operation| operation.name), Some("create_thing"));
    }
}

#[tokio::test]
async fn an_error_response_that_is_cut_short_is_transient_where_the_body_tells_what_it_means() {
    for status in [400, 404, 409, 410, 422] {
        let cut = format!("HTTP/1.1 {status} Bad\r\nContent-Length: 100\r\n\r\n{{\"message\":\"Not");
        let server = Server::answering(cut).await;
        let error = send(&transport(), request(&READ, &server.url())).await.expect_err("a cut");
        assert_eq!(
            (error.kind(), error.status().map(|status| status.as_u16())),
            (ErrorKind::Status, Some(status))
        );
        assert!(error.is_transient(), "{error:#}");
        assert!(!error.is_not_found() && !error.already_exists(), "{error:#}");
        assert!(error.hint().expect("a hint").contains("within the body"), "{error:#}");
        assert_eq!(error.response().expect("the response").body, "{\"message\":\"Not");
    }
    for status in [401, 403, 500, 503] {
        let cut = format!("HTTP/1.1 {status} Bad\r\nContent-Length: 100\r\n\r\n{{\"message\":\"Not");
        let server = Server::answering(cut).await;
        let response = send(&transport(), request(&READ, &server.url())).await.expect("the status is enough");
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_head_may_have_sent_the_request() {
    for start in ["", "HTTP/1.1 200 OK\r\nContent-"] {
        let server = Server::answering(start).await;
        let request = request(&CREATE, &server.url());
        let context = CallContext::of(&request).expect("a context").clone();
        let error = send(&transport(), request).await.expect_err("a cut");
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:#}");
        assert_eq!(error.request_sent(), RequestSent::Maybe);
        assert_eq!(context.sent().get(), RequestSent::Maybe);
    }
}

#[tokio::test]
async fn what_is_not_http_cannot_be_read() {
    let server = Server::answering("SSH-2.0-OpenSSH_9.6\r\n").await;
    let error = send(&transport(), request(&READ, &server.url())).await.expect_err("no HTTP");
    assert_eq!(error.kind(), ErrorKind::Decode, "{error:#}");
    assert!(error.to_string().contains("https://"), "{error}");
}

/// A response with this many headers beside its length.
fn with_headers(count: usize) -> String {
    let headers: String = (0..count).map(|number| format!("X-{number}: {number}\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 1\r\n\r\n1")
}

#[tokio::test]
async fn more_headers_than_are_read_are_told_and_can_be_allowed() {
    let server = Server::answering(with_headers(300)).await;
    let error = send(&transport(), request(&READ, &server.url())).await.expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::Decode, "{error:#}");
    assert!(error.to_string().contains("more than 100 headers"), "{error:#}");
    assert!(!error.to_string().contains("isn't HTTP"), "{error:#}");
    assert!(error.hint().expect("a hint").contains("max_response_headers"), "{error:#}");
    let many = Transport::builder().no_proxy().max_response_headers(400).build().expect("a transport");
    let response = send(&many, request(&READ, &server.url())).await.expect("a response");
    assert_eq!(response.headers().len(), 301);
    let server = Server::answering(with_headers(99)).await;
    send(&transport(), request(&READ, &server.url())).await.expect("what is usual needs no setting");
}

#[tokio::test]
async fn an_odd_header_line_is_told_and_can_be_skipped() {
    let lenient = Transport::builder().no_proxy().ignore_invalid_headers().build().expect("a transport");
    for odd in [
        "no colon here",
        "X Space: 1",
        "X-Before : 1",
        "X-Control: a\u{1}b",
        ": no name",
        "X-Folded: a\r\n b",
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{odd}\r\nX-Good: yes\r\nContent-Length: 1\r\n\r\n1");
        let server = Server::answering(response).await;
        let error = send(&transport(), request(&READ, &server.url())).await.expect_err("an odd line");
        assert_eq!(error.kind(), ErrorKind::Decode, "{odd}: {error:#}");
        assert!(error.to_string().contains("a header line"), "{odd}: {error:#}");
        assert!(error.hint().expect("a hint").contains("ignore_invalid_headers"), "{error:#}");
        let response = send(&lenient, request(&READ, &server.url())).await.expect(odd);
        assert_eq!(response.headers()["x-good"], "yes");
        assert_eq!(text(response), "1");
    }
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error_and_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let request = request(&CREATE, &format!("http://{address}"));
    let context = CallContext::of(&request).expect("a context").clone();
    let error = send(&transport(), request).await.expect_err("no connection");
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:#}");
    assert!(error.is_connect());
    assert_eq!(error.request_sent(), RequestSent::No);
    assert_eq!(context.sent().get(), RequestSent::No);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(format!("{error:#}").contains("refused"), "{error:#}");
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    let small = Transport::builder().no_proxy().max_body_size(10).build().expect("a transport");
    let declared = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890";
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n";
    for (answer, read) in [(declared, ""), (chunked, "0123456789")] {
        let server = Server::answering(answer).await;
        let error = send(&small, request(&READ, &server.url())).await.expect_err("too much");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.request_sent(), RequestSent::Yes);
        assert!(error.to_string().contains("10 bytes: raise `max_body_size`"), "{error}");
        assert_eq!(error.response().expect("the response").body, read);
    }
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789").await;
    let response = send(&small, request(&READ, &server.url())).await.expect("just enough");
    assert_eq!(text(response), "0123456789");
}

#[tokio::test]
async fn the_body_of_an_error_is_kept_up_to_a_limit_for_every_operation() {
    for (info, status) in [(&READ, 500), (&DOWNLOAD, 404), (&CREATE, 302)] {
        let body = "x".repeat(200_000);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: {length}\r\n\r\n{body}");
        let server = Server::answering(answer).await;
        let response = send(&transport(), request(info, &server.url())).await.expect("an answer");
        assert_eq!(response.status(), status);
        assert_eq!(text(response).len(), 64 * 1024);
    }
    // Cut short, it is still the server's answer.
    let server = Server::answering("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\n{\"mess").await;
    let response = send(&transport(), request(&READ, &server.url())).await.expect("an answer");
    assert_eq!(text(response), "{\"mess");
}

#[tokio::test]
async fn answers_without_a_body_are_read_at_once() {
    for head in ["204 No Content\r\n", "200 OK\r\nContent-Length: 0\r\n", "401 No\r\nContent-Length: 0\r\n"] {
        let server = Server::answering(format!("HTTP/1.1 {head}\r\n")).await;
        let response = send(&transport(), request(&READ, &server.url())).await.expect("an answer");
        assert_eq!(text(response), "");
    }
}

#[tokio::test]
async fn downloads_and_requests_of_no_operation_are_streams() {
    let server = Server::answering(json("[1]")).await;
    let mut bare = http::Request::new(Body::empty());
    *bare.uri_mut() = format!("{}/ping", server.url()).parse().expect("a URL");
    for request in [request(&DOWNLOAD, &server.url()), bare] {
        let response = send(&transport(), request).await.expect("an answer");
        let body = response.into_body().into_bytes().expect_err("a stream");
        assert_eq!(body.collect().await.expect("a body").to_bytes(), "[1]");
    }
}

#[tokio::test]
async fn a_silent_stream_times_out_and_a_broken_one_says_so() {
    let server = Server::start(|mut stream, number| async move {
        read_head(&mut stream).await;
        let start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n";
        stream.write_all(start).await.expect("a write");
        if number == 0 {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    })
    .await;
    let options = CallOptions::new().timeouts(Timeouts::default().idle(Duration::from_millis(100)));
    for kind in [ErrorKind::Timeout(TimeoutPhase::Idle), ErrorKind::Transport] {
        let request = request_with(&DOWNLOAD, &server.url(), options.clone(), None);
        let mut body = send(&transport(), request).await.expect("a head").into_body();
        let first = body.frame().await.expect("a piece").expect("a piece").into_data().expect("data");
        assert_eq!(first, "one");
        let error = Error::from_boxed(body.frame().await.expect("an end").expect_err("an error"));
        assert_eq!(error.kind(), kind, "{error:#}");
        assert_eq!(error.request_sent(), RequestSent::Yes);
    }
}

#[tokio::test]
async fn a_connection_whose_call_was_given_up_is_not_used_again() {
    // Before the head, and within the body.
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let server = Server::start(move |mut stream, number| async move {
            while !read_head(&mut stream).await.is_empty() {
                if number == 0 {
                    stream.write_all(start.as_bytes()).await.expect("a write");
                    // The late answer must reach nobody.
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    let _ = stream.write_all(json("\"late\"").as_bytes()).await;
                } else {
                    stream.write_all(json("\"right\"").as_bytes()).await.expect("a write");
                }
            }
        })
        .await;
        let mut transport = transport();
        let request_one = request(&CREATE, &server.url());
        let context = CallContext::of(&request_one).expect("a context").clone();
        let call = transport.call(request_one);
        tokio::time::timeout(Duration::from_millis(100), call).await.expect_err("no answer yet");
        let expected = if start.is_empty() { RequestSent::Maybe } else { RequestSent::Yes };
        assert_eq!(context.sent().get(), expected);
        for _ in 0..3 {
            let response = send(&transport, request(&READ, &server.url())).await.expect("an answer");
            assert_eq!(text(response), "\"right\"");
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_call_that_was_never_polled_was_not_sent() {
    let mut transport = transport();
    let request = request(&CREATE, "http://127.0.0.1:9");
    let context = CallContext::of(&request).expect("a context").clone();
    drop(transport.call(request));
    assert_eq!(context.sent().get(), RequestSent::No);
}

#[tokio::test]
async fn a_call_given_up_while_it_connects_was_not_sent() {
    // It accepts, and says nothing: as a server it has the request, as a proxy it hasn't.
    let silent = Server::start(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(stream);
    })
    .await;
    let proxy = Proxy::all(&format!("socks5h://{}", silent.address)).expect("a proxy").include_loopback();
    let through = Transport::builder().proxy(proxy).build().expect("a transport");
    for (mut transport, sent) in [(through, RequestSent::No), (transport(), RequestSent::Maybe)] {
        for body in [None, Some(Body::from("body"))] {
            let request = request_with(&CREATE, &silent.url(), CallOptions::new(), body);
            let context = CallContext::of(&request).expect("a context").clone();
            let call = transport.call(request);
            tokio::time::timeout(Duration::from_millis(100), call).await.expect_err("no answer");
            assert_eq!(context.sent().get(), sent);
        }
    }
}

#[tokio::test]
async fn a_request_without_a_server_is_refused() {
    for url in ["/api/v1/thing", "ftp://example.com/", "http://user:secret@example.com/"] {
        let mut request = http::Request::new(Body::empty());
        *request.uri_mut() = url.parse().expect("a URL");
        let error = send(&transport(), request).await.expect_err("no server");
        assert_eq!(error.kind(), ErrorKind::Server);
        assert_eq!(error.request_sent(), RequestSent::No);
        assert!(!format!("{error:#?}").contains("secret"), "{error:#?}");
    }
}
