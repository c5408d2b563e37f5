//! From what a builder was told to the request.

use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE};
use jiff::Timestamp;
use kestra_core::{
    BoxError, Call, CallContext, CallOptions, Check, ErrorKind, FilePart, Filter, OperationInfo,
    QueryParameter, Route, Target, Version, Versions,
};

const V2: Version = Version::new(2, 0, 0);

static KILL: OperationInfo = OperationInfo::new(
    "kill_execution",
    "executions",
    &[
        Route::delete("/api/v1/{tenant}/executions/{id}/actions/kill", Versions::since(V2)),
        Route::delete("/api/v1/{tenant}/executions/{id}/kill", Versions::until(V2)),
    ],
)
.path_parameters(&["id"])
.query_parameters(&[QueryParameter::new("isOnKillCascade")]);

static SEARCH: OperationInfo = OperationInfo::new(
    "search_executions",
    "executions",
    &[Route::get("/api/v1/{tenant}/executions/search", Versions::ALL)],
)
.query_parameters(&[
    QueryParameter::new("page"),
    QueryParameter::new("filters"),
    QueryParameter::of("dateFilter", Versions::since(Version::new(1, 3, 17))),
    QueryParameter::of("state", Versions::until(V2)),
    QueryParameter::new("sort"),
]);

fn with_body(info: &'static OperationInfo, content_type: &'static str, body: &'static str) -> Call {
    let mut call = Call::new(info);
    call.set_body(content_type, body.into());
    call
}

static REVISIONS: OperationInfo = OperationInfo::new(
    "delete_revisions",
    "flows",
    &[Route::delete(
        "/api/v1/{tenant}/flows/{namespace}/{id}/revisions",
        Versions::since(Version::new(1, 2, 0)),
    )],
)
.path_parameters(&["namespace", "id"])
.query_parameters(&[QueryParameter::new("revisions")]);

static CREATE_FLOW: OperationInfo =
    OperationInfo::new("create_flow", "flows", &[Route::post("/api/v1/{tenant}/flows", Versions::ALL)]);

#[test]
fn only_a_search_of_what_is_acted_on_takes_unknown_pairs_over() {
    let mut sweep = Call::new(&SEARCH);
    sweep.add_filter(1, &Filter::namespace().equals("company"));
    sweep.add_extra_query("only", "a b");
    sweep.set_query(0, 3);
    let fresh = |call: Call| CallContext::of(&call.into_request().unwrap()).unwrap().needs_fresh_version();
    let related = sweep.related_query(&SEARCH);
    assert!(!target(related).unwrap().contains("only"));
    assert!(!fresh(sweep.related_query(&SEARCH)));
    let query = target(sweep.related_search(&SEARCH)).unwrap();
    assert!(query.contains("page=3") && query.contains("only=a%20b") && query.contains("company"), "{query}");
    assert!(fresh(sweep.related_search(&SEARCH)) && fresh(sweep.related_search(&SEARCH).again()));
}

fn target(call: Call) -> Result<String, kestra_core::Error> {
    Ok(call.into_request()?.uri().to_string())
}

#[test]
fn the_newest_route_is_rendered_in_origin_form() {
    let request = Call::new(&KILL).path("a b/ü").into_request().unwrap();
    assert_eq!(request.method(), Method::DELETE);
    assert_eq!(request.uri(), "/api/v1/main/executions/a%20b%2F%C3%BC/actions/kill");
    assert_eq!(request.headers()[ACCEPT], "application/json, */*;q=0.1");
    assert!(CallContext::of(&request).is_some());
}

#[test]
fn a_version_selects_the_route() {
    let at = |version: &str| {
        let target = Target::new("https://example.com/k").version(version).tenant("acme");
        Call::new(&KILL).path("x").into_request_for(&target).map(|request| request.uri().to_string())
    };
    assert_eq!(at("1.3.25").unwrap(), "https://example.com/k/api/v1/acme/executions/x/kill");
    assert_eq!(at("2.0.0").unwrap(), "https://example.com/k/api/v1/acme/executions/x/actions/kill");
    assert_eq!(at("2.1.0-SNAPSHOT").unwrap(), "https://example.com/k/api/v1/acme/executions/x/actions/kill");
    for none in ["", "latest", "develop", "1.3.x", "1,3"] {
        assert!(at(none).unwrap_err().to_string().contains("version: not a version of Kestra"));
    }
}

