//! Flows whose inputs and outputs are derived from Rust types, on servers of all versions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use kestra::flow::{Flow, Input, Map, Output, Task};
use kestra::jiff::civil::{Date, Time, date, time};
use kestra::models::Sensitive;
use kestra::typed::InputType;
use kestra::{Client, ErrorKind, FilePart, FlowInputs, FlowOutputs};
use kestra_testkit::{Dialect, TestServer};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, kestra::Select)]
enum Mode {
    Fast,
    #[select(rename = "very slow")]
    VerySlow,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "report", outputs = ReportOutputs)]
struct Report {
    /// The day to report on.
    ///
    /// In UTC.
    day: Date,
    #[input(default = false, display_name = "Dry run")]
    dry_run: bool,
    #[input(default = 10, min = 1, max = 100)]
    limit: Option<i32>,
    #[input(default = Mode::Fast)]
    mode: Mode,
    #[input(rename = "the-table", regex = "[a-z]+")]
    table: String,
    modes: Option<Vec<Mode>>,
    counts: Vec<i32>,
}

#[derive(Debug, PartialEq, kestra::Outputs)]
struct ReportOutputs {
    limit: i32,
    #[output(rename = "the-mode")]
    mode: Mode,
    note: Option<String>,
}

impl Report {
    fn of(day: Date) -> Self {
        Self {
            day,
            dry_run: true,
            limit: None,
            mode: Mode::VerySlow,
            table: "orders".to_owned(),
            modes: Some(vec![Mode::Fast, Mode::VerySlow]),
            counts: vec![1, 2],
        }
    }
}

fn deployable() -> Flow {
    Report::flow()
        .task(Task::log("log", "hi"))
        .output(Output::new("limit", "INT", "{{ inputs.limit }}"))
        .output(Output::new("the-mode", "STRING", "{{ inputs.mode }}"))
        .output(Output::new("note", "STRING", "{{ inputs.day }}").set("required", false))
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "dependent")]
struct Dependent {
    mode: Mode,
    #[input(depends_on = ["mode"], condition = "{{ inputs.mode == 'Fast' }}")]
    speed: Option<i32>,
    #[input(depends_on = ["mode", "speed"])]
    note: Option<String>,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "prefilled")]
struct Prefilled {
    #[input(prefill = 5)]
    limit: Option<i32>,
    #[input(prefill = "{{ flow.id }}")]
    name: String,
    #[input(prefill = Mode::Fast)]
    mode: Mode,
}

#[tokio::test]
async fn an_input_may_depend_on_another_and_have_a_prefill() {
    let [_, speed, note] = Dependent::inputs().try_into().unwrap();
    let depends_on = Map::new().with("inputs", vec!["mode"]).with("condition", "{{ inputs.mode == 'Fast' }}");
    assert_eq!(speed.get("dependsOn"), Some(&depends_on.into()));
    assert_eq!(note.get("dependsOn"), Some(&Map::new().with("inputs", vec!["mode", "speed"]).into()));
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).build().unwrap();
        client.flows().deploy(Dependent::flow().task(Task::log("log", "hi"))).await.unwrap();
        client.verify::<Dependent>().await.unwrap();
        let dependent = |mode| Dependent { mode, speed: Some(7), note: Some("a".to_owned()) };
        let done = client.run(dependent(Mode::Fast)).await.unwrap();
        assert_eq!(done.execution.inputs["speed"], 7);
        let done = client.run(dependent(Mode::VerySlow)).await.unwrap();
        assert_eq!(done.execution.inputs.get("speed").filter(|speed| !speed.is_null()), None, "{dialect:?}");

        let prefilled = client.flows().deploy(Prefilled::flow().task(Task::log("log", "hi"))).await;
        if dialect < Dialect::V1_3 {
            assert!(prefilled.unwrap_err().to_string().contains("prefill"));
            continue;
        }
        prefilled.unwrap();
        client.verify::<Prefilled>().await.unwrap();
        let prefilled = Prefilled { limit: None, name: "a".to_owned(), mode: Mode::Fast };
        let done = client.run(prefilled).await.unwrap();
        assert_eq!(done.execution.inputs.get("limit").filter(|limit| !limit.is_null()), None);
    }
}

#[tokio::test]
async fn a_struct_declares_a_flow_and_calls_it() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = Client::builder().server(server.url()).build().unwrap();
        client.flows().deploy(deployable()).await.unwrap();
        client.verify::<Report>().await.unwrap();

        let done = client.run(Report::of(date(2026, 11, 30))).await.unwrap();
        assert_eq!(
            done.outputs,
            ReportOutputs { limit: 10, mode: Mode::VerySlow, note: Some("2026-11-30".to_owned()) },
            "{dialect:?}"
        );
        let inputs = &done.execution.inputs;
        assert_eq!(inputs["day"], "2026-11-30");
        assert_eq!(inputs["dry_run"], true);
        assert_eq!(inputs["the-table"], "orders");
        assert_eq!(inputs["modes"], json!(["Fast", "very slow"]));
        assert_eq!(inputs["counts"], json!([1, 2]));

        let done = client.run(Report { limit: Some(7), ..Report::of(date(2026, 1, 1)) }).await.unwrap();
        assert_eq!(done.outputs.limit, 7);

        // What the flow has otherwise is told.
        let changed = deployable()
            .set("inputs", [Input::string("day"), Input::string("new")].map(kestra::flow::Node::from));
        client.flows().deploy(changed).await.unwrap();
        let error = client.verify::<Report>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let failures = error.failures();
        for problem in [
            "the input `day` was DATE and is STRING",
            "the input `dry_run` is gone",
            "the input `new` must be given now",
        ] {
            assert!(failures.iter().any(|failure| failure.ends_with(problem)), "{failures:?}");
        }
    }
}

