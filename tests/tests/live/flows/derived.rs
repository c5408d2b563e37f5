//! Flows whose inputs and outputs are derived from Rust types.

use jiff::civil::{Date, Time, date, time};
use kestra::FlowInputs;
use kestra::flow::{Flow, Output, Task};

use crate::server::on_every_server;

#[derive(Clone, Copy, Debug, PartialEq, kestra::Select)]
enum Mode {
    Fast,
    #[select(rename = "very slow")]
    VerySlow,
}

#[derive(kestra::Inputs)]
#[inputs(namespace = "company.team", flow = "derived", outputs = ReportOutputs)]
struct Report {
    /// The day to report on.
    #[input(after = date(2020, 1, 1))]
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
    share: Option<f64>,
    #[input(default = std::time::Duration::from_secs(90), max = "PT1H")]
    patience: Option<std::time::Duration>,
    at: Option<Time>,
    #[input(type = "EMAIL")]
    mail: Option<String>,
    more: Option<serde_json::Value>,
    #[input(depends_on = ["mode"], condition = "{{ inputs.mode == 'Fast' }}")]
    speed: Option<i32>,
}

#[derive(Debug, PartialEq, kestra::Outputs)]
struct ReportOutputs {
    limit: i32,
    day: Date,
    #[output(rename = "the-mode")]
    mode: Mode,
    dry_run: bool,
}

#[tokio::test]
async fn a_derived_flow_is_taken_and_runs() {
    on_every_server(async |site| {
        let namespace = &site.namespace;
        let flow = Report::add_to(Flow::new(namespace, Report::FLOW))
            .task(Task::log("log", "hi"))
            .output(Output::new("limit", "INT", "{{ inputs.limit }}"))
            .output(Output::new("day", "DATE", "{{ inputs.day }}"))
            .output(Output::new("the-mode", "STRING", "{{ inputs.mode }}"))
            .output(Output::new("dry_run", "BOOL", "{{ inputs.dry_run }}"));
        site.client.flows().deploy(&flow).await.unwrap();
        site.client.verify::<Report>().namespace(namespace).await.unwrap();

        let report = |limit, table: &str| Report {
            day: date(2026, 11, 30),
            dry_run: true,
            limit,
            mode: Mode::VerySlow,
            table: table.to_owned(),
            modes: Some(vec![Mode::Fast]),
            counts: vec![1, 2],
            share: Some(0.5),
            patience: None,
            at: Some(time(8, 30, 0, 0)),
            mail: Some("ada@example.com".to_owned()),
            more: Some(serde_json::json!({"a": [1]})),
            speed: Some(3),
        };
        for (limit, expected) in [(None, 10), (Some(7), 7)] {
            let done = site.client.run(report(limit, "orders")).namespace(namespace).await.unwrap();
            let outputs = ReportOutputs {
                limit: expected,
                day: date(2026, 11, 30),
                mode: Mode::VerySlow,
                dry_run: true,
            };
            assert_eq!(done.outputs, outputs);
            // The condition of what it depends on does not hold.
            assert_eq!(done.execution.inputs.get("speed").filter(|speed| !speed.is_null()), None);
        }
        let fast = Report { mode: Mode::Fast, ..report(None, "orders") };
        let done = site.client.run(fast).namespace(namespace).await.unwrap();
        assert_eq!(done.execution.inputs["speed"], 3);
        // What a field says of its input holds.
        for refused in [report(Some(101), "orders"), report(None, "Orders!")] {
            let error = site.client.run(refused).namespace(namespace).await.unwrap_err();
            assert_eq!(error.invalid_inputs().len(), 1, "{error}");
        }
    })
    .await;
}
