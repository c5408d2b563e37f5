//! A program that was written for a flow does not compile any more when the flow has become another.
//!
//! After a change of the code that is written, run it with `TRYBUILD=overwrite`, which writes code and messages anew.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::{env, fs, process};

#[allow(dead_code)]
#[path = "stops/as_it_was.rs"]
mod as_it_was;

const FLOW: &str = "id: report
namespace: company.team
inputs:
  - {id: who, type: STRING}
  - {id: max_rows, type: INT, defaults: 1}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
outputs:
  - {id: rows, type: INT, value: \"{{ inputs.max_rows }}\"}
";

/// Writes the code for a flow, or holds what is written to it.
fn hold(name: &str, source: &str) {
    let folder = env::temp_dir().join(format!("kestra-flowgen-{}-stops-{name}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("report.yaml"), source).unwrap();
    let code = kestra_flowgen::generate(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stops/flows/{name}.rs"));
    if env::var_os("TRYBUILD").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &code).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), code, "{}", path.display());
}

#[test]
fn a_flow_that_became_another_stops_the_build() {
    hold("as_it_was", FLOW);
    let cases = trybuild::TestCases::new();
    for (name, from, to) in [
        ("renamed", "id: max_rows", "id: limit"),
        ("retyped", "type: INT, defaults: 1", "type: BOOL, defaults: true"),
        ("newly_required", "tasks:", "  - {id: region, type: STRING}\ntasks:"),
        ("output_renamed", "id: rows", "id: lines"),
    ] {
        hold(name, &FLOW.replacen(from, to, 1));
        cases.compile_fail(format!("tests/stops/{name}.rs"));
    }
}
