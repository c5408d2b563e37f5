//! Searches of Enterprise: what filters become on each version, and what is refused before it is sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use kestra_core::{Call, Error, ErrorKind, Filter, Target};
use kestra_operations::{
    DeleteAssetsByQuery, DeleteCasesByQuery, ExportAuditLogs, ListCredentials, ListPromotionTargets,
    ListServiceAccounts, ListTenantAccess, ListUsers, ListVersionedPlugins, SearchApps,
    SearchAssetLineageEvents, SearchAssetUsages, SearchAuditLogs, SearchBanners, SearchBindings, SearchCases,
    SearchGroupMembers, SearchGroups, SearchInvitations, SearchPolicies, SearchRoles,
    SearchSecurityIntegrations, SearchServices, SearchTenants,
};

/// The query for a server of this version, decoded once.
fn query(call: Call, version: &str) -> Result<String, Error> {
    let request = call.into_request_for(&Target::new("http://localhost:8080").version(version))?;
    let query = request.uri().query().unwrap_or_default();
    Ok(percent_encoding::percent_decode_str(query).decode_utf8().unwrap().into_owned())
}

macro_rules! queries {
    ($($call:expr, $filter:expr => $old:expr, $new:expr;)*) => {$(
        for (version, expected) in [("1.3.25", $old), ("2.0.0", $new)] {
            let call = $call.filter($filter).into_call();
            let place = format!("{} on {version}: {:?}", call.info().name, $filter);
            let expected: Option<&str> = expected;
            match (query(call, version), expected) {
                (Ok(query), Some(expected)) => assert_eq!(query, expected, "{place}"),
                (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{place}: {error}"),
                (Ok(query), None) => panic!("{place} was sent as {query}"),
                (Err(error), Some(_)) => panic!("{place}: {error}"),
            }
        }
    )*};
}

#[test]
fn each_version_is_told_what_it_reads() {
    let since = "2026-01-31T08:00:00Z";
    queries! {
        // Known for long.
        DeleteAssetsByQuery::new().unchecked(), Filter::metadata("owner").equals("a") =>
            Some("filters[metadata][EQUALS][owner]=a"), Some("filters[metadata][EQUALS][owner]=a");
        SearchAssetUsages::new(), Filter::field("assetId").is_in(["a", "b"]) =>
            Some("filters[assetId][IN]=a,b"), Some("filters[assetId][IN]=a,b");
        SearchAssetLineageEvents::new(), Filter::created().at_least(since) =>
            Some("filters[created][GREATER_THAN_OR_EQUAL_TO]=2026-01-31T08:00:00Z"),
            Some("filters[created][GREATER_THAN_OR_EQUAL_TO]=2026-01-31T08:00:00Z");
        ListCredentials::new(), Filter::namespace().prefix("a") =>
            Some("filters[namespace][PREFIX]=a"), Some("filters[namespace][PREFIX]=a");
        ListUsers::new(), Filter::username().equals("a") =>
            Some("filters[username][EQUALS]=a"), Some("filters[username][EQUALS]=a");
        // A parameter of its own before 2.0.
        SearchRoles::new(), Filter::query("a") => Some("q=a"), Some("filters[q][EQUALS]=a");
        SearchGroups::new(), Filter::query("a") => Some("q=a"), Some("filters[q][EQUALS]=a");
        SearchTenants::new(), Filter::query("a") => Some("q=a"), Some("filters[q][EQUALS]=a");
        ListVersionedPlugins::new(), Filter::query("a") => Some("q=a"), Some("filters[q][EQUALS]=a");
        SearchInvitations::new(), Filter::field("email").equals("a@b.c") =>
            Some("email=a@b.c"), Some("filters[email][EQUALS]=a@b.c");
        SearchServices::new(), Filter::state().equals("RUNNING") =>
            Some("state=RUNNING"), Some("filters[state][EQUALS]=RUNNING");
        SearchApps::new(), Filter::namespace().prefix("a") =>
            Some("namespace=a"), Some("filters[namespace][PREFIX]=a");
        SearchAuditLogs::new(), Filter::start_date().at_least(since) =>
            Some("startDate=2026-01-31T08:00:00Z"),
            Some("filters[startDate][GREATER_THAN_OR_EQUAL_TO]=2026-01-31T08:00:00Z");
        ExportAuditLogs::new(), Filter::namespace().prefix("a") =>
            Some("namespace=a"), Some("filters[namespace][PREFIX]=a");
        // A list is a repeated parameter, of which no value is encoded for a second decoding.
        SearchApps::new(), Filter::field("tags").is_in(["a", "5%"]) =>
            Some("tags=a&tags=5%"), Some("filters[tags][IN]=a,5%25");
        SearchServices::new(), Filter::state().is_in(["RUNNING", "PENDING"]) =>
            Some("state=RUNNING&state=PENDING"), Some("filters[state][IN]=RUNNING,PENDING");
        // Not to be said to 1.x, which would find everything.
        ListUsers::new(), Filter::field("instance_owner").equals(true) =>
            None, Some("filters[instance_owner][EQUALS]=true");
        ListUsers::new(), Filter::username().contains("a") => None, Some("filters[username][CONTAINS]=a");
        SearchRoles::new(), Filter::name().equals("a") => None, Some("filters[name][EQUALS]=a");
        SearchAuditLogs::new(), Filter::detail("id").equals("a") =>
            None, Some("filters[details][EQUALS][id]=a");
        SearchBindings::new(), Filter::field("external_id").equals("a") =>
            None, Some("filters[external_id][EQUALS]=a");
        SearchBanners::new(), Filter::kind_of().equals("INFO") => None, Some("filters[type][EQUALS]=INFO");
        // On no version.
        SearchRoles::new(), Filter::state().equals("a") => None, None;
        SearchTenants::new(), Filter::name().equals("a") => None, None;
        SearchInvitations::new(), Filter::field("email").contains("a") => None, None;
        SearchSecurityIntegrations::new(), Filter::field("enabled").not_equals(true) => None, None;
        ListUsers::new(), Filter::field("super_admin").equals(true) => None, None;
    }
}

#[test]
fn what_to_say_instead_is_told() {
    let error = query(SearchAuditLogs::new().details([("id", "a")]).into_call(), "2.0.0").unwrap_err();
    assert!(error.to_string().contains("use `Filter::detail(key)`, or call"), "{error}");
    let error = query(SearchAuditLogs::new().filter(Filter::detail("id").equals("a")).into_call(), "1.3.25");
    assert!(error.unwrap_err().to_string().contains("the parameter `details`"));
}

#[test]
fn fields_that_nothing_tells_are_left_to_the_server() {
    let severe = Filter::field("severity").is_in(["HIGH", "CRITICAL"]);
    for (call, expected) in [
        (
            SearchPolicies::new().filter(Filter::policy_scope().equals("FLOW")).into_call(),
            "filters[policyScope][EQUALS]=FLOW",
        ),
        (
            SearchPolicies::new().filter(Filter::enforcement().is_in(["BLOCK"])).into_call(),
            "filters[enforcement][IN]=BLOCK",
        ),
        (
            ListServiceAccounts::new().filter(Filter::name().equals("a")).into_call(),
            "filters[name][EQUALS]=a",
        ),
        (SearchGroupMembers::new("g").filter(Filter::query("a")).into_call(), "filters[q][EQUALS]=a"),
        (
            ListTenantAccess::new().filter(Filter::username().equals("a")).into_call(),
            "filters[username][EQUALS]=a",
        ),
        (SearchCases::new().filter(severe.clone()).into_call(), "filters[severity][IN]=HIGH,CRITICAL"),
        (
            DeleteCasesByQuery::new().unchecked().filter(severe).into_call(),
            "filters[severity][IN]=HIGH,CRITICAL",
        ),
        (ListPromotionTargets::new().filter(Filter::query("a")).into_call(), "filters[q][EQUALS]=a"),
    ] {
        assert_eq!(query(call, "2.0.0").unwrap(), expected);
    }
}

#[test]
fn cases_are_not_deleted_without_a_filter() {
    let error = query(DeleteCasesByQuery::new().into_call(), "2.0.0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(query(DeleteCasesByQuery::new().all().into_call(), "2.0.0").unwrap(), "");
}