#[test]
fn the_block_is_what_the_fields_say() {
    assert_eq!(
        Report::flow().to_yaml(),
        "id: report
namespace: company.team
inputs:
  - id: day
    type: DATE
    description: |-
      The day to report on.

      In UTC.
  - id: dry_run
    type: BOOL
    displayName: Dry run
    defaults: false
  - id: limit
    type: INT
    defaults: 10
    min: 1
    max: 100
  - id: mode
    type: SELECT
    values:
      - Fast
      - very slow
    defaults: Fast
  - id: the-table
    type: STRING
    validator: \"[a-z]+\"
  - id: modes
    type: MULTISELECT
    values:
      - Fast
      - very slow
    required: false
  - id: counts
    type: ARRAY
    itemType: INT
"
    );
    // Inputs of the same id are replaced, others stay.
    let flow = Flow::new("company.team", "other").input(Input::int("mode")).input(Input::string("more"));
    let flow = Report::add_to(flow);
    let inputs = flow.get("inputs").unwrap().as_list().unwrap();
    let ids: Vec<_> = inputs.iter().filter_map(|input| input.as_map()?.get_str("id")).collect();
    assert_eq!(ids, ["more", "day", "dry_run", "limit", "mode", "the-table", "modes", "counts"]);
    assert_eq!(Report::inputs().len(), 7);
}

#[derive(Default, kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "every")]
struct Every {
    #[input(type = "EMAIL", default = "ada@example.com", description = "A mail")]
    mail: String,
    #[input(default = "{{ now() }}")]
    at: Option<kestra::jiff::Timestamp>,
    #[input(after = time(8, 0, 0, 0), before = "18:00:00")]
    time: Option<Time>,
    #[input(default = Duration::from_secs(90), max = "PT1H")]
    duration: Option<Duration>,
    #[input(min = 0.5)]
    share: Option<f64>,
    json: Option<Value>,
    #[input(extensions = [".csv", ".txt"])]
    file: Option<FilePart>,
    secret: Option<Sensitive<String>>,
    #[input(type = "STRING")]
    token: Option<Sensitive<String>>,
    #[input(default = vec!["a".to_owned(), "b".to_owned()])]
    list: Option<Vec<String>>,
    #[input(default = "Fast")]
    mode: Option<Mode>,
    r#type: Option<u16>,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "none")]
struct Nothing;

#[test]
fn every_type_of_input_can_be_declared() {
    let source = Every::flow().to_yaml();
    let block = source.split_once("inputs:\n").unwrap().1;
    assert_eq!(
        block,
        "  - id: mail
    type: EMAIL
    description: A mail
    defaults: ada@example.com
  - id: at
    type: DATETIME
    defaults: \"{{ now() }}\"
  - id: time
    type: TIME
    required: false
    after: \"08:00:00\"
    before: \"18:00:00\"
  - id: duration
    type: DURATION
    defaults: PT90S
    max: PT1H
  - id: share
    type: FLOAT
    required: false
    min: 0.5
  - id: json
    type: JSON
    required: false
  - id: file
    type: FILE
    required: false
    allowedFileExtensions:
      - \".csv\"
      - \".txt\"
  - id: secret
    type: SECRET
    required: false
  - id: token
    type: STRING
    required: false
  - id: list
    type: ARRAY
    itemType: STRING
    defaults:
      - a
      - b
  - id: mode
    type: SELECT
    values:
      - Fast
      - very slow
    defaults: Fast
  - id: type
    type: INT
    required: false
"
    );
    let given: Vec<_> = Every::INPUTS.iter().filter(|input| input.is_given).map(|input| input.id).collect();
    assert_eq!(given, ["mail"]);
    assert_eq!(Every::INPUTS.last().map(|input| (input.id, input.type_)), Some(("type", "INT")));
    assert!(Nothing::INPUTS.is_empty() && Nothing::inputs().is_empty());
    assert_eq!(<Mode as InputType>::VALUES, ["Fast", "very slow"]);
    assert_eq!(ReportOutputs::OUTPUTS.len(), 3);
    // Nothing that is not given is sent.
    let values = format!("{:?}", Every { mail: "a@b.c".to_owned(), ..Every::default() }.into_values());
    assert_eq!(values, r#"{"mail": InputValue::Text}"#);
    let _ = Nothing.into_values();
}
