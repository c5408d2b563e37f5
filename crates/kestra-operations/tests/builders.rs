//! What builders make of what they are told, and what they refuse.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use kestra_core::{Error, ErrorKind, FilePart, Filter, Target};
use kestra_models::ExecutionKind;
use kestra_operations::{
    BulkUpdateFlows, CreateExecution, CreateFlow, DeleteExecutionsByQuery, DeleteTemplatesByQuery, GetFlow,
    KillExecutionsByIds, ResumeExecution, SearchFlows, UpdateFlowsInNamespace, ValidateFlows,
    ValidateFlowsMultipart, operations,
};

fn uri(request: Result<http::Request<kestra_core::Body>, Error>) -> String {
    request.unwrap().uri().to_string()
}

fn refusal(request: Result<http::Request<kestra_core::Body>, Error>) -> Error {
    request.unwrap_err()
}

#[test]
fn every_parameter_of_a_creation() {
    let request = CreateExecution::new("company.team", "hello")
        .wait(true)
        .label("team", "a:b,c")
        .labels([("env", "test")])
        .revision(3)
        .schedule_date("2026-01-02T03:04:05+01:00".parse().unwrap())
        .breakpoints(["a", "b.1"])
        .kind(ExecutionKind::Normal)
        .tenant("acme");
    let uri = uri(request.into_request());
    let (path, query) = uri.split_once('?').unwrap();
    assert_eq!(path, "/api/v1/acme/executions/company.team/hello");
    assert_eq!(
        query.split('&').collect::<BTreeSet<_>>(),
        BTreeSet::from([
            "wait=true",
            "labels=team:a:b,c",
            "labels=env:test",
            "revision=3",
            "scheduleDate=2026-01-02T02:04:05Z",
            "breakpoints=a,b.1",
            "kind=NORMAL",
        ])
    );
}

#[test]
fn inputs_are_parts_of_a_form() {
    let request = CreateExecution::new("company.team", "hello")
        .input("dry_run", true)
        .input("count", 5)
        .input_file("report", FilePart::bytes("report.csv", "a,b"))
        .into_request()
        .unwrap();
    assert!(
        request.headers()["content-type"].to_str().unwrap().starts_with("multipart/form-data; boundary=")
    );
    let body = String::from_utf8(request.body().as_bytes().unwrap().to_vec()).unwrap();
    assert!(body.contains("name=\"dry_run\"\r\n\r\ntrue\r\n"), "{body}");
    assert!(body.contains("name=\"count\"\r\n\r\n5\r\n"), "{body}");
    assert!(body.contains("name=\"report\"; filename=\"report.csv\""), "{body}");
}

#[test]
fn no_inputs_are_no_body() {
    let request = ResumeExecution::new("id").into_request().unwrap();
    assert!(request.body().as_bytes().unwrap().is_empty());
    assert!(!request.headers().contains_key("content-type"));
}

#[test]
fn labels_that_a_server_reads_otherwise_are_refused() {
    let create = || CreateExecution::new("a", "b");
    for (builder, problem) in [
        (create().label("", "x"), "has no key"),
        (create().label("x", " "), "has no value"),
        (create().label("a:b", "x"), "has a colon"),
        (create().label("a b", "x"), "has a blank"),
        (create().label("a", "x").label("a", "y"), "is set twice"),
        (create().labels([("a", "x")]).label("a", "x"), "is set twice"),
        (create().breakpoints(["a,b"]), "has a comma"),
    ] {
        let error = refusal(builder.into_request());
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(problem), "{error}");
    }
    // A key may begin like another.
    assert!(create().label("a", "x").label("ab", "y").into_request().is_ok());
}

