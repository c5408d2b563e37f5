//! Types of the plugins of one server: what the command writes is the file beside this one, which is compiled here.

#![allow(clippy::unwrap_used, deprecated)]
#![warn(clippy::pedantic, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs, process};

use kestra_flow::{Flow, Plugin as _, Task, Trigger};

// As rustfmt writes it by default, and not as it is set here.
#[rustfmt::skip]
mod generated;

use generated::com::company::match_::HTTPCall;
use generated::core::condition::{Into_, Weekend};
use generated::core::flow::If;
use generated::core::log::Log;
use generated::core::trigger::{Schedule, Trigger as OtherTrigger};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plugins"))
}

fn plugins(schema: &Path, target: &Path) -> Output {
    command(schema, target).output().unwrap()
}

fn command(schema: &Path, target: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kestra-flowgen"));
    command.args(["plugins", "--crate", "kestra-flow"]).args([schema, target]);
    command
}

/// A file that goes away.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("kestra-flowgen-{}-{name}", process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn the_file_is_what_the_command_writes() {
    let target = File::new("plugins.rs");
    let Output { status, stdout, stderr } = plugins(&folder().join("schema.json"), &target.0);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    assert!(String::from_utf8(stdout).unwrap().trim_end().ends_with(": 7 types"));
    let (written, kept) = (&target.0, folder().join("generated.rs"));
    if env::var_os("BLESS").is_some() {
        fs::copy(written, &kept).unwrap();
    }
    assert_eq!(
        fs::read_to_string(written).unwrap(),
        fs::read_to_string(kept).unwrap(),
        "run this test with BLESS=1, and read what has changed"
    );
}

#[test]
fn a_stale_file_is_told() {
    let (schema, target) = (folder().join("schema.json"), File::new("stale.rs"));
    let check = || {
        let Output { status, stderr, .. } = command(&schema, &target.0).arg("--check").output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    let (schema_name, name) = (schema.display(), target.0.display());
    let stale =
        format!("{name}: stale, run `kestra-flowgen plugins --crate kestra-flow {schema_name} {name}`\n");
    assert_eq!(check(), (Some(1), stale));
    assert!(!target.0.exists());
    let code = fs::read_to_string(folder().join("generated.rs")).unwrap();
    // As git writes it where lines end so.
    fs::write(&target.0, code.replace('\n', "\r\n")).unwrap();
    assert_eq!(check(), (Some(0), String::new()));
}

#[test]
fn the_file_is_formatted() {
    let checked = Command::new("rustfmt")
        .args(["--edition", "2024", "--check", "--config", "max_width=100,use_small_heuristics=Default"])
        .arg(folder().join("generated.rs"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn plugins_are_tasks_and_triggers() {
    let log = Log::new("say", ["a", "b"]).level("WARN").log_to_file(true).timeout(Duration::from_secs(90));
    let call =
        HTTPCall::new("call", "body", "me", "https://example.com").set_("a").retry_count(1).to_text(true);
    let nested = If::new("if", "{{ true }}", [log]).else_([call.run_if("{{ x }}").set("timeout", "PT1S")]);
    let nightly = Schedule::new("nightly", "@daily").description("at night");
    let nightly = nightly.conditions([Weekend::new().date("{{ now() }}").into(), into(Into_::new(["a"]))]);
    let flow = Flow::new("company.team", "plugins")
        .task(Task::from(nested).disabled(true))
        .trigger(Trigger::from(nightly))
        .trigger(OtherTrigger::new("other").into());
    assert_eq!(
        flow.to_yaml(),
        "id: plugins
namespace: company.team
tasks:
  - id: if
    type: io.kestra.plugin.core.flow.If
    condition: \"{{ true }}\"
    then:
      - id: say
        type: io.kestra.plugin.core.log.Log
        message:
          - a
          - b
        level: WARN
        logToFile: true
        timeout: PT1M30S
    else:
      - id: call
        type: com.company.match.HTTPCall
        body: body
        self: me
        uri: https://example.com
        set: a
        retryCount: 1
        toText: true
        runIf: \"{{ x }}\"
        timeout: PT1S
    disabled: true
triggers:
  - id: nightly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: \"@daily\"
    description: at night
    conditions:
      - type: io.kestra.plugin.core.condition.Weekend
        date: \"{{ now() }}\"
      - type: io.kestra.plugin.core.condition.Into
        not:
          - a
  - id: other
    type: io.kestra.plugin.core.trigger.Trigger
"
    );
}

fn into(part: Into_) -> kestra_flow::Node {
    part.into()
}

#[test]
fn what_is_no_schema_is_said() {
    let (schema, target) = (File::new("schema.json"), File::new("none.rs"));
    for (text, problem) in [
        ("{", "EOF"),
        ("{}", "not a schema of flows: save the response of GET /api/v1/plugins/schemas/flow"),
        (r##"{"$ref": "#/definitions/Flow", "definitions": {"Flow": {}}}"##, "the schema has no plugins"),
    ] {
        fs::write(&schema.0, text).unwrap();
        let Output { status, stderr, .. } = plugins(&schema.0, &target.0);
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with(&schema.0.display().to_string()) && stderr.contains(problem), "{stderr}");
    }
    assert!(!target.0.exists());
}
