//! What filters become on each version, and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kestra_core::{Call, Error, ErrorKind, Filter, OperationInfo, Target};
use kestra_operations::{ListLogsFromExecution, SearchExecutions, SearchFlows, SearchLogs, SearchNamespaces};

static EXECUTIONS: &OperationInfo = SearchExecutions::INFO;
static FLOWS: &OperationInfo = SearchFlows::INFO;
static LOGS: &OperationInfo = SearchLogs::INFO;
static EXECUTION_LOGS: &OperationInfo = ListLogsFromExecution::INFO;
static NAMESPACES: &OperationInfo = SearchNamespaces::INFO;

fn call(info: &'static OperationInfo, filters: impl IntoIterator<Item = Filter>) -> Call {
    let call = info.path_parameters.iter().fold(Call::new(info), |call, name| call.path(*name));
    let index = info.query_parameters.iter().position(|parameter| parameter.name == "filters").unwrap();
    filters.into_iter().fold(call, |mut call, filter| {
        call.add_filter(index, &filter);
        call
    })
}

fn query(call: Call, version: &str) -> Result<String, Error> {
    let request = call.into_request_for(&Target::new("http://localhost:8080").version(version))?;
    let query = request.uri().query().unwrap_or_default();
    Ok(percent_encoding::percent_decode_str(query).decode_utf8().unwrap().into_owned())
}

fn sent(info: &'static OperationInfo, filters: impl IntoIterator<Item = Filter>, version: &str) -> String {
    query(call(info, filters), version).unwrap()
}

fn refused(info: &'static OperationInfo, filters: impl IntoIterator<Item = Filter>, version: &str) -> Error {
    query(call(info, filters), version).unwrap_err()
}

#[test]
fn a_level_is_said_as_each_version_reads_it() {
    for level in [Filter::level().at_least("WARN"), Filter::level().equals("WARN")] {
        for (version, operation) in
            [("1.0.3", "EQUALS"), ("1.3.25", "EQUALS"), ("2.0.0", "GREATER_THAN_OR_EQUAL_TO")]
        {
            assert_eq!(sent(LOGS, [level.clone()], version), format!("filters[level][{operation}]=WARN"));
        }
        assert_eq!(sent(EXECUTION_LOGS, [level.clone()], "1.3.25"), "minLevel=WARN");
        assert_eq!(sent(EXECUTION_LOGS, [level], "2.0.0"), "filters[level][GREATER_THAN_OR_EQUAL_TO]=WARN");
    }
    let error = refused(LOGS, [Filter::level().at_most("WARN")], "1.3.25");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("at_least"), "{error}");
}

