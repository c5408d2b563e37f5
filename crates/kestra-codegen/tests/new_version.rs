//! A made-up Kestra 2.1 comes into the catalogue: three routes moved, two parameters gone, one field retyped, one comparison of
//! filters new, one operation removed. Its document is the kept one of 2.0 with `new_version/changes.json` applied.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use kestra_codegen::catalogue::{Catalogue, Kind, Operation, Version};
use kestra_codegen::compare::compare;
use kestra_codegen::generate::generate;
use kestra_codegen::import::import;
use kestra_codegen::openapi::Document;

const NEW: Version = Version { major: 2, minor: 1, patch: 0 };

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the catalogue's folder that is removed at the end.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kestra-new-version-{}-{name}", std::process::id()));
        copy(&here().join("../../api"), &folder);
        Self(folder)
    }

    /// Replaces one place of a file, as the person who imports does.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => _ = fs::copy(entry.path(), target).unwrap(),
        }
    }
}

/// The document of the made-up version.
fn document() -> Document {
    let text = fs::read_to_string(here().join("../../api/documents/2.0.json")).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let changes = fs::read_to_string(here().join("tests/new_version/changes.json")).unwrap();
    json_patch::patch(&mut document, &serde_json::from_str::<json_patch::Patch>(&changes).unwrap()).unwrap();
    Document::parse(NEW, &document.to_string()).unwrap()
}

fn operation<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Operation {
    let (area, name) = name.split_once('.').unwrap();
    catalogue.areas[area].iter().find(|operation| operation.name == name).unwrap()
}

fn routes(catalogue: &Catalogue, name: &str) -> Vec<String> {
    let routes = &operation(catalogue, name).routes;
    routes.iter().map(|route| format!("{} {} {}", route.method, route.path, route.versions)).collect()
}

/// What a person adds to `corrections/names.yaml` when the import has told of the moves.
const MOVES: &str = "\
moves:
- reason: 2.1 moved them.
  names:
    GET /api/v1/{tenant}/flows/deprecated: GET /api/v1/{tenant}/flows/reports/deprecated
    GET /api/v1/{tenant}/flows/{namespace}/{id}/revisions: GET /api/v1/{tenant}/flows/{namespace}/{id}/history
    POST /api/v1/{tenant}/executions/{executionId}/actions/labels: POST /api/v1/{tenant}/executions/{executionId}/actions/set-labels
";

#[test]
fn the_import_says_what_a_person_has_to_decide() {
    let api = Copy::new("news");
    let before = import(&[], &api.0).unwrap().0;
    let findings = import(&[document()], &api.0).unwrap().0;
    let news: Vec<&str> = findings.difference(&before).map(String::as_str).collect();
    let moves: Vec<&&str> = news.iter().filter(|news| news.starts_with("moves: ")).collect();
    assert_eq!(moves.len(), 3, "{news:#?}");
    for line in MOVES.lines().skip(3) {
        let line = line.trim();
        assert!(moves.iter().any(|told| told.contains(line)), "{line} is not in {moves:#?}");
    }
    assert!(
        news.contains(
            &"flows.validate_trigger: ends before 2.1: POST /api/v1/{tenant}/flows/validate/trigger"
        ),
        "{news:#?}"
    );
    assert!(
        news.contains(&"PasswordConfiguration.passwordMinLength: is double now, int32 before"),
        "{news:#?}"
    );
}

