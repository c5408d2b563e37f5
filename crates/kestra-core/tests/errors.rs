//! What an error tells, and what it keeps to itself.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use bytes::Bytes;
use http::{Response, StatusCode};
use kestra_core::{Error, ErrorKind, ErrorResponse, RequestSent, TimeoutPhase};

fn answered(status: u16, content_type: Option<&str>, body: &'static str) -> Error {
    let mut response = Response::builder().status(status);
    if let Some(content_type) = content_type {
        response = response.header("content-type", content_type);
    }
    let (parts, ()) = response.body(()).unwrap().into_parts();
    Error::from_response(ErrorResponse::new(parts, Bytes::from_static(body.as_bytes())))
}

const JSON: Option<&str> = Some("application/json");

/// What a program prints that passes an error on with `?` from `main`.
fn from_main(error: Error) -> String {
    let result: Result<(), Error> = Err(error);
    result.map_err(|error| format!("Error: {error:?}")).unwrap_err()
}

/// Kestra's own 404.
const MISSING: &str =
    r#"{"message":"Not Found","_links":{"self":{"href":"/x","templated":false}},"_embedded":{}}"#;

/// What programs print that print an error and each cause of it, such as those that use `anyhow`.
fn with_causes(error: &Error) -> String {
    let mut text = format!("Error: {error}\n\nCaused by:\n");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!("    {error}\n"));
        cause = error.source();
    }
    text
}

#[test]
fn the_hint_is_printed_however_an_error_is() {
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    for error in [
        Error::from_source(ErrorKind::Connect, refused()),
        Error::new(ErrorKind::Connect, "to 127.0.0.1:1")
            .with_source(refused())
            .with_attempts(3, std::time::Duration::ZERO),
        Error::from_source(ErrorKind::Connect, refused()).with_failed_servers(3),
        answered(401, None, ""),
        answered(404, JSON, "{}"),
        answered(502, Some("text/html"), "<html>"),
        Error::new(ErrorKind::Timeout(TimeoutPhase::Attempt), "after 60s"),
        Error::new(ErrorKind::UnclearOutcome, "perhaps").with_source(answered(301, None, "")),
    ] {
        let hint = error.hint().unwrap();
        let line = error.to_string();
        assert!(line.ends_with(&format!(": {hint}")) && !line.contains('\n'), "{line}");
        let chain = format!("{error:#}");
        assert!(chain.ends_with(hint) && chain.matches(hint).count() == 1, "{chain}");
        assert_eq!(line, format!("{}: {hint}", error.summary()));
        assert!(with_causes(&error).contains(hint));
        if let Some(cause) = std::error::Error::source(&error).filter(|cause| cause.is::<std::io::Error>()) {
            assert!(chain.contains(&cause.to_string()), "{chain}");
        }
        let debug = format!("{error:?}");
        let attempts = match error.attempts() {
            0 => String::new(),
            attempts => format!("attempts: {attempts}, "),
        };
        let end = format!("({attempts}request_sent: {:?})", error.request_sent());
        assert_eq!(debug, format!("{chain} {end}"));
        assert_eq!(format!("{error:#?}"), debug);
        assert_eq!(from_main(error), format!("Error: {debug}"));
    }
    let silent = Error::new(ErrorKind::Refused, "no filter is set");
    assert_eq!((silent.hint(), silent.to_string()), (None, silent.summary().to_string()));
}

#[test]
fn no_text_of_an_error_is_long_or_has_a_line_break() {
    for part in ["x".repeat(1 << 20), "ä\r\n".repeat(1 << 18), "\u{85}\u{1b}[2J".repeat(1 << 16)] {
        let cause = std::io::Error::other(part.clone());
        let error =
            Error::new(ErrorKind::Connect, part.clone()).with_source(cause).with_execution_id(part.clone());
        let error =
            error.with_attempts(u32::MAX, std::time::Duration::MAX).with_request_sent(RequestSent::Maybe);
        for text in [format!("{error}"), format!("{error:#}"), format!("{error:?}")] {
            assert!(text.len() <= 4096 && !text.contains(char::is_control), "{} bytes", text.len());
            assert!(text.contains('…') && text.contains(error.hint().unwrap()));
        }
        assert!(format!("{error:?}").ends_with("request_sent: Maybe)"));
    }
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    static_assertions::assert_impl_all!(Error: Send, Sync, std::error::Error);
}

