//! Arrows between the crates point one way: core <- models <- operations <- kestra, core <- tower <- kestra, and flow <- kestra.

use std::collections::BTreeSet;
use std::path::Path;

/// Which crates of the workspace each may depend on; tests of a crate may use more.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("kestra-core", &[]),
    ("kestra-derive", &[]),
    ("kestra-flow", &[]),
    ("kestra-flowgen", &["kestra-flow"]),
    ("kestra-task", &[]),
    ("kestra-models", &["kestra-core"]),
    ("kestra-operations", &["kestra-core", "kestra-models"]),
    ("kestra-tower", &["kestra-core"]),
    (
        "kestra",
        &[
            "kestra-core",
            "kestra-derive",
            "kestra-flow",
            "kestra-models",
            "kestra-operations",
            "kestra-tower",
        ],
    ),
    ("kestra-testkit", &["kestra-core", "kestra-flow"]),
    ("kestra-opentelemetry", &["kestra-core"]),
    ("kestra-codegen", &[]),
];

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut found = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if section == "dependencies" && line.starts_with("kestra") {
            found.insert(line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned());
        }
    }
    found
}

#[test]
fn no_crate_depends_on_one_above_it() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut seen = 0;
    for entry in std::fs::read_dir(&crates).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{name} is not listed"));
        let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
        for dependency in dependencies(&manifest) {
            assert!(allowed.contains(&dependency.as_str()), "{name} depends on {dependency}");
        }
        seen += 1;
    }
    assert_eq!(seen, ALLOWED.len());
}
