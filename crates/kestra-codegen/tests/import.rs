//! Imports a small document in two versions and compares the catalogue with the files beside it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p kestra-codegen` writes the files anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use kestra_codegen::catalogue::{Catalogue, Kind, Operation, Presence, Replay};
use kestra_codegen::import::import;
use kestra_codegen::openapi::Document;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny")
}

fn imported(folder: &Path) -> Vec<String> {
    let document =
        |version: &str, file: &str| Document::read(version.parse().unwrap(), &tiny().join(file)).unwrap();
    let documents = [document("1.0", "old.yaml"), document("2.0", "new.yaml")];
    import(&documents, folder).unwrap().0.into_iter().collect()
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() {
            files.push((name, fs::read_to_string(&path).unwrap()));
        } else if name == "schemas" {
            files
                .extend(self::files(&path).into_iter().map(|(file, text)| (format!("schemas/{file}"), text)));
        }
    }
    files.sort();
    files
}

#[test]
fn the_catalogue_is_what_it_was() {
    let golden = tiny().join("api");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        imported(&golden);
        fs::remove_dir_all(golden.join("documents")).unwrap();
    }
    let folder = std::env::temp_dir().join(format!("kestra-codegen-{}", std::process::id()));
    fs::create_dir_all(folder.join("corrections")).unwrap();
    fs::copy(golden.join("corrections/names.yaml"), folder.join("corrections/names.yaml")).unwrap();
    fs::copy(golden.join("generation.yaml"), folder.join("generation.yaml")).unwrap();
    let findings = imported(&folder);
    let (actual, expected) = (files(&folder), files(&golden));
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(findings, ["POST /api/v1/shelves: ApiShelf in the newer version, Shelf in the older"]);
    assert_eq!(actual, expected);
}

#[test]
fn nothing_is_copied_from_the_documents_text() {
    for (name, text) in files(&tiny().join("api")) {
        assert!(!text.contains("never copied"), "{name}");
    }
}

fn operation<'a>(catalogue: &'a Catalogue, area: &str, name: &str) -> &'a Operation {
    catalogue.areas[area].iter().find(|operation| operation.name == name).unwrap()
}

#[test]
fn corrections_apply_when_it_is_loaded() {
    let catalogue = Catalogue::load(&tiny().join("api")).unwrap();

    let export = operation(&catalogue, "books", "export_books");
    assert_eq!(export.routes[0].versions.to_string(), "1.3.7..");
    assert_eq!(export.accept, "application/octet-stream, application/json;q=0.9, */*;q=0.1");
    assert_eq!(export.replay, Replay::Safe);

    let get = operation(&catalogue, "books", "get_book");
    assert_eq!(get.go_key, "BooksAPIService.Book");
    assert_eq!(get.aliases, ["getBook", "book"]);
    assert_eq!(get.summary.as_deref(), Some("Reads a book."));
    assert_eq!(get.query[0].versions.to_string(), "2.0..");

    let lend = operation(&catalogue, "books", "lend_book");
    assert_eq!(lend.routes[1].path, "/api/v1/{tenant}/books/{id}/lend");
    assert_eq!(lend.routes[1].versions.to_string(), "..2.0");

    let search = operation(&catalogue, "books", "search_books");
    let names: Vec<&str> = search.query.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["filters", "limit", "page", "q"]);
    assert!(search.query.iter().all(|parameter| !parameter.required));
    // The newer document leaves out what is deprecated, which says nothing of the server.
    assert!(search.query[3].versions.is_all());

    let Kind::Open(book) = &catalogue.schemas["Book"].kind else { panic!("plugins extend it") };
    let names: Vec<&str> = book.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["extra", "id", "kind", "pages", "sequelOf", "tenantId", "written"]);
    assert_eq!(book.fields[3].ty.to_string(), "int64");
    assert_eq!(book.fields[1].presence(), Presence::Optional);
}

#[test]
fn presence_follows_the_direction() {
    let catalogue = Catalogue::load(&tiny().join("api")).unwrap();
    let field = |schema: &str, name: &str| {
        let (Kind::Object(object) | Kind::Open(object)) = &catalogue.schemas[schema].kind else {
            panic!("{schema}")
        };
        object.fields.iter().find(|field| field.name == name).unwrap().clone()
    };
    assert_eq!(field("Create1Request", "match").presence(), Presence::Required);
    assert_eq!(field("Shelf", "books").presence(), Presence::Optional);
    assert_eq!(field("ApiShelf", "name").presence(), Presence::Optional);
    assert_eq!(field("ApiShelf", "books").presence(), Presence::Collection);
    assert!(field("Create1Request", "password").sensitive);
}

#[test]
fn only_what_is_switched_on_is_generated() {
    let part = Catalogue::load(&tiny().join("api")).unwrap().generated();
    assert_eq!(part.areas.keys().collect::<Vec<_>>(), ["books"]);
    assert_eq!(part.schemas.keys().collect::<Vec<_>>(), ["Book", "BookKind"]);
}

#[test]
fn kestras_catalogue_is_whole() {
    let catalogue = Catalogue::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../api")).unwrap();
    let operations: Vec<&Operation> = catalogue.areas.values().flatten().collect();
    assert!(operations.len() >= 540, "{}", operations.len());
    for operation in &operations {
        assert!(operation.summary.is_some(), "{}.{} has no summary", operation.area, operation.name);
    }
    let mut keys: Vec<&str> = operations.iter().map(|operation| operation.go_key.as_str()).collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count, "two operations have one Go key");
}