#[test]
fn every_kind_is_in_the_tables_and_has_a_heading_of_its_own() {
    let code = include_str!("../src/error/kind.rs");
    let document = include_str!("../../../docs/errors.md");
    let (table, declaration) = code.split_once("pub enum ErrorKind {").unwrap();
    let names =
        declaration.split_once("\n}").unwrap().0.lines().filter_map(|line| line.trim().strip_suffix(','));
    let names: Vec<&str> = names.map(|line| line.split('(').next().unwrap()).collect();
    assert!(names.len() >= 17 && names.contains(&"Timeout"), "{names:?}");
    for name in names {
        assert!(table.contains(&format!("/// | `{name}` |")), "{name} is not in the table of ErrorKind");
        assert!(document.contains(&format!("\n### {name}\n")), "{name} has no heading in docs/errors.md");
    }
}

#[test]
fn kinds_are_told_in_words() {
    assert_eq!(ErrorKind::Connect.to_string(), "can't connect");
    assert_eq!(ErrorKind::Timeout(TimeoutPhase::VersionProbe).to_string(), "timed out (version probe)");
}

#[test]
fn the_message_comes_from_any_kind_of_body() {
    for (content_type, body, message) in [
        (
            JSON,
            r#"{"message":"Not Found","_links":{"self":{"href":"/x?secret=y"}},"_embedded":{}}"#,
            Some("Not Found"),
        ),
        (
            JSON,
            r#"{"message":"Invalid entity","_embedded":{"errors":[{"message":"id: must not be null","path":"flow.id"}]}}"#,
            Some("Invalid entity; id: must not be null"),
        ),
        (
            JSON,
            r#"{"message":"bad","invalids":[{"message":"execution not found","invalidValue":"x"}]}"#,
            Some("bad; execution not found"),
        ),
        (JSON, "The execution is not terminated", Some("The execution is not terminated")),
        (JSON, "\"quoted\"", Some("quoted")),
        (Some("text/plain"), " two\n lines ", Some("two lines")),
        (
            Some("text/html"),
            "<html><head><title>502 Bad Gateway</title></head></html>",
            Some("an HTML page titled \"502 Bad Gateway\""),
        ),
        (None, "<!DOCTYPE html><p>", None),
        (Some("text/html"), "<h1>Bad gateway</h1>", None),
        (Some("text/html"), "<title> </title>", None),
        (None, "\u{feff} <html><head><TITLE>Log in</TITLE>", Some("an HTML page titled \"Log in\"")),
        (None, "", None),
        (JSON, "   ", None),
    ] {
        assert_eq!(answered(500, content_type, body).api_message().as_deref(), message, "{body}");
    }
}

