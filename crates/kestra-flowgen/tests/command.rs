//! The command as a CI job runs it.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, io, process};

use serde_json::Value;

const FLOW: &str = "id: hello\nnamespace: company.team\ntasks:\n  - id: say\n    type: io.kestra.plugin.core.debug.Echo\n    \
                    format: hi\n  - id: call\n    type: io.kestra.plugin.core.flow.Subflow\n    namespace: company.team\n    flowId: gone\n";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, source: &str) -> Self {
        let path = env::temp_dir().join(format!("kestra-flowgen-{}-{name}", process::id()));
        fs::create_dir_all(path.join("below")).unwrap();
        fs::write(path.join("below/hello, 1.yaml"), source).unwrap();
        fs::write(path.join("notes.txt"), "no flow").unwrap();
        Self(path)
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_kestra-flowgen"))
            .arg("check")
            .args(arguments)
            .arg(".")
            .current_dir(&self.0)
            .output()
            .unwrap();
        (status.code(), String::from_utf8(stdout).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn nobody_needs_to_read_what_is_printed() {
    let folder = Folder::new("pipe", FLOW);
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    for arguments in [&["check", "."][..], &["missing", "flows.rs"]] {
        let status = Command::new(env!("CARGO_BIN_EXE_kestra-flowgen"))
            .args(arguments)
            .current_dir(&folder.0)
            .stdout(writer.try_clone().unwrap())
            .stderr(writer.try_clone().unwrap())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn an_upgrade_is_checked_by_version() {
    let folder = Folder::new("upgrade", FLOW);
    let (code, text) = folder.check(&["--for", "1.3.25"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.trim_end().ends_with("1 flow, 0 errors, 1 warning"), "{text}");
    assert!(
        text.contains("below/hello, 1.yaml:10:13: warning: tasks[1].flowId: no checked file has a flow `company.team.gone`: correct the name, or add its file"),
        "{text}"
    );
    let (code, text) = folder.check(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains(":5:11: error: tasks[0].type: unknown type `io.kestra.plugin.core.debug.Echo`"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("1 flow, 1 error, 1 warning"), "{text}");
}

#[test]
fn programs_read_json_sarif_and_annotations() {
    let folder = Folder::new("formats", FLOW);
    let json: Value = serde_json::from_str(&folder.check(&["--format", "json"]).1).unwrap();
    assert_eq!((&json[0]["line"], &json[0]["severity"]), (&5.into(), &"error".into()));
    let sarif: Value = serde_json::from_str(&folder.check(&["--format", "sarif"]).1).unwrap();
    let (run, result) = (&sarif["runs"][0], &sarif["runs"][0]["results"][0]);
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&run["tool"]["driver"]["rules"][0]["id"], &"error".into())
    );
    assert!(result["message"]["text"].as_str().unwrap().starts_with("tasks[0].type: "), "{result}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "./below/hello%2C%201.yaml");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&5.into(), &11.into()));
    let (_, text) = folder.check(&["--format", "github"]);
    assert!(
        text.starts_with("::error file=./below/hello%2C 1.yaml,line=5,col=11::tasks[0].type: "),
        "{text}"
    );
}

#[test]
fn what_cannot_be_checked_is_told_by_another_code() {
    let folder = Folder::new("failures", FLOW);
    for arguments in [
        &["--for", "kestra"][..],
        &["--schema", "none.json"],
        &["--schema", "notes.txt"],
        &["--format", "xml"],
    ] {
        assert_eq!(folder.check(arguments).0, Some(2), "{arguments:?}");
    }
}

fn trigger(id: &str, fields: &str) -> String {
    format!(
        "id: {id}\nnamespace: company.team\ntasks:\n  - {{id: log, type: io.kestra.plugin.core.log.Log, message: hi}}\ntriggers:\n  \
         - id: after\n    type: io.kestra.plugin.core.trigger.Flow\n    {fields}\n"
    )
}

#[test]
fn triggers_name_flows_of_the_folder() {
    let there = "{namespace: company.team, flowId: hello}";
    let gone = "{namespace: company.team, flowId: gone}";
    let elsewhere = "{namespace: company.other, flowId: gone}";
    let condition = "type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: company.team, flowId:";
    let filter = "{field: NAMESPACE, type: EQUAL_TO, value: company.team}, {field: FLOW_ID, type: ";
    let folder = Folder::new("triggers", &trigger("hello", "states: [FAILED]"));
    for (version, fields, expected) in [
        ("1.3", format!("preconditions: {{id: p, flows: [{there}, {elsewhere}]}}"), None),
        (
            "1.3",
            format!("preconditions: {{id: p, flows: [{there}, {gone}]}}"),
            Some("preconditions.flows[1].flowId"),
        ),
        (
            "1.3",
            format!(
                "preconditions: {{id: p, where: [{{id: w, filters: [{filter}EQUAL_TO, value: gone}}]}}]}}"
            ),
            Some("preconditions.where[0].filters[1].value"),
        ),
        (
            "1.3",
            format!(
                "preconditions: {{id: p, where: [{{id: w, filters: [{filter}IN, values: [hello, gone]}}]}}]}}"
            ),
            Some("preconditions.where[0].filters[1].values[1]"),
        ),
        (
            "1.0",
            format!(
                "preconditions: {{id: p, where: [{{id: w, operand: OR, filters: [{filter}EQUAL_TO, value: gone}}]}}]}}"
            ),
            None,
        ),
        ("1.0", format!("conditions: [{{{condition} hello}}]"), None),
        ("1.0", format!("conditions: [{{{condition} gone}}]"), Some("conditions[0].flowId")),
        ("1.0", format!("conditions: [{{{condition} '{{{{ x }}}}'}}]"), None),
        (
            "1.0",
            format!(
                "conditions: [{{id: m, type: io.kestra.plugin.core.condition.MultipleCondition, window: P1D, conditions: \
                 {{a: {{{condition} hello}}, b: {{{condition} gone}}}}}}]"
            ),
            Some("conditions[0].conditions.b.flowId"),
        ),
        ("2.0", format!("dependsOn: [{there}, {gone}]"), Some("dependsOn[1].flowId")),
    ] {
        fs::write(folder.0.join("after.yaml"), trigger("after", &fields)).unwrap();
        let (code, text) = folder.check(&["--for", version]);
        assert_eq!(code, Some(0), "{fields}: {text}");
        match expected {
            Some(path) => {
                let warning = format!(
                    "warning: triggers[0].{path}: no checked file has a flow `company.team.gone`: correct the name, or add its file"
                );
                assert!(text.contains(&warning), "{fields}: {text}");
            }
            None => assert!(text.trim_end().ends_with("2 flows, 0 errors, 0 warnings"), "{fields}: {text}"),
        }
    }
}

#[test]
fn flows_that_run_each_other_without_end_are_warned_of() {
    let subflow = |id: &str, called: &str, more: &str| {
        format!(
            "id: {id}\nnamespace: company.team\ntasks:\n  - id: all\n    type: io.kestra.plugin.core.flow.Sequential\n    \
             tasks:\n      - id: call\n        type: io.kestra.plugin.core.flow.Subflow\n        namespace: company.team\n        \
             flowId: {called}\n{more}"
        )
    };
    let after = |id: &str, fields: &str| {
        trigger(
            id,
            &format!(
                "conditions: [{{type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: company.team, {fields}}}]"
            ),
        )
    };
    let run_if = "        runIf: \"{{ inputs.again }}\"\n";
    for (name, first, second, is_endless) in [
        ("subflows", subflow("a", "b", ""), subflow("b", "a", ""), true),
        ("one with a condition", subflow("a", "b", run_if), subflow("b", "a", ""), false),
        ("triggers", after("a", "flowId: b"), after("b", "flowId: a"), true),
        ("a subflow and a trigger", subflow("a", "b", ""), after("a2", "flowId: a"), false),
        ("a trigger of a flow that it calls", subflow("a", "b", ""), after("b", "flowId: b"), false),
        ("a trigger of its subflow", subflow("a", "b", "").replace("id: a\n", "id: a\ntriggers: [{id: t, type: io.kestra.plugin.core.trigger.Flow, conditions: [{type: io.kestra.plugin.core.condition.ExecutionFlow, namespace: company.team, flowId: b}]}]\n"), subflow("b", "c", ""), true),
        ("a trigger of failures", after("a", "flowId: b").replace("    conditions", "    states: [FAILED]\n    conditions"), after("b", "flowId: a"), false),
    ] {
        let folder = Folder::new("circles", &first);
        fs::write(folder.0.join("b.yaml"), second).unwrap();
        let (code, text) = folder.check(&["--for", "1.3"]);
        assert_eq!(code, Some(0), "{name}: {text}");
        assert_eq!(text.matches("run each other without end").count(), usize::from(is_endless), "{name}: {text}");
    }
    let count = 500;
    let folder = Folder::new("long-circle", &subflow("a", "b0", ""));
    for at in 0..count {
        let called = if at + 1 == count { "a".to_owned() } else { format!("b{}", at + 1) };
        fs::write(folder.0.join(format!("b{at}.yaml")), subflow(&format!("b{at}"), &called, "")).unwrap();
    }
    let (_, text) = folder.check(&["--for", "1.3"]);
    assert_eq!(text.matches("run each other without end").count(), 1, "{text}");
}