#[test]
fn what_a_version_lacks_is_refused_and_can_be_forced() {
    let old = Target::new("http://localhost:8080").version("1.0.3");
    let error = Call::new(&REVISIONS).path("ns").path("id").into_request_for(&old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error.to_string().contains(
            "unsupported: requires Kestra 1.2.0 or later, the server is 1.0.3; call `.any_version()`"
        ),
        "{error}"
    );

    let search = || {
        let mut call = Call::new(&SEARCH);
        call.set_query(2, "START_DATE");
        call
    };
    let error =
        search().into_request_for(&Target::new("http://localhost:8080").version("1.3.16")).unwrap_err();
    assert!(
        error.to_string().contains("the parameter `dateFilter` requires Kestra 1.3.17 or later"),
        "{error}"
    );
    assert!(search().into_request_for(&Target::new("http://localhost:8080").version("1.3.17")).is_ok());

    let mut forced = search();
    forced.change_options(CallOptions::any_version);
    assert!(forced.into_request_for(&old).is_ok());

    let mut legacy = Call::new(&SEARCH);
    legacy.add_query(3, "FAILED");
    let error = legacy.into_request_for(&Target::new("http://localhost:8080").version("2.0.0")).unwrap_err();
    assert!(error.to_string().contains("`state` requires Kestra older than 2.0.0"), "{error}");
}

#[test]
fn what_does_the_work_of_what_a_version_lacks_is_told() {
    static LIST: OperationInfo =
        OperationInfo::new("list_keys", "kv", &[Route::get("/api/v1/{tenant}/kv/all", Versions::until(V2))])
            .instead("`list_all_keys()`");
    let at =
        |version| Call::new(&LIST).into_request_for(&Target::new("http://localhost:8080").version(version));
    let text = at("2.0.0").unwrap_err().to_string();
    assert!(
        text.contains(
            "the server is 2.0.0; use `list_all_keys()`, or call `.any_version()` to send it anyway"
        ),
        "{text}"
    );
    assert!(at("1.3.0").is_ok());
    // What is of later versions only has no filter in its place.
    let mut search = Call::new(&SEARCH);
    search.set_query(2, "START_DATE");
    let old = search.into_request_for(&Target::new("http://localhost:8080").version("1.3.0"));
    assert!(!old.unwrap_err().to_string().contains("use "));
}

#[test]
fn only_what_differs_depends_on_the_version() {
    let depends = |call: Call| CallContext::of(&call.into_request().unwrap()).unwrap().depends_on_version();
    assert!(depends(Call::new(&KILL).path("x")));
    assert!(depends(Call::new(&REVISIONS).path("a").path("b")));
    assert!(!depends(with_body(&CREATE_FLOW, "application/x-yaml", "id: x")));
    let mut search = Call::new(&SEARCH);
    search.set_query(0, 2);
    assert!(!depends(search));
    let mut search = Call::new(&SEARCH);
    search.set_query(3, "FAILED");
    assert!(depends(search));
}

#[test]
fn query_values_are_replaced_added_and_encoded() {
    let mut call = Call::new(&SEARCH);
    call.set_query(0, 1);
    call.add_query(4, "id:asc");
    call.add_query(4, "state.startDate:desc");
    call.set_query(0, 2);
    call.add_filter(1, &Filter::label("a.b[c]").equals("x&y=z ü"));
    call.add_filter(1, &Filter::state().is_in(["FAILED", "KILLED"]));
    call.add_filter(1, &Filter::flow_id().is_in(["50%", "a+b"]));
    call.add_extra_query("new", "a b");
    assert_eq!(
        target(call).unwrap(),
        "/api/v1/main/executions/search?sort=id:asc&sort=state.startDate:desc&page=2&new=a%20b\
         &filters%5Blabels%5D%5BEQUALS%5D%5Ba.b%5Bc%5D%5D=x%26y%3Dz%20%C3%BC\
         &filters%5Bstate%5D%5BIN%5D=FAILED,KILLED\
         &filters%5BflowId%5D%5BIN%5D=50%2525,a%252Bb"
    );
}

#[test]
fn times_and_durations_are_written_as_the_server_reads_them() {
    let mut call = Call::new(&SEARCH);
    let time: Timestamp = "2026-11-24T07:42:51.282790739+01:00".parse().unwrap();
    call.add_query(4, time);
    call.add_query(4, std::time::Duration::from_secs(90));
    call.add_query(4, true);
    let target = target(call).unwrap();
    assert_eq!(
        target,
        "/api/v1/main/executions/search?sort=2026-11-24T06:42:51.282790739Z&sort=PT1M30S&sort=true"
    );
}

