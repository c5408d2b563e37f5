//! Types of flows: what keeps flows from having them, and the command that writes them.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, process};

use pulldown_cmark::{Event, LinkType, Parser, Tag};

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
        "b.yaml:10:10: `id` must have letters, digits, `.`, `-` and `_`, with a letter or digit first",
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
fn names_that_servers_refuse_do_not_become_code() {
    let injected = r#""b\npub fn injected() {}\n//""#;
    let source = |namespace: &str, id: &str, input: &str, output: &str| {
        format!(
            "namespace: {namespace}\nid: {id}\ninputs:\n  - {{id: form, type: FORM, inputs: [{{id: {input}, type: INT}}]}}\n\
             outputs:\n  - {{id: {output}, type: INT, value: 1}}\n"
        )
    };
    let folder = Folder::new(
        "injected",
        &[
            ("a.yaml", &source(injected, "a", "b", "c")),
            ("b.yaml", &source("a", injected, "b", "c")),
            ("c.yaml", &source("a", "b", injected, "c")),
            ("d.yaml", &source("a", "d", "c", injected)),
            ("e.yaml", &source("Company.Team", "b", "größe", "-c")),
            ("f.yaml", "namespace: a\nid: f\ninputs: [{id: c, type: \"A\\n\\u202eB\"}]\n"),
        ],
    );
    let id = "`id` must have letters, digits, `.`, `-` and `_`, with a letter or digit first";
    let namespace =
        "`namespace` must have lower-case letters, digits, `.`, `-` and `_`, with a letter or digit first";
    let wanted = [
        format!("a.yaml:1:12: {namespace}"),
        format!("b.yaml:2:5: {id}"),
        format!("c.yaml:4:42: {id}"),
        format!("d.yaml:6:10: {id}"),
        format!("e.yaml:1:12: {namespace}"),
        format!("e.yaml:4:42: {id}"),
        format!("e.yaml:6:10: {id}"),
        // The error is one line as well.
        "f.yaml:3:24: the type `A  B` is unknown: use one of Kestra 1.0 to 2.0, or keep the flow elsewhere"
            .to_owned(),
    ];
    assert_eq!(folder.errors(), wanted);
}

/// Returns the doc comments of generated code.
fn docs(code: &str) -> Vec<String> {
    let mut docs = vec![String::new()];
    for line in code.lines() {
        match (line.trim_start().strip_prefix("///"), docs.last_mut()) {
            (Some(text), Some(doc)) => doc.push_str(&format!("{text}\n")),
            _ => docs.push(String::new()),
        }
    }
    docs
}

#[test]
fn descriptions_and_values_are_neither_code_nor_links_nor_html() {
    let texts = [
        "```\\nfn a() {}\\n```",
        "text\\n~~~\\nfn a() {}\\n",
        "- ```\\n  fn a() {}\\n  ```",
        "1. one\\n\\n       fn a() {}",
        "> ```\\n> fn a() {}",
        ">     fn a() {}",
        "\\tfn a() {}\\n\\n    fn b() {}",
        "text\\r```\\rfn a() {}",
        "a\\u2028```\\u2028b",
        "\\u202e right to left \\u2066",
        "`a` ``` `` b ~~~",
        "<b>[link](http://a.b) [other] http://a.b/><script>",
        "- - -     fn a() {}",
        "*/ fn a() {} /*",
        "\\\\",
    ];
    for text in texts {
        let inputs = format!(
            "description: \"{text}\"\ninputs:\n  - {{id: a, type: SELECT, values: [\"{text}\"], description: \"{text}\"}}\n  \
             - {{id: b, type: STRING, displayName: \"{text}\", defaults: \"{text}\"}}\n\
             outputs: [{{id: c, type: INT, value: 1, description: \"{text}\"}}]"
        );
        let code = Folder::new("hostile", &[("a.yaml", &flow("report", &inputs))]).code();
        let is_hidden =
            |char: char| char != '\n' && char.is_control() || "\u{202e}\u{2066}\u{2028}".contains(char);
        assert!(!code.contains(is_hidden), "{code}");
        for doc in docs(&code) {
            for event in Parser::new(&doc) {
                let is_text = !matches!(
                    event,
                    Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) | Event::Html(_) | Event::InlineHtml(_)
                ) && !matches!(event, Event::Start(Tag::Link { link_type, .. }) if link_type != LinkType::Autolink);
                assert!(is_text, "{event:?} in {doc}");
            }
        }
    }
}

#[test]
fn links_to_folders_are_not_followed() {
    let folder = Folder::new("links", &[("below/a.yaml", &flow("report", ""))]);
    let flows = folder.0.join("flows");
    for name in ["up", "below/up", "below/up-too"] {
        link(&flows, &flows.join(name));
    }
    let files = kestra_flowgen::files(std::slice::from_ref(&flows)).unwrap();
    assert_eq!(files, [flows.join("below/a.yaml")]);
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) {}

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
  - {id: more, type: FORM, dependsOn: {inputs: [kind]}, inputs: [{id: a, type: ARRAY, itemType: INT}, {id: b, type: INT, required: false}]}";
    let code = Folder::new("old", &[("a.yaml", &flow("report", inputs))]).code();
    for line in [
        "kind: ReportKind = set(\"kind\", \"ENUM\", [\"A\"]);",
        "form_mode: ReportFormMode = set(\"form.mode\", \"SELECT\", [\"true\", \"1\"]);",
        "N1 = \"1\";",
        // Servers ask for what is within a form, whatever its form depends on.
        "more_a: impl IntoIterator<Item = i32> = list(\"more.a\", \"ARRAY<INT>\", []);\n        }\n        set {\n            /// The input `more.b`.",
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
    // As git writes it where lines end so.
    let checked_out = folder.code().replace('\n', "\r\n");
    fs::write(folder.0.join("flows.rs"), &checked_out).unwrap();
    assert_eq!(folder.run(&["--check"]), (Some(0), String::new()));
    assert_eq!(folder.run(&[]), (Some(0), String::new()));
    assert_eq!(fs::read_to_string(folder.0.join("flows.rs")).unwrap(), checked_out);
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

    let broken = "id: a\nnamespace: b\ninputs: [{id: a, type: \"A\\ncargo::rustc-cfg=b\"}]\noutputs: 2\n";
    fs::write(flows.join("below/a.yaml"), broken).unwrap();
    let lines = run(Some(&out));
    assert_eq!(lines[..4], watched);
    let wrong = |problem: &str| format!("cargo::error={}/below/a.yaml:{problem}", flows.display());
    let unknown = "the type `A cargo::rustc-cfg=b` is unknown: use one of Kestra 1.0 to 2.0, or keep the flow elsewhere";
    assert_eq!(lines[4..], [wrong(&format!("3:24: {unknown}")), wrong("4:10: must be a list")]);
}
