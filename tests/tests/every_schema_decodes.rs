//! Properties of every schema's type: exact JSON comes out as it went in, and nothing a server might send makes decoding fail.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod random_json;

use std::path::Path;

use kestra_codegen::catalogue::Catalogue;
use kestra_tests::recorded::differences;
use kestra_tests::schemas::{decode_and_encode, names};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestCaseResult, TestRunner};
use random_json::Manner;
use serde_json::Value;

/// A test of one schema's JSON.
type Property = fn(&str, &Value) -> TestCaseResult;

#[test]
fn exact_json_comes_out_as_it_went_in() {
    check(Manner::Exact, |schema, original| {
        let again = decoded(schema, original)?;
        match differences(original, &again) {
            found if found.is_empty() => Ok(()),
            found => Err(TestCaseError::fail(found.join("; "))),
        }
    });
}

#[test]
fn odd_json_decodes_and_is_kept_from_then_on() {
    check(Manner::Loose, |schema, original| {
        let again = decoded(schema, original)?;
        let once_more = decoded(schema, &again)?;
        match again == once_more {
            true => Ok(()),
            false => Err(TestCaseError::fail(format!("{again} became {once_more}"))),
        }
    });
}

fn catalogue() -> Catalogue {
    Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api")).unwrap().generated()
}

fn decoded(schema: &str, json: &Value) -> Result<Value, TestCaseError> {
    decode_and_encode(schema, json.to_string().as_bytes())
        .ok_or_else(|| TestCaseError::fail("it has no type"))?
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

/// Tests a property on random JSON of every schema; all that fail are told at once.
fn check(manner: Manner, property: Property) {
    let catalogue = catalogue();
    let mut failures = Vec::new();
    for schema in names() {
        let json = random_json::of(&catalogue, schema, manner);
        if let Err(failure) = TestRunner::new(config()).run(&json, |json| property(schema, &json)) {
            failures.push(format!("{schema}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), names().len(), failures.join("\n"));
}

/// Few cases each, as the schemas are many and lie within one another; more by `PROPTEST_CASES`.
fn config() -> Config {
    let known = FileFailurePersistence::Direct("proptest-regressions/every_schema_decodes.txt");
    let mut config = Config { failure_persistence: Some(Box::new(known)), ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 12;
    }
    config
}