#[test]
fn where_a_version_reads_no_filters_a_parameter_says_the_same() {
    let filters = || [Filter::task_id().equals("a"), Filter::attempt_number().equals(2)];
    assert_eq!(sent(EXECUTION_LOGS, filters(), "1.3.25"), "taskId=a&attempt=2");
    assert_eq!(
        sent(EXECUTION_LOGS, filters(), "2.0.0"),
        "filters[taskId][EQUALS]=a&filters[attemptNumber][EQUALS]=2"
    );
    assert_eq!(sent(NAMESPACES, [Filter::query("x")], "1.3.25"), "q=x");
    assert_eq!(sent(NAMESPACES, [Filter::query("x")], "2.0.0"), "filters[q][EQUALS]=x");
    for filters in [
        vec![Filter::namespace().prefix("x")],
        vec![Filter::query("x"), Filter::query("y")],
        vec![Filter::field("q").not_equals("x")],
    ] {
        let error = refused(NAMESPACES, filters, "1.3.25");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

#[test]
fn fields_and_comparisons_are_those_of_the_version() {
    for (filter, version, fits) in [
        (Filter::kind().equals("TEST"), "1.0.3", false),
        (Filter::kind().equals("TEST"), "1.1.0", true),
        (Filter::kind().is_in(["TEST"]), "1.1.0", false),
        (Filter::kind().is_in(["TEST"]), "1.2.0", true),
        (Filter::flow_id().matches("a.*"), "1.0.3", true),
        (Filter::flow_id().prefix("a"), "1.1.9", false),
        (Filter::flow_id().prefix("a"), "1.2.0", true),
        (Filter::label("a").equals("b"), "1.0.3", true),
        (Filter::label("a").contains("b"), "1.0.3", false),
        (Filter::parent_id().equals("a"), "1.3.25", false),
        (Filter::parent_id().equals("a"), "2.0.0", true),
        (Filter::any([Filter::state().equals("FAILED"), Filter::flow_id().equals("a")]), "1.3.25", false),
        (Filter::any([Filter::state().equals("FAILED"), Filter::flow_id().equals("a")]), "2.0.0", true),
        (Filter::any([Filter::state().equals("FAILED")]), "1.0.3", true),
        (Filter::trigger_state().equals("DISABLED"), "2.0.0", false),
        (Filter::start_date().contains("2026"), "2.0.0", false),
    ] {
        let answer = query(call(EXECUTIONS, [filter.clone()]), version);
        match answer {
            Ok(_) => assert!(fits, "{filter:?} on {version}"),
            Err(error) => {
                assert!(!fits, "{filter:?} on {version}: {error}");
                // A date is checked before its comparison.
                assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Build), "{error}");
            }
        }
        if !fits && !filter.pairs()[0].1.contains("2026") {
            let mut insisting = call(EXECUTIONS, [filter]);
            insisting.change_options(kestra_core::CallOptions::any_version);
            assert!(query(insisting, version).unwrap().starts_with("filters["));
        }
    }
}

#[test]
fn the_version_matters_only_to_filters_that_some_version_lacks() {
    for (filter, depends) in [
        (Filter::state().is_in(["FAILED"]), false),
        (Filter::namespace().prefix("a"), false),
        (Filter::all([Filter::flow_id().equals("a"), Filter::label("a").equals("b")]), false),
        (Filter::kind().equals("TEST"), true),
        (Filter::any([Filter::state().equals("A"), Filter::state().equals("B")]), true),
    ] {
        let request = call(EXECUTIONS, [filter.clone()]).into_request().unwrap();
        let context = kestra_core::CallContext::of(&request).unwrap();
        assert_eq!(context.depends_on_version(), depends, "{filter:?}");
    }
}

#[test]
fn groups_keep_what_they_mean() {
    let any = |a: &str, b: &str| Filter::any([Filter::state().equals(a), Filter::state().equals(b)]);
    assert_eq!(
        sent(EXECUTIONS, [any("A", "B")], "2.0.0"),
        "filters[or][0][state][EQUALS]=A&filters[or][1][state][EQUALS]=B"
    );
    // Written side by side they would be one group.
    assert_eq!(
        sent(EXECUTIONS, [any("A", "B"), any("C", "D")], "2.0.0"),
        "filters[and][0][or][0][state][EQUALS]=A&filters[and][0][or][1][state][EQUALS]=B\
         &filters[and][1][or][0][state][EQUALS]=C&filters[and][1][or][1][state][EQUALS]=D"
    );
    assert_eq!(
        sent(
            EXECUTIONS,
            [Filter::any([Filter::all([Filter::query("x"), Filter::query("y")]), Filter::query("z")])],
            "2.0.0"
        ),
        "filters[or][0][and][0][q][EQUALS]=x&filters[or][0][and][1][q][EQUALS]=y&filters[or][1][q][EQUALS]=z"
    );
    let nest = |inner: Filter, all: bool| {
        let members = [inner, Filter::query("x")];
        if all { Filter::all(members) } else { Filter::any(members) }
    };
    let three = nest(nest(nest(Filter::query("y"), false), true), false);
    assert!(query(call(EXECUTIONS, [three.clone()]), "2.0.0").is_ok());
    let four = Filter::any([nest(three, true), Filter::query("z")]);
    assert_eq!(refused(EXECUTIONS, [four], "2.0.0").kind(), ErrorKind::Build);
    let wide = Filter::any((0..21).map(Filter::query));
    assert_eq!(refused(EXECUTIONS, [wide], "2.0.0").kind(), ErrorKind::Build);
}

