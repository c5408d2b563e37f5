//! The tables of fields have the order in which servers send the fields, so that each is found by one comparison.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use kestra_codegen::catalogue::{Catalogue, Kind};
use kestra_core::Version;
use kestra_tests::recorded::{Orders, find, load};

#[test]
fn most_fields_are_the_next_of_their_table() {
    let mut orders = Orders::default();
    for exchange in load().unwrap() {
        let Some(text) = exchange.response.body.as_ref().and_then(|body| body.value.as_deref()) else {
            continue;
        };
        if exchange.response.status.is_none_or(|status| status >= 300) {
            continue;
        }
        let version = exchange.recorded.server_version.parse().unwrap_or(Version::NEWEST);
        if let Some(found) = find(&exchange.request.method, &exchange.request.path, version).first() {
            orders.add(found.info.name, text);
        }
    }
    let (guessed, known) = (orders.guessed, orders.known);
    assert!(known > 20_000, "{known} fields are recorded");
    if guessed * 5 < known * 4 {
        print_order(&orders);
    }
    assert!(
        guessed * 5 >= known * 4,
        "{guessed} of {known} fields are the next of their table; `api/wire_order.yaml` should be as above"
    );
}

/// Prints the order of the fields as `api/wire_order.yaml` has it.
fn print_order(orders: &Orders) {
    let catalogue = Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api")).unwrap();
    let mut lines = Vec::new();
    for (names, order) in orders.merged() {
        for schema in catalogue.schemas.values() {
            let Kind::Object(object) = &schema.kind else { continue };
            let mut fields: Vec<&str> = object.fields.iter().map(|field| field.name.as_str()).collect();
            fields.sort_unstable();
            if fields == names && order.len() > 1 {
                lines.push(format!("{}: [{}]", schema.name, order.join(", ")));
            }
        }
    }
    lines.sort();
    println!("{}", lines.join("\n"));
}
