//! Inputs of every type arrive as they were meant, and wrong ones are told before anything starts.

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::jiff::civil::{Date, time};
use kestra::models::{InputValue, State};
use kestra::{ErrorKind, FilePart, Filter};
use serde_json::{Value, json};

use crate::server::on_every_server;

const TYPES: &str = r"
inputs:
  - {id: text, type: STRING}
  - {id: choice, type: SELECT, values: [red, green]}
  - {id: whole, type: INT}
  - {id: part, type: FLOAT}
  - {id: flag, type: BOOL}
  - {id: moment, type: DATETIME}
  - {id: day, type: DATE}
  - {id: hour, type: TIME}
  - {id: length, type: DURATION}
  - {id: file, type: FILE}
  - {id: object, type: JSON}
  - {id: address, type: URI}
  - {id: items, type: ARRAY, itemType: INT}
  - {id: several, type: MULTISELECT, values: [x, y, z]}
  - {id: tree, type: YAML}
  - {id: mail, type: EMAIL}
tasks:
  - {id: hi, type: io.kestra.plugin.core.log.Log, message: hi}
";

#[tokio::test]
async fn every_type_arrives_as_it_was_meant() {
    on_every_server(async |site| {
        site.deploy("types", TYPES).await;
        let moment: Timestamp = "2026-11-24T10:20:30.5Z".parse().unwrap();
        let day: Date = "2026-11-24".parse().unwrap();
        let finished = site
            .client
            .executions()
            .run(&site.namespace, "types")
            .input("text", "two\nlines; \"quotes\" & {{ pebble }} ä€😀")
            .input("choice", "green")
            .input("whole", 2_147_483_647_i64)
            .input("part", 1.25)
            .input("flag", true)
            .input("moment", moment)
            .input("day", day)
            .input("hour", time(10, 20, 30, 0))
            .input("length", Duration::from_secs(5400))
            .input_file("file", FilePart::bytes("data.csv", "a,b\n1,2\n"))
            .input("object", json!({"a": [1, {"b": null}], "c": "d"}))
            .input("address", "https://example.com/a?b=c")
            .input("items", vec![1_i64, 2, 3])
            .input("several", vec!["x", "z"])
            .input("tree", "a: {b: [1, 2]}")
            .input("mail", "ada@example.com")
            .await
            .unwrap();
        let inputs = &finished.execution.inputs;
        for (name, value) in [
            ("text", json!("two\nlines; \"quotes\" & {{ pebble }} ä€😀")),
            ("choice", json!("green")),
            ("whole", json!(2_147_483_647_i64)),
            ("part", json!(1.25)),
            ("flag", json!(true)),
            ("day", json!("2026-11-24")),
            ("address", json!("https://example.com/a?b=c")),
            ("items", json!([1, 2, 3])),
            ("several", json!(["x", "z"])),
            ("tree", json!({"a": {"b": [1, 2]}})),
            ("mail", json!("ada@example.com")),
        ] {
            assert_eq!(inputs[name], value, "{name}");
        }
        assert_eq!(inputs["moment"].as_str().unwrap().parse::<Timestamp>().unwrap(), moment);
        assert!(inputs["hour"].as_str().unwrap().starts_with("10:20:30"));
        assert_eq!(inputs["object"]["a"][0], 1);
        assert_eq!(inputs["length"], 5400.0, "a server answers seconds");
        assert!(inputs["file"].as_str().unwrap().starts_with("kestra://"));
        let file = site.client.executions().download(inputs["file"].as_str().unwrap()).await.unwrap();
        assert_eq!(file.bytes().await.unwrap(), "a,b\n1,2\n");
    })
    .await;
}

#[tokio::test]
async fn inputs_come_from_a_type_of_ones_own() {
    #[derive(serde::Serialize)]
    struct Inputs {
        name: &'static str,
        rows: u32,
        dry_run: bool,
        note: Option<&'static str>,
    }
    on_every_server(async |site| {
        let rest = r"
inputs:
  - {id: name, type: STRING}
  - {id: rows, type: INT}
  - {id: dry_run, type: BOOL}
  - {id: note, type: STRING, defaults: none}
tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]
";
        site.deploy("struct", rest).await;
        let inputs = Inputs { name: "Ada", rows: 3, dry_run: false, note: None };
        let run = site.client.executions().run(&site.namespace, "struct").inputs(&inputs).await.unwrap();
        let got = Value::from(run.execution.inputs.clone());
        assert_eq!(got, json!({"name": "Ada", "rows": 3, "dry_run": false, "note": "none"}));
    })
    .await;
}

#[tokio::test]
async fn wrong_inputs_start_nothing() {
    on_every_server(async |site| {
        let rest = r"
inputs:
  - {id: rows, type: INT, max: 10}
  - {id: dry_run, type: BOOL, defaults: true}
tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]
";
        site.deploy("strict", rest).await;
        let executions = site.client.executions();
        let run = || executions.run(&site.namespace, "strict");
        for (name, value) in
            [("dry-run", InputValue::from(true)), ("dry_run", "yes".into()), ("rows", "many".into())]
        {
            let error = run().input("rows", 1).input(name, value).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{name}: {error}");
        }
        // What only the server can tell.
        for start in [run().input("rows", 11), run()] {
            let error = start.await.unwrap_err();
            assert!(
                error.is_invalid() && error.status().is_some_and(|status| status.as_u16() == 422),
                "{error}"
            );
            assert!(error.invalid_inputs().iter().any(|input| input == "rows"), "{error:#}");
        }
        let ours = Filter::namespace().equals(&site.namespace);
        assert_eq!(executions.search_executions().filter(ours).await.unwrap().total, Some(0));

        let checked = executions.validate_new_execution_inputs(&site.namespace, "strict").input("rows", 3);
        let checked = checked.await.unwrap();
        assert_eq!(checked.inputs.len(), 2, "{checked:?}");
        assert!(checked.inputs.iter().all(|input| input.errors.is_empty()), "{checked:?}");
        let checked = executions.validate_new_execution_inputs(&site.namespace, "strict").input("rows", 99);
        let checked = checked.await.unwrap();
        assert!(checked.inputs.iter().any(|input| !input.errors.is_empty()), "{checked:?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_flow_lacks_is_dropped_and_told() {
    on_every_server(async |site| {
        site.deploy("plain", "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]").await;
        let created = site.client.executions().create_execution(&site.namespace, "plain");
        let created = created.input("surplus", 1).await.unwrap();
        assert_eq!(created.dropped_inputs(["surplus"]), ["surplus"]);
        site.until(created.id.as_str(), State::is_terminal).await;
    })
    .await;
}