#[test]
fn bad_path_values_name_the_field() {
    for value in ["", ".", ".."] {
        let error = target(Call::new(&REVISIONS).path("ns").path(value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("id: "), "{error}");
        assert_eq!(error.operation().map(|operation| operation.name), Some("delete_revisions"));
    }
    for tenant in ["", ".", ".."] {
        let mut call = with_body(&CREATE_FLOW, "application/x-yaml", "id: x");
        call.change_options(|options| options.tenant(tenant));
        assert!(target(call).unwrap_err().to_string().contains("tenant: "));
    }
}

#[test]
fn bad_headers_filters_and_bodies_name_the_field() {
    let mut call = Call::new(&CREATE_FLOW);
    call.change_options(|options| options.header("x-note", "a\r\nb"));
    assert!(target(call).unwrap_err().to_string().contains("header: `x-note`"));

    let mut call = Call::new(&CREATE_FLOW);
    call.change_options(|options| options.header("bad name", "a"));
    assert!(target(call).unwrap_err().to_string().contains("header: "));

    for filter in [
        Filter::state().is_in(["A,B"]),
        Filter::state().is_in(Vec::<String>::new()),
        Filter::label("").equals("x"),
        Filter::field("a]b").equals("x"),
        Filter::any([]),
    ] {
        let mut call = Call::new(&SEARCH);
        call.add_filter(1, &filter);
        assert!(target(call).unwrap_err().to_string().contains("filter"));
    }

    let mut call = Call::new(&CREATE_FLOW);
    call.multipart().file("report", FilePart::path("/no/such/file.csv"));
    assert!(target(call).unwrap_err().to_string().contains("report: /no/such/file.csv can't be read"));
}

#[test]
fn a_request_line_that_servers_refuse_is_refused() {
    let with = |length: usize| {
        let mut call = Call::new(&SEARCH);
        call.add_query(4, "x".repeat(length));
        call
    };
    let overhead = "GET /api/v1/main/executions/search?sort= HTTP/1.1\r\n".len();
    assert!(target(with(4096 - overhead)).is_ok());
    let error = target(with(4096 - overhead + 1)).unwrap_err();
    assert!(
        error.to_string().contains("request line: it has 4097 bytes, more than the 4096 that Kestra reads"),
        "{error}"
    );
    // The prefix of a server counts as well.
    let far = Target::new("http://localhost:8080/a");
    assert!(with(4096 - overhead - 2).into_request_for(&far).is_ok());
    assert!(with(4096 - overhead - 1).into_request_for(&far).is_err());
}

#[test]
fn the_first_mistake_is_the_one_told() {
    let mut call = Call::new(&REVISIONS).path("").path("..");
    call.add_filter(0, &Filter::label("").equals("x"));
    assert!(target(call).unwrap_err().to_string().contains("namespace: it is empty"));
}

#[test]
fn headers_of_the_call_win_over_those_of_the_client() {
    let mut call = with_body(&CREATE_FLOW, "application/x-yaml", "id: x");
    call.change_options(|options| options.header("x-a", "call"));
    let defaults = CallOptions::new().header("x-a", "client").header("x-b", "client").tenant("acme");
    let request = call.into_request_with(&defaults).unwrap();
    assert_eq!(request.headers()["x-a"], "call");
    assert_eq!(request.headers()["x-b"], "client");
    assert_eq!(request.headers()[CONTENT_TYPE], "application/x-yaml");
    assert_eq!(request.uri(), "/api/v1/acme/flows");
}

#[test]
fn a_question_has_the_arguments_of_its_names_and_the_options() {
    static GET_FLOW: OperationInfo = OperationInfo::new(
        "get_flow",
        "flows",
        &[Route::get("/api/v1/{tenant}/flows/{namespace}/{id}", Versions::ALL)],
    )
    .path_parameters(&["namespace", "id"]);
    static UPDATE_TASK: OperationInfo = OperationInfo::new(
        "update_task",
        "flows",
        &[Route::patch("/api/v1/{tenant}/flows/{namespace}/{id}/{taskId}", Versions::ALL)],
    )
    .path_parameters(&["namespace", "id", "taskId"])
    .precheck(&GET_FLOW, Check::Exists);
    static PAUSE: OperationInfo =
        OperationInfo::new("pause", "flows", &[Route::put("/api/v1/{tenant}/pause", Versions::ALL)])
            .precheck(&GET_FLOW, Check::Exists);
    let mut call = Call::new(&UPDATE_TASK).path("a.b").path("c d").path("task");
    call.set_body("application/json", "\"x\"".into());
    call.change_options(|options| options.tenant("acme"));
    assert_eq!(target(call.precheck().unwrap()).unwrap(), "/api/v1/acme/flows/a.b/c%20d");
    assert!(Call::new(&GET_FLOW).path("a").path("b").precheck().is_none());

    let call = with_body(&PAUSE, "application/json", r#"{"id": "c d", "namespace": "a.b", "other": 1}"#);
    assert_eq!(target(call.precheck().unwrap()).unwrap(), "/api/v1/main/flows/a.b/c%20d");
    assert_eq!(call.argument("other"), None);
    assert!(with_body(&PAUSE, "application/json", r#"{"id": "c d"}"#).precheck().is_none());
}

#[test]
fn a_copy_has_the_mistake_too() {
    let call = Call::new(&REVISIONS).path("");
    let copy = call.try_clone().unwrap();
    let (error, again) = (target(call).unwrap_err(), target(copy).unwrap_err());
    assert_eq!(error.kind(), again.kind());
    assert_eq!(error.to_string(), again.to_string());
}

#[test]
fn a_call_with_a_reader_has_no_copy_that_could_be_sent() {
    let mut call = Call::new(&CREATE_FLOW);
    call.multipart()
        .file("report", FilePart::stream("report.csv", futures_util::stream::empty::<Result<_, BoxError>>()));
    assert!(call.try_clone().is_none());
    assert!(target(call.copy()).unwrap_err().to_string().contains("body: it can be read only once"));
    assert!(target(call).is_ok());
}