#[test]
fn a_version_comes_in_as_data() {
    let api = Copy::new("data");
    api.edit("corrections/names.yaml", "moves:\n", MOVES);
    // What no document says: where servers take the new comparison.
    api.edit("filters.yaml", "  date: [EQUALS,", "  span: [BETWEEN]\n  date: [EQUALS,");
    api.edit(
        "filters.yaml",
        "      endDate: {..: date}\n      timeRange: {..: exact}\n      state",
        "      endDate: {..: date, 2.1..: span}\n      timeRange: {..: exact}\n      state",
    );
    import(&[document()], &api.0).unwrap();
    let catalogue = Catalogue::load(&api.0).unwrap();

    let [new, old, ..] = &*routes(&catalogue, "flows.list_deprecated_flows") else { panic!("one route") };
    assert_eq!(new, "GET /api/v1/{tenant}/flows/reports/deprecated 2.1..");
    assert!(old.starts_with("GET /api/v1/{tenant}/flows/deprecated") && old.ends_with("..2.1"), "{old}");
    let [new, old, ..] = &*routes(&catalogue, "flows.list_flow_revisions") else { panic!("one route") };
    assert_eq!(new, "GET /api/v1/{tenant}/flows/{namespace}/{id}/history 2.1..");
    assert_eq!(old, "GET /api/v1/{tenant}/flows/{namespace}/{id}/revisions ..2.1");
    // Moved for the second time.
    assert_eq!(
        routes(&catalogue, "executions.set_execution_labels"),
        [
            "POST /api/v1/{tenant}/executions/{executionId}/actions/set-labels 2.1..",
            "POST /api/v1/{tenant}/executions/{executionId}/actions/labels 2.0..2.1",
            "POST /api/v1/{tenant}/executions/{executionId}/labels ..2.0",
        ]
    );
    let removed = operation(&catalogue, "flows.validate_trigger").versions();
    assert_eq!(removed.until, Some(NEW));
    for (name, parameter) in
        [("flows.get_flow", "allowDeleted"), ("executions.search_executions", "dateFilter")]
    {
        let query = &operation(&catalogue, name).query;
        let gone = query.iter().find(|known| known.name == parameter).unwrap();
        assert_eq!(gone.versions.until, Some(NEW), "{name} {parameter}");
    }
    let Kind::Object(object) = &catalogue.schemas["PasswordConfiguration"].kind else { panic!("no object") };
    let retyped = object.fields.iter().find(|field| field.name == "passwordMinLength").unwrap();
    assert_eq!(retyped.ty.to_string(), "double");

    let files = generate(&catalogue).unwrap();
    let text = |name: &str| {
        let path = format!("crates/kestra-operations/src/generated/{name}");
        files.iter().find(|(known, _)| *known == path).unwrap().1
    };
    assert!(text("filters.rs").contains(r#"Comparisons::of(&["BETWEEN"])"#));
    assert!(text("flows.rs").contains("/flows/reports/deprecated"));

    // Compared with its own document, the catalogue has what the document changed.
    let differences = compare(&document(), &catalogue).unwrap();
    let about = |what: &str| differences.to_string().lines().filter(|line| line.contains(what)).count();
    for what in
        ["deprecated", "history", "set-labels", "allowDeleted", "dateFilter", "BETWEEN", "passwordMinLength"]
    {
        assert_eq!(about(what), 0, "{what}: {differences}");
    }
}

#[test]
fn all_else_stays_as_it_was() {
    let api = Copy::new("same");
    api.edit("corrections/names.yaml", "moves:\n", MOVES);
    import(&[document()], &api.0).unwrap();
    let (before, after) =
        (Catalogue::load(&here().join("../../api")).unwrap(), Catalogue::load(&api.0).unwrap());
    let changed: Vec<&str> = before
        .areas
        .values()
        .flatten()
        .filter(|known| *known != operation(&after, &format!("{}.{}", known.area, known.name)))
        .map(|known| known.name.as_str())
        .collect();
    assert_eq!(
        changed,
        [
            "search_executions",
            "set_execution_labels",
            "get_flow",
            "list_deprecated_flows",
            "list_flow_revisions",
            "validate_trigger",
        ]
    );
    let changed: Vec<&String> = before
        .schemas
        .iter()
        .filter(|(name, known)| after.schemas.get(*name) != Some(*known))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(changed, ["PasswordConfiguration", "QueryFilterOp"]);
}