#[test]
fn what_no_server_reads_as_meant_is_refused() {
    for (filters, problem) in [
        (vec![Filter::start_date().at_least("2026-01-31")], "not a date and time with a zone"),
        (vec![Filter::start_date().at_least("yesterday")], "not a date and time"),
        (vec![Filter::time_range("an hour")], "ISO 8601 duration"),
        (
            vec![Filter::time_range("PT1H"), Filter::start_date().at_least("2026-01-31T00:00:00Z")],
            "can't be combined",
        ),
        (vec![Filter::label("a").equals("x"), Filter::label("a").equals("y")], "compare it in the same way"),
        (vec![Filter::namespace().prefix("")], "the value is empty"),
        (vec![Filter::state().is_in(Vec::<String>::new())], "the list of values is empty"),
        (vec![Filter::flow_id().is_in(["a,b"])], "a comma"),
        (vec![Filter::label(" ").equals("a")], "the key is empty"),
        (vec![Filter::trigger_state().equals("off")], "neither `enabled` nor `disabled`"),
        (vec![Filter::locked().equals("yes")], "neither `true` nor `false`"),
        (vec![Filter::label("te\nam").equals("a")], "a line break"),
        (vec![Filter::label("te\u{2028}am").is_in(["a"])], "a line break"),
        (vec![Filter::field("sta\rte").equals("a")], "a line break"),
        (vec![Filter::label("a").is_in(Vec::<String>::new())], "no filters"),
        (vec![Filter::field("labels").equals("a:b")], "needs the key"),
        (vec![Filter::any([])], "no filters"),
    ] {
        let error = refused(EXECUTIONS, filters, "2.0.0");
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(problem), "{error}");
    }
    let same =
        [Filter::label("a").equals("x"), Filter::label("a").not_equals("y"), Filter::label("b").equals("x")];
    assert!(query(call(EXECUTIONS, same), "2.0.0").is_ok());
}

#[test]
fn a_field_that_no_version_knows_names_those_that_there_are() {
    let error = refused(EXECUTIONS, [Filter::field("flow").equals("a")], "2.0.0");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("`flow`") && error.to_string().contains("flowId"), "{error}");
}

#[test]
fn an_old_parameter_beside_a_filter_is_a_filter_too() {
    for version in ["1.0.3", "1.3.25", "2.0.0"] {
        let mut mixed = call(EXECUTIONS, [Filter::state().equals("FAILED")]);
        let parameters = EXECUTIONS.query_parameters;
        let namespace = parameters.iter().position(|parameter| parameter.name == "namespace").unwrap();
        mixed.set_query(namespace, "company.team");
        assert_eq!(
            query(mixed, version).unwrap(),
            "filters[state][EQUALS]=FAILED&filters[namespace][PREFIX]=company.team"
        );
    }
}

#[test]
fn times_may_be_of_any_type_that_has_a_zone() {
    // As `jiff::Zoned` and others print it.
    let zoned = "2026-01-31T08:00:00+01:00[Europe/Paris]";
    assert_eq!(
        sent(EXECUTIONS, [Filter::start_date().at_least(zoned)], "2.0.0"),
        "filters[startDate][GREATER_THAN_OR_EQUAL_TO]=2026-01-31T07:00:00Z"
    );
    let hour = std::time::Duration::from_secs(3600);
    assert_eq!(sent(EXECUTIONS, [Filter::time_range(hour)], "2.0.0"), "filters[timeRange][EQUALS]=PT1H");
}

