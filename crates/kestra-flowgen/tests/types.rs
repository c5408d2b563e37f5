//! Types of flows: what keeps flows from having them, and the command that writes them.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, process};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, flows: &[(&str, &str)]) -> Self {
        let path = env::temp_dir().join(format!("kestra-flowgen-{}-types-{name}", process::id()));
        for (file, source) in flows {
            let file = path.join("flows").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, source).unwrap();
        }
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_kestra-flowgen"))
            .args(["flows/", "flows.rs"])
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    }

    fn code(&self) -> String {
        kestra_flowgen::generate(&self.0.join("flows")).unwrap()
    }

    fn errors(&self) -> Vec<String> {
        let errors = kestra_flowgen::generate(&self.0.join("flows")).unwrap_err().to_string();
        errors.lines().map(|line| line.replace(&format!("{}/", self.0.join("flows").display()), "")).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn flow(id: &str, rest: &str) -> String {
    format!(
        "id: {id}\nnamespace: company.team\n{rest}\ntasks: [{{id: log, type: io.kestra.plugin.core.log.Log, message: hi}}]\n"
    )
}

#[test]
fn all_errors_of_all_files_are_told_with_their_places() {
    let inputs = "inputs:
  - {id: dry-run, type: BOOL}
  - {id: dry_run, type: BOOL}
  - {id: when, type: MOMENT}
  - {id: 7, type: INT}
  - {type: INT}
  - text
  - {id: '-', type: STRING}
  - {id: mode, type: SELECT, values: [a-b, A_B, [c]]}
  - {id: many, type: ARRAY, itemType: FILE}
outputs:
  - {id: a, type: NUMBER, value: 1}
  - {id: x-y, type: INT, value: 1}
  - {id: x.y, type: INT, value: 1}";
    let folder = Folder::new(
        "errors",
        &[
            ("a.yaml", "id: [\n"),
            ("b.yaml", &flow("report", inputs)),
            ("c.yml", &flow("re-port", "")),
            ("d.yaml", &flow("RePort", "")),
            ("e.yaml", "tasks: []\n"),
            ("f.yaml", &flow("other", "inputs: text").replace("company.team", "company-team")),
            ("notes.txt", "no flow"),
        ],
    );
    let errors = folder.errors();
    let wanted = [
        "a.yaml:1:5: ",
        "b.yaml:5:10: `dry-run` and `dry_run` are both `dry_run` in Rust: rename one",
        "b.yaml:6:22: the type `MOMENT` is unknown: use one of Kestra 1.0 to 2.0, or keep the flow elsewhere",
        "b.yaml:7:10: `id` must be a string",
        "b.yaml:8:5: `id` must be a string",
        "b.yaml:9:5: must be a map with `id` and `type`",
        "b.yaml:10:10: `-` has no letter and no digit to make a name of: rename it",
        "b.yaml:11:44: `a-b` and `A_B` are both `AB` in Rust: rename one",
        "b.yaml:11:49: a value is a string: quote it",
        "b.yaml:12:39: an ARRAY of `FILE` has no Rust type: use another `itemType`, or JSON",
        "b.yaml:14:19: the type `NUMBER` is unknown: use one of Kestra 1.0 to 2.0, or keep the flow elsewhere",
        "b.yaml:16:10: `x-y` and `x.y` are both `x_y` in Rust: rename one",
        "d.yaml:1:5: two types are `RePort`: that of flow `re-port` (c.yml), and that of flow `RePort` (d.yaml): rename one",
        "e.yaml:1:1: `namespace` must be a string: set it, or keep files that are no flows elsewhere",
        "e.yaml:1:1: `id` must be a string: set it, or keep files that are no flows elsewhere",
        "f.yaml:2:12: the namespaces `company.team` and `company-team` are both the module `company_team`: rename one, or keep them in two folders",
        "f.yaml:3:9: must be a list",
    ];
    assert_eq!(errors.len(), wanted.len(), "{errors:#?}");
    for (error, wanted) in errors.iter().zip(wanted) {
        assert!(error.starts_with(wanted), "{error} instead of {wanted}");
    }
}

#[test]
fn two_types_of_one_name_are_an_error() {
    let mode = "inputs: [{id: mode, type: SELECT, values: [a], required: false}]";
    let folder =
        Folder::new("meet", &[("a.yaml", &flow("report", mode)), ("b.yaml", &flow("report-mode", ""))]);
    let error = folder.errors().join("\n");
    assert!(
        error.contains("b.yaml:1:5: two types are `ReportMode`: that of input `mode` of flow `report`"),
        "{error}"
    );
}

#[test]
fn old_names_and_values_of_forms_are_read() {
    let inputs = "inputs:
  - {name: kind, type: ENUM, values: [A]}
  - {id: form, type: FORM, inputs: [{id: mode, type: SELECT, values: [on, 1]}]}
  - {id: more, type: FORM, dependsOn: {inputs: [kind]}, inputs: [{id: a, type: ARRAY, itemType: INT}]}";
    let code = Folder::new("old", &[("a.yaml", &flow("report", inputs))]).code();
    for line in [
        "kind: ReportKind = set(\"kind\", \"ENUM\", [\"A\"]);",
        "form_mode: ReportFormMode = set(\"form.mode\", \"SELECT\", [\"true\", \"1\"]);",
        "N1 = \"1\";",
        // What need not be given if its form need not.
        "set {\n            /// The input `more.a`.\n            more_a: impl IntoIterator<Item = i32> = list(\"more.a\", \"ARRAY<INT>\", []);",
    ] {
        assert!(code.contains(line), "{code}");
    }
}

#[test]
fn a_stale_file_is_told_and_written() {
    let folder = Folder::new("stale", &[("below/a.yaml", &flow("report", ""))]);
    let stale = "flows.rs: stale, run `kestra-flowgen flows/ flows.rs`\n";
    assert_eq!(folder.run(&["--check"]), (Some(1), stale.to_owned()));
    assert!(!folder.0.join("flows.rs").exists());
    assert_eq!(folder.run(&[]), (Some(0), String::new()));
    assert_eq!(fs::read_to_string(folder.0.join("flows.rs")).unwrap(), folder.code());
    assert_eq!(folder.run(&["--check"]), (Some(0), String::new()));
    fs::write(folder.0.join("flows/b.yaml"), flow("other", "")).unwrap();
    assert_eq!(folder.run(&["--check"]), (Some(1), stale.to_owned()));
    assert_eq!(folder.run(&[]).0, Some(0));
    assert!(fs::read_to_string(folder.0.join("flows.rs")).unwrap().contains("flow Other("));

    fs::write(folder.0.join("flows/b.yaml"), "inputs: 1\n").unwrap();
    let (code, text) = folder.run(&["--check"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("flows/b.yaml:1:9: must be a list\n"), "{text}");
    fs::remove_dir_all(folder.0.join("flows")).unwrap();
    assert_eq!(folder.run(&[]).0, Some(1));
}

/// A build script, which the test below runs in a process of its own.
#[test]
fn build_script() {
    if let Some(folder) = env::var_os("FLOWS_OF_BUILD_SCRIPT") {
        kestra_flowgen::build(PathBuf::from(folder));
    }
}

#[test]
fn a_build_script_tells_cargo_what_to_watch_and_what_is_wrong() {
    let folder =
        Folder::new("build", &[("below/a.yaml", &flow("report", "")), ("below/notes.txt", "no flow")]);
    let (flows, out) = (folder.0.join("flows"), folder.0.join("out"));
    fs::create_dir_all(&out).unwrap();
    let run = |out: Option<&PathBuf>| {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "build_script", "--nocapture"])
            .env("FLOWS_OF_BUILD_SCRIPT", &flows)
            .env_remove("OUT_DIR");
        command.envs(out.map(|out| ("OUT_DIR", out)));
        let Output { stdout, .. } = command.output().unwrap();
        let lines = String::from_utf8(stdout).unwrap();
        // The harness writes into the first line.
        let lines =
            lines.lines().filter_map(|line| line.find("cargo::").map(|start| line[start..].to_owned()));
        lines.collect::<Vec<_>>()
    };
    let watched: Vec<_> = ["", "/below", "/below/a.yaml", "/below/notes.txt"]
        .iter()
        .map(|path| format!("cargo::rerun-if-changed={}{path}", flows.display()))
        .collect();
    assert_eq!(run(Some(&out)), watched);
    assert_eq!(fs::read_to_string(out.join("flows.rs")).unwrap(), folder.code());
    assert_eq!(run(None).last().unwrap(), "cargo::error=OUT_DIR: is not set: call it from a build script");

    fs::write(flows.join("below/a.yaml"), "id: a\nnamespace: b\ninputs: 1\noutputs: 2\n").unwrap();
    let lines = run(Some(&out));
    assert_eq!(lines[..4], watched);
    let wrong = |place| format!("cargo::error={}/below/a.yaml:{place}: must be a list", flows.display());
    assert_eq!(lines[4..], [wrong("3:9"), wrong("4:10")]);
}
