//! The command as a CI job runs it.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, process};

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
fn an_upgrade_is_checked_by_version() {
    let folder = Folder::new("upgrade", FLOW);
    let (code, text) = folder.check(&["--for", "1.3.25"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.trim_end().ends_with("1 flow, 0 errors, 1 warning"), "{text}");
    assert!(
        text.contains("below/hello, 1.yaml:10:1: warning: there is no flow `company.team.gone` among these"),
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
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 11);
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