#[test]
fn labels_are_compared_as_each_version_can() {
    let told = |info, filter: Filter, version| query(call(info, [filter]), version).ok();
    // Servers read the values of a list as one: a list would find nothing, and what is not in it everything.
    for info in [EXECUTIONS, FLOWS] {
        assert_eq!(
            told(info, Filter::label("team").is_in(["data"]), "1.0.3").unwrap(),
            "filters[labels][EQUALS][team]=data"
        );
        assert_eq!(
            told(info, Filter::label("team").not_in(["data"]), "1.3.25").unwrap(),
            "filters[labels][NOT_EQUALS][team]=data"
        );
        let (either, neither) = (
            || Filter::label("team").is_in(["a,b", "ops"]),
            || Filter::label("team").not_in(["data", "ops"]),
        );
        assert_eq!(told(info, either(), "1.3.25"), None);
        assert_eq!(told(info, neither(), "1.3.25"), None);
        assert_eq!(
            told(info, either(), "2.0.0").unwrap(),
            "filters[or][0][labels][EQUALS][team]=a,b&filters[or][1][labels][EQUALS][team]=ops"
        );
        assert_eq!(
            told(info, neither(), "2.0.0").unwrap(),
            "filters[and][0][labels][NOT_EQUALS][team]=data&filters[and][1][labels][NOT_EQUALS][team]=ops"
        );
        // Two lists are two groups, not the alternatives that servers make of them.
        let both = query(call(info, [either(), Filter::label("env").is_in(["prod", "test"])]), "2.0.0");
        assert_eq!(
            both.unwrap(),
            "filters[and][0][or][0][labels][EQUALS][team]=a,b&filters[and][0][or][1][labels][EQUALS][team]=ops\
             &filters[and][1][or][0][labels][EQUALS][env]=prod&filters[and][1][or][1][labels][EQUALS][env]=test"
        );
    }
    assert_eq!(told(EXECUTIONS, Filter::label("team").contains("da"), "1.3.25"), None);
    let within = || Filter::any_label().contains("da");
    assert_eq!(told(EXECUTIONS, within(), "1.3.25").unwrap(), "filters[labels][CONTAINS]=da");
    assert_eq!(told(FLOWS, within(), "1.3.25"), None);
    assert_eq!(told(FLOWS, within(), "2.0.0").unwrap(), "filters[labels][CONTAINS]=da");
    let missing = || Filter::label("team").is_missing();
    assert_eq!(told(EXECUTIONS, missing(), "1.3.25"), None);
    assert_eq!(told(EXECUTIONS, missing(), "2.0.0").unwrap(), "filters[labels][IS_NULL][team]=true");
    let other = Filter::any_label().not_contains("da");
    assert_eq!(told(EXECUTIONS, other, "2.0.0").unwrap(), "filters[labels][NOT_CONTAINS]=da");
}

#[test]
fn states_of_triggers_are_in_the_letters_that_servers_read() {
    for state in ["DISABLED", "Disabled", "disabled"] {
        let filter = Filter::trigger_state().equals(state);
        assert_eq!(filter.pairs(), [("filters[triggerState][EQUALS]".to_owned(), "disabled".to_owned())]);
    }
}

#[test]
fn logs_of_an_execution_are_filtered_by_more_since_2_0() {
    let told = |filter: Filter, version| query(call(EXECUTION_LOGS, [filter]), version).ok();
    assert_eq!(told(Filter::query("refused"), "1.3.25"), None);
    assert_eq!(told(Filter::query("refused"), "2.0.0").unwrap(), "filters[q][EQUALS]=refused");
    let levels = || Filter::field("level").is_in(["WARN", "ERROR"]);
    assert_eq!(told(levels(), "1.3.25"), None);
    assert_eq!(told(levels(), "2.0.0").unwrap(), "filters[level][IN]=WARN,ERROR");
    assert_eq!(told(Filter::field("taskId").starts_with("load"), "1.3.25"), None);
    assert_eq!(
        told(Filter::field("taskId").starts_with("load"), "2.0.0").unwrap(),
        "filters[taskId][STARTS_WITH]=load"
    );
}
