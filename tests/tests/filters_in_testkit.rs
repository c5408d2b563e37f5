//! The filters that the catalogue lets a client send, against those that the testkit reads as servers do: neither knows a
//! comparison that the other lacks, but for what the catalogue leaves out on purpose.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod on_server;

use std::collections::BTreeSet;
use std::path::Path;

use kestra::Body;
use kestra::http::Request;
use kestra_codegen::catalogue::{Catalogue, Compared, ComparisonSet, Filters, Versions};
use kestra_testkit::Dialect;

const EVERYWHERE: &[Dialect] = &Dialect::ALL;

/// Resources of the catalogue with the route that searches them, and the dialects whose route reads filters.
const SEARCHES: &[(&str, &str, &[Dialect])] = &[
    ("executions", "executions/search", EVERYWHERE),
    ("flows", "flows/search", EVERYWHERE),
    ("keys", "kv", &[Dialect::V1_3, Dialect::V2_0]),
    ("logs", "logs/search", EVERYWHERE),
    ("namespaces", "namespaces/search", &[Dialect::V2_0]),
    ("secrets", "namespaces/company.team/secrets", &[Dialect::V1_3]),
    ("triggers", "triggers/search", EVERYWHERE),
];

/// What the catalogue lacks or has though servers read it otherwise: resource (`*` for all), field, comparisons (none for all),
/// reason.
const ON_PURPOSE: &[(&str, &str, &[&str], &str)] = &[
    ("*", "labels", &["IN", "NOT_IN", "CONTAINS"], "servers read all values of a list as one"),
    ("*", "timeRange", &[], "servers take the range for a start, whatever the comparison is"),
    (
        "logs",
        "level",
        &["EQUALS", "GREATER_THAN_OR_EQUAL_TO"],
        "each is sent as the other where a version has only that",
    ),
    ("triggers", "startDate", &[], "2.0 compares whichever date `dateFilter` names"),
    ("triggers", "endDate", &[], "2.0 compares whichever date `dateFilter` names"),
    ("namespaces", "existingOnly", &[], "2.0 accepts and ignores it"),
];

/// A value that servers accept for a field.
fn value(field: &str) -> &'static str {
    match field {
        "startDate" | "endDate" | "created" | "updated" | "expirationDate" | "lastTriggeredDate"
        | "nextExecutionDate" => "2099-01-01T00:00:00Z",
        "state" => "RUNNING",
        "level" => "INFO",
        "scope" => "USER",
        "childFilter" => "CHILD",
        "kind" => "NORMAL",
        "timeRange" => "PT1H",
        "triggerState" => "ENABLED",
        "existingOnly" | "locked" => "true",
        _ => "1",
    }
}

/// The comparisons of a field that a version reads.
fn known(filters: &Filters, fields: &Compared, version: &str) -> BTreeSet<String> {
    let version = version.parse().unwrap();
    let at = |(range, set): (&String, &ComparisonSet)| {
        let range: Versions = range.parse().unwrap();
        range.contains(version).then(|| filters.comparisons(set).unwrap().to_vec())
    };
    fields.iter().filter_map(at).flatten().collect()
}

#[tokio::test]
async fn the_catalogue_and_the_testkit_know_the_same_comparisons() {
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api");
    let filters = Catalogue::load(&api).unwrap().filters;
    let comparisons: BTreeSet<&String> = filters.comparisons.values().flatten().collect();
    let mut unequal = Vec::new();
    let mut unused: Vec<_> = ON_PURPOSE.iter().collect();
    for dialect in Dialect::ALL {
        let (_server, client) = on_server::server(dialect).await;
        for (resource, path, _) in SEARCHES.iter().filter(|(_, _, dialects)| dialects.contains(&dialect)) {
            let fields = filters.resources[*resource].fields.as_ref().unwrap();
            for name in fields.keys().map(String::as_str).chain(["assetId"]) {
                let sent = fields
                    .get(name)
                    .map(|compared| known(&filters, compared, dialect.version()))
                    .unwrap_or_default();
                for comparison in &comparisons {
                    let key = if name == "labels" { "[team]" } else { "" };
                    let query = format!("filters[{name}][{comparison}]{key}={}", value(name))
                        .replace('[', "%5B")
                        .replace(']', "%5D");
                    let request =
                        Request::get(format!("/api/v1/main/{path}?{query}")).body(Body::empty()).unwrap();
                    let is_read = client.request(request).await.is_ok();
                    if is_read == sent.contains(*comparison) {
                        continue;
                    }
                    let reasons = ON_PURPOSE.iter().filter(|(of, field, comparisons, _)| {
                        (*of == "*" || of == resource)
                            && *field == name
                            && (comparisons.is_empty() || comparisons.contains(&comparison.as_str()))
                    });
                    let reasons: Vec<_> = reasons.collect();
                    unused.retain(|reason| !reasons.contains(reason));
                    if reasons.is_empty() {
                        unequal.push(format!("{dialect:?} {resource} {name} {comparison}: read {is_read}"));
                    }
                }
            }
        }
    }
    assert!(unequal.is_empty(), "{} differ:\n{}", unequal.len(), unequal.join("\n"));
    assert!(unused.is_empty(), "they agree but for these: {unused:?}");
}