#[test]
fn a_bulk_action_needs_a_filter_or_a_word() {
    let error = refusal(DeleteExecutionsByQuery::new().delete_logs(true).into_request());
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("all()"), "{error}");
    assert!(DeleteExecutionsByQuery::new().all().into_request().is_ok());
    // Of those that never had filters the parameters narrow.
    assert_eq!(refusal(DeleteTemplatesByQuery::new().into_request()).kind(), ErrorKind::Refused);
    assert!(DeleteTemplatesByQuery::new().namespace("company").into_request().is_ok());
    let filtered = DeleteExecutionsByQuery::new().filter(Filter::state().equals("FAILED"));
    assert!(filtered.into_request().is_ok());
}

#[test]
fn what_the_server_would_delete_is_kept_unless_asked() {
    let source = "id: a\nnamespace: b\n";
    for uri in [
        uri(BulkUpdateFlows::new(source).into_request()),
        uri(UpdateFlowsInNamespace::new("b", source).into_request()),
    ] {
        assert!(uri.contains("delete=false"), "{uri}");
    }
    assert!(uri(BulkUpdateFlows::new(source).delete(true).into_request()).contains("delete=true"));
}

#[test]
fn a_flow_comes_with_its_source_unless_told_otherwise() {
    assert_eq!(uri(GetFlow::new("a", "b").into_request()), "/api/v1/main/flows/a/b?source=true");
    assert_eq!(uri(GetFlow::new("a", "b").source(false).into_request()), "/api/v1/main/flows/a/b");
}

#[test]
fn a_body_that_an_older_server_cannot_read_is_refused() {
    let old = Target::new("http://localhost:8080").version("1.0.3");
    let files = || ValidateFlowsMultipart::new([FilePart::bytes("a.yaml", "id: a")]);
    assert_eq!(refusal(files().into_request_for(&old)).kind(), ErrorKind::Unsupported);
    assert!(files().into_request_for(&Target::new("http://localhost:8080").version("1.3.25")).is_ok());
    assert!(ValidateFlows::new("id: a").into_request_for(&old).is_ok());
}

#[test]
fn bodies_have_the_types_that_servers_take() {
    let request = CreateFlow::new("id: a").into_request().unwrap();
    assert_eq!(request.headers()["content-type"], "application/x-yaml");
    let request = KillExecutionsByIds::new(["a", "b"]).into_request().unwrap();
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.body().as_bytes().unwrap(), "[\"a\",\"b\"]");
}

#[test]
fn filters_are_repeatable() {
    let uri = uri(SearchFlows::new()
        .filter(Filter::namespace().prefix("a"))
        .filters([Filter::label("team").equals("b")])
        .into_request());
    assert!(uri.contains("filters%5Bnamespace%5D%5BPREFIX%5D=a"), "{uri}");
    assert!(uri.contains("filters%5Blabels%5D%5BEQUALS%5D%5Bteam%5D=b"), "{uri}");
}

#[test]
fn every_operation_is_known_once_and_has_a_route() {
    let mut names = BTreeSet::new();
    for info in operations() {
        assert!(names.insert(info.name), "{} is set twice", info.name);
        assert!(!info.routes.is_empty() && !info.go_key.is_empty(), "{}", info.name);
    }
    assert!(names.contains("create_flow") && names.contains("validate_flows_multipart"));
}

#[test]
fn fields_of_a_struct_are_inputs() {
    #[derive(serde::Serialize)]
    struct Answer {
        approved: bool,
        reason: Option<String>,
    }

    let answer = Answer { approved: true, reason: None };
    let request = ResumeExecution::new("4kJ").inputs(&answer).input("note", "fine").into_request().unwrap();
    let body = String::from_utf8(request.body().as_bytes().unwrap().to_vec()).unwrap();
    let of_field = "name=\"approved\"\r\n\r\ntrue\r\n";
    assert!(body.contains(of_field) && body.contains("name=\"note\"") && !body.contains("reason"), "{body}");
    assert_eq!(refusal(ResumeExecution::new("4kJ").inputs("text").into_request()).kind(), ErrorKind::Build);
}
