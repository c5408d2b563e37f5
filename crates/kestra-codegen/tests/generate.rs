//! Generates code from a small catalogue and compares it with the files beside it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p kestra-codegen` writes the files anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use kestra_codegen::catalogue::{Catalogue, Kind, Type};
use kestra_codegen::generate::generate;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn catalogue() -> Catalogue {
    Catalogue::load(&golden().join("api")).unwrap()
}

#[test]
fn the_code_is_what_it_was() {
    let mut files = generate(&catalogue()).unwrap();
    // The workspace's root, for its settings of rustfmt.
    files.format(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let expected = golden().join("expected");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        files.write(&expected).unwrap();
    }
    assert_eq!(files.stale(&expected).unwrap(), Vec::<String>::new());
}

#[test]
fn the_same_catalogue_gives_the_same_bytes() {
    let texts =
        || generate(&catalogue()).unwrap().iter().map(|(_, text)| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(texts(), texts());
}

#[test]
fn a_changed_a_missing_and_a_left_over_file_are_stale() {
    let folder = std::env::temp_dir().join(format!("kestra-generate-{}", std::process::id()));
    let files = generate(&catalogue()).unwrap();
    files.write(&folder).unwrap();
    assert!(files.stale(&folder).unwrap().is_empty());
    let models = folder.join("crates/kestra-models/src/generated");
    fs::write(models.join("books.rs"), "changed").unwrap();
    fs::remove_file(models.join("mod.rs")).unwrap();
    fs::write(models.join("enterprise.rs"), "left over").unwrap();
    let stale = files.stale(&folder).unwrap();
    files.write(&folder).unwrap();
    let healed = files.stale(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(
        stale.iter().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>(),
        ["books.rs", "enterprise.rs", "mod.rs"]
    );
    assert!(healed.is_empty());
}

fn problem(change: impl FnOnce(&mut Catalogue)) -> String {
    let mut catalogue = catalogue();
    change(&mut catalogue);
    generate(&catalogue).unwrap_err().to_string()
}

#[test]
fn an_operation_of_two_areas_is_refused() {
    let message = problem(|catalogue| {
        let operation = catalogue.areas["books"][0].clone();
        catalogue.areas.get_mut("loans").unwrap().push(operation);
    });
    assert!(message.contains("`bulk_return` is an operation of `books` and of `loans`"), "{message}");
}

#[test]
fn two_parameters_of_one_name_are_refused() {
    let message = problem(|catalogue| {
        let get =
            catalogue.areas.get_mut("books").unwrap().iter_mut().find(|o| o.name == "get_book").unwrap();
        get.query[0].rust = "since".to_owned();
    });
    assert!(message.contains("the builder of `get_book` has `since_parameter` twice"), "{message}");
}

#[test]
fn two_fields_of_one_name_are_refused() {
    let message = problem(|catalogue| {
        let Kind::Object(address) = &mut catalogue.schemas.get_mut("Address").unwrap().kind else {
            panic!("an address is an object");
        };
        address.fields[0].rust = "zip".to_owned();
    });
    assert!(message.contains("the schema `Address` has `zip` twice"), "{message}");
}

#[test]
fn a_schema_or_an_area_that_is_not_there_is_named() {
    let message = problem(|catalogue| catalogue.generation.areas.push("shelves".to_owned()));
    assert!(message.contains("there is no area `shelves`"), "{message}");
    let message = problem(|catalogue| {
        catalogue.areas.get_mut("books").unwrap()[0].answer =
            kestra_codegen::catalogue::Answer::Json(Type::Ref("Shelf".to_owned()));
    });
    assert!(message.contains("there is no schema `Shelf`"), "{message}");
}

#[test]
fn a_schema_cannot_hide_a_type_of_rust() {
    let message = problem(|catalogue| {
        let mut schema = catalogue.schemas["Address"].clone();
        schema.name = "Option".to_owned();
        catalogue.schemas.insert("Option".to_owned(), schema);
        catalogue.areas.get_mut("books").unwrap()[0].answer =
            kestra_codegen::catalogue::Answer::Json(Type::Ref("Option".to_owned()));
    });
    assert!(message.contains("`Option` is a type of Rust"), "{message}");
}