#[test]
fn json_of_any_shape_says_what_it_has() {
    for (body, message) in [
        (
            r#"{"error":"invalid_token","error_description":"the token expired"}"#,
            "invalid_token: the token expired",
        ),
        (
            r#"{"title":"Forbidden","detail":"no quota","status":403,"type":"about:blank"}"#,
            "Forbidden: no quota",
        ),
        (
            r#"{"title":"Bad","errors":[{"detail":"too long","pointer":"/a"},{"detail":"too short"}]}"#,
            "Bad; too long; too short",
        ),
        (
            r#"{"type":"x","title":"Invalid","invalid-params":[{"name":"age","reason":"is negative"}]}"#,
            "Invalid; is negative",
        ),
        (r#"{"errors":["one","two","one"]}"#, "one; two"),
        (r#"{"errors":[{"message":"one"},{"title":"two","detail":"three"}]}"#, "one; two: three"),
        (
            r#"{"errors":{"name":["is empty","is short"],"age":"is no number"}}"#,
            "age: is no number; name: is empty; is short",
        ),
        (
            r#"{"message":null,"_embedded":{"errors":[{"message":"id: must not be null"}]}}"#,
            "id: must not be null",
        ),
        (
            r#"{"message":["name must be a string"],"error":"Bad Request","statusCode":400}"#,
            "Bad Request: name must be a string",
        ),
        (r#"{"error":{"code":401,"message":"no key","status":"UNAUTHENTICATED"}}"#, "no key"),
        (
            r#"{"timestamp":"2026","status":503,"error":"Service Unavailable","path":"/x?password=hush"}"#,
            "Service Unavailable",
        ),
        (
            r#"{"fault":{"faultstring":"Invalid key","detail":{"errorcode":"oauth.invalid"}}}"#,
            "Invalid key: errorcode: oauth.invalid",
        ),
        (r#"{"detail":[{"loc":["body","x"],"msg":"field required"}]}"#, "field required"),
        (r#"{"Message":"Rate exceeded","__type":"Throttling"}"#, "Rate exceeded"),
        (r#"[{"message":"a"},{"error":"b"}]"#, "a; b"),
        (r#"{"title":"Not Found","message":"Not Found: no such flow"}"#, "Not Found: no such flow"),
        (r#"{"code":17,"info":"quota"}"#, "code: 17; info: quota"),
        (r#"{"message":"","error":" two\nlines "}"#, "two lines"),
        (r#"{"a":{"b":{"c":"deep"}}}"#, "a: b: c: deep"),
    ] {
        let error = answered(400, JSON, body);
        assert_eq!(error.api_message().as_deref(), Some(message), "{body}");
        assert!(error.to_string().contains(message), "{error}");
    }
    for body in [
        "{}",
        "[]",
        "null",
        "false",
        r#"{"message":null}"#,
        r#"{"status":404,"_links":{"self":{"href":"/x?hush"}}}"#,
    ] {
        assert_eq!(answered(400, JSON, body).api_message(), None, "{body}");
    }
    // A body that was cut, or isn't what it says, is text.
    assert_eq!(answered(400, JSON, r#"{"message":"a"#).api_message().as_deref(), Some(r#"{"message":"a"#));
    let long: &'static str =
        Box::leak(format!(r#"{{"errors":["{}"]}}"#, "x".repeat(60_000)).into_boxed_str());
    assert_eq!(answered(400, JSON, long).api_message().unwrap().chars().count(), 500);
}

#[test]
fn values_of_refused_inputs_are_not_repeated() {
    let error = answered(
        422,
        JSON,
        r#"{"message":"Invalid entity: password: Invalid input for `password`, no key, but received `hush`hush`","_embedded":{"errors":[{"message":"Invalid input for `password`, no key, but received `hush`hush`","path":"password"}]}}"#,
    );
    for text in [format!("{error}"), format!("{error:#}"), format!("{error:?}")] {
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("password"), "{text}");
    }
    assert_eq!(error.invalid_inputs(), ["password"]);
}

#[test]
fn refused_inputs_are_named_on_every_version() {
    for (body, names) in [
        (
            r#"{"message":"Invalid entity: int: Invalid input for `int`, it must be less than `10`, but received `11`","_embedded":{"errors":[{"message":"Invalid input for `int`, it must be less than `10`, but received `11`","path":"int"}]}}"#,
            vec!["int"],
        ),
        (
            r#"{"message":"Invalid entity: Invalid value for input `int`. Cause: it must be less than `10`","_embedded":{}}"#,
            vec!["int"],
        ),
        (r#"{"message":"Invalid entity: Missing required input:string","_embedded":{}}"#, vec!["string"]),
        (
            r#"{"message":"Invalid entity: tasks: must not be empty","_embedded":{"errors":[{"message":"tasks: must not be empty","path":"createFlow.flow.tasks"}]}}"#,
            vec![],
        ),
        (r#"{"message":"Not Found"}"#, vec![]),
    ] {
        assert_eq!(answered(422, JSON, body).invalid_inputs(), names, "{body}");
    }
}

#[test]
fn predicates_hold_across_versions() {
    assert!(
        answered(404, JSON, MISSING).is_not_found() && !answered(404, JSON, MISSING).is_gateway_not_found()
    );
    assert!(answered(410, JSON, MISSING).is_not_found());
    for page in ["", "{}", r#"{"message":"Not Found"}"#, "404 page not found", "<html>", r#"["_links"]"#] {
        let error = answered(404, JSON, page);
        assert!(!error.is_missing() && error.is_gateway_not_found() && !error.is_transient(), "{page}");
        assert_eq!(error.is_not_found(), page.starts_with('{'), "{page}");
        assert!(error.hint().unwrap().contains("another web server responded"), "{page}");
    }
    assert!(answered(404, JSON, MISSING).is_missing());
    let foreseen = Error::foreseen(http::StatusCode::NOT_FOUND, "there is none");
    assert!(
        foreseen.is_not_found()
            && foreseen.is_missing()
            && !foreseen.is_gateway_not_found()
            && foreseen.hint().is_none()
    );
    let on_1 = answered(
        422,
        JSON,
        r#"{"message":"Invalid entity","_embedded":{"errors":[{"message":"flow.id: Flow id already exists","path":"x"}]}}"#,
    );
    let on_2 = answered(409, JSON, r#"{"message":"Illegal state: Flow already exists"}"#);
    assert!(on_1.already_exists() && on_2.already_exists());
    assert!(on_1.is_conflict() && on_2.is_conflict());
    assert!(!answered(422, JSON, r#"{"message":"Invalid entity: nope"}"#).is_conflict());
    assert!(answered(401, None, "").is_unauthorized());
    assert!(answered(401, None, "").hint().unwrap().contains("basic auth only"));
    assert!(answered(403, None, "").hint().unwrap().contains("Origin"));
    assert!(
        answered(
            504,
            JSON,
            r#"{"message":"Gateway Timeout: Operation timed out waiting for state transition"}"#
        )
        .hint()
        .unwrap()
        .contains("queued")
    );
    assert!(
        answered(400, JSON, r#"{"message":"Bad Request: Tenant must be 'main' for OSS version"}"#)
            .hint()
            .unwrap()
            .contains("main")
    );
    assert!(answered(502, Some("text/html"), "<html>").hint().unwrap().contains("proxy"));
    assert!(answered(301, None, "").hint().unwrap().contains("context path"));
    for bare in [MISSING, r#"{"message":"Not Found: Page Not Found","_links":{}}"#] {
        assert!(answered(404, JSON, bare).hint().unwrap().contains("lacks its path prefix"));
    }
    let named = r#"{"message":"Not Found: No value found for key 'a'","_links":{}}"#;
    assert_eq!(answered(404, JSON, named).hint(), Some("check ids, namespace and tenant"));
    assert!(answered(504, None, "").is_timeout());
    // What comes of a failure advises what the failure does.
    let unclear = Error::new(ErrorKind::UnclearOutcome, "perhaps").with_source(answered(301, None, ""));
    assert!(unclear.hint().unwrap().contains("context path"));
    let cause = answered(301, None, "");
    let told =
        Error::new(ErrorKind::UnclearOutcome, format!("perhaps ({})", cause.summary())).with_source(cause);
    assert_eq!(format!("{told:#}").matches("301").count(), 1, "{told:#}");
    assert!(Error::new(ErrorKind::Tls, "a setting").hint().is_none());
}

#[test]
fn a_wrong_state_is_a_conflict_whatever_its_status_is() {
    use kestra_core::OperationInfo;
    static RESTART: OperationInfo = OperationInfo::new("restart_execution", "executions", &[]);
    static REPLAY: OperationInfo = OperationInfo::new("replay_execution", "executions", &[]);
    let of = |status, message: &str, operation| {
        let body: &'static str = Box::leak(message.to_owned().into_boxed_str());
        answered(status, JSON, body).with_operation(operation)
    };
    for (status, body) in [
        (422, r#"{"message":"Illegal argument: No task found to restart execution from!"}"#),
        (422, r#"{"message":"Illegal argument: Only QUEUED execution can be unqueued"}"#),
        (422, r#"{"message":"Illegal argument: Only non terminated execution can be forced run"}"#),
        (422, r#"{"message":"Illegal argument: The execution is not running"}"#),
        (400, "The execution is not terminated"),
        (400, r#"{"message":"Bad Request: No backfill found"}"#),
        (400, r#"{"message":"invalid bulk kill","invalids":[{"message":"execution already finished"}]}"#),
        (
            400,
            r#"{"message":"invalid bulk pause","invalids":[{"message":"execution not in state RUNNING"}]}"#,
        ),
        (
            400,
            r#"{"message":"invalid bulk force run","invalids":[{"message":"execution in a terminated state"}]}"#,
        ),
        (409, r#"{"message":"Conflict: Cannot restart execution"}"#),
    ] {
        let error = of(status, body, &RESTART);
        assert!(error.is_conflict() && !error.is_invalid(), "{body}");
    }
    for (status, body) in [
        (422, r#"{"message":"Illegal argument: No task found to restart execution from!"}"#),
        (422, r#"{"message":"Illegal argument: Task run id 'nope' not found in execution 'x'"}"#),
        (
            422,
            r#"{"message":"Illegal argument: You can only change the state of an execution to a terminal state."}"#,
        ),
        (400, r#"{"message":"invalid bulk replay","invalids":[{"message":"execution not found"}]}"#),
    ] {
        let error = of(status, body, &REPLAY);
        assert!(!error.is_conflict() && error.is_invalid(), "{body}");
    }
    assert!(
        answered(
            410,
            JSON,
            r#"{"message":"Resource has expired: The requested value has expired","_links":{}}"#
        )
        .is_not_found()
    );
}

#[test]
fn a_foreign_error_keeps_its_type_and_ours_is_unpacked() {
    let ours = Error::new(ErrorKind::Connect, "refused");
    assert_eq!(Error::from_boxed(Box::new(ours)).kind(), ErrorKind::Connect);
    let foreign = Error::from_boxed(Box::new(std::io::Error::other("boom")));
    assert_eq!(foreign.kind(), ErrorKind::Service);
    assert_eq!(foreign.request_sent(), RequestSent::Maybe);
    assert!(std::error::Error::source(&foreign).unwrap().is::<std::io::Error>());
    assert_eq!(foreign.to_string(), "service error");
    assert_eq!(format!("{foreign:#}"), "service error: boom");
}

#[test]
fn the_response_is_kept_and_capped() {
    let body = Bytes::from(vec![b'x'; kestra_core::internal::ERROR_BODY_LIMIT + 1]);
    let (parts, ()) = Response::builder().status(500).header("x-id", "7").body(()).unwrap().into_parts();
    let error = Error::from_response(ErrorResponse::new(parts, body));
    let response = error.response().unwrap();
    assert_eq!(response.parts.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.parts.headers["x-id"], "7");
    assert_eq!(response.body.len(), kestra_core::internal::ERROR_BODY_LIMIT);
    assert!(error.to_string().len() < 700, "a long body is cut in messages");
    assert_eq!(error.request_sent(), RequestSent::Yes);
}

#[test]
fn a_retry_is_shown_without_values_of_headers() {
    let mut headers = http::HeaderMap::new();
    headers.insert("set-cookie", http::HeaderValue::from_static("hush"));
    let result = kestra_core::AttemptResult::Response { status: StatusCode::BAD_GATEWAY, headers: &headers };
    let attempt = kestra_core::Attempt::new(None, 1, true, result);
    let text = format!("{:?}", kestra_core::RetryEvent::new(&attempt, std::time::Duration::ZERO));
    assert!(text.contains("set-cookie") && text.contains("502") && !text.contains("hush"), "{text}");
}

#[test]
fn a_body_that_cannot_be_read_makes_no_long_message() {
    static INFO: kestra_core::OperationInfo = kestra_core::OperationInfo::new("search", "flows", &[]);
    let long = "x".repeat(1 << 20);
    for body in [
        format!(r#"[{{"path": ["{long}"]}}]"#),
        format!(r#"[{{"{long}": 1, "path": []}}]"#),
        format!(r#"["{long}"]"#),
        long,
    ] {
        let response =
            Response::builder().header("content-type", "x".repeat(9000)).body(body.into()).unwrap();
        let error = kestra_core::internal::decode::json::<Vec<Vec<i64>>>(response, &INFO).unwrap_err();
        assert!(format!("{error:#?}").len() < 1000, "{error}");
    }
}
