//! Where the fields of filters are not known, and so not checked, the documentation of the method says so.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use kestra_codegen::catalogue::{Catalogue, Type};
use kestra_core::{Call, Filter, OperationInfo};

/// Whether a field that no server has is refused before it is sent.
fn is_checked(info: &'static OperationInfo, index: usize) -> bool {
    let mut call = info.path_parameters.iter().fold(Call::new(info), |call, _| call.path("x"));
    call.add_filter(index, &Filter::field("no_such_field").equals("x"));
    call.into_request().is_err()
}

#[test]
fn they_are_those_that_say_so() {
    let mut unchecked = BTreeSet::new();
    for info in kestra_operations::operations() {
        let index = info.query_parameters.iter().position(|parameter| parameter.name == "filters");
        if index.is_some_and(|index| !is_checked(info, index)) {
            unchecked.insert(format!("{}.{}", info.area, info.name));
        }
    }
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api");
    let catalogue = Catalogue::load(&api).unwrap();
    let mut said = BTreeSet::new();
    for operation in catalogue.areas.values().flatten() {
        let filters = operation.query.iter().find(|parameter| parameter.ty == Type::Filters);
        if filters.and_then(|filters| filters.note.as_ref()).is_some_and(|note| note.contains("not checked"))
        {
            said.insert(format!("{}.{}", operation.area, operation.name));
        }
    }
    assert_eq!(unchecked, said);
    assert!(!said.is_empty());
}
