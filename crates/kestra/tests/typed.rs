//! Flows whose inputs and outputs are Rust types, here written by hand, on servers of all versions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use kestra::typed::{
    FlowInputs, FlowOutputs, FlowSignature, InputSignature, InputValues, OutputError, OutputSignature,
    OutputValues,
};
use kestra::{Client, ErrorKind, FilePart, Finished};
use kestra_testkit::{Dialect, Outcome, TestServer};
use serde_json::json;

const FLOW: &str = r#"
id: report
namespace: company.team
inputs:
  - {id: who, type: STRING}
  - {id: limit, type: INT, defaults: 10}
  - {id: mode, type: SELECT, values: [FAST, SLOW], defaults: FAST}
  - {id: file, type: FILE, required: false}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
outputs:
  - {id: rows, type: INT, value: "{{ inputs.limit }}"}
  - {id: greeting, type: STRING, value: "Hello {{ inputs.who }}"}
"#;

#[derive(Debug)]
struct Report(InputValues);

impl Report {
    fn new(who: &str) -> Self {
        let mut values = InputValues::new();
        values.set("who", who);
        Self(values)
    }

    fn limit(mut self, limit: i32) -> Self {
        self.0.set("limit", limit);
        self
    }

    fn file(mut self, file: FilePart) -> Self {
        self.0.file("file", file);
        self
    }
}

impl FlowInputs for Report {
    type Outputs = ReportOutputs;
    const NAMESPACE: &'static str = "company.team";
    const FLOW: &'static str = "report";
    const INPUTS: &'static [InputSignature] = &[
        InputSignature::new("who", "STRING"),
        InputSignature::new("limit", "INT").optional(),
        InputSignature::new("mode", "ENUM").optional().values(&["FAST", "SLOW"]),
        InputSignature::new("file", "FILE").optional(),
    ];

    fn into_values(self) -> InputValues {
        self.0
    }
}

#[derive(Clone, Debug, PartialEq)]
struct ReportOutputs {
    rows: i32,
    greeting: String,
    took: Option<Duration>,
}

impl FlowOutputs for ReportOutputs {
    const OUTPUTS: &'static [OutputSignature] =
        &[OutputSignature::of::<i32>("rows"), OutputSignature::of::<String>("greeting")];

    fn read(outputs: &OutputValues<'_>) -> Result<Self, OutputError> {
        Ok(Self {
            rows: outputs.get("rows")?,
            greeting: outputs.get("greeting")?,
            took: outputs.get("took")?,
        })
    }
}

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    server.deploy(FLOW).unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

#[tokio::test]
async fn a_call_is_typed_at_both_ends() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let done = client.run(Report::new("Ada").limit(3)).label("team", "data").await.unwrap();
        let outputs = ReportOutputs { rows: 3, greeting: "Hello Ada".to_owned(), took: None };
        assert_eq!(done.outputs, outputs, "{dialect:?}");
        assert!(done.is_success() && done.execution.labels.get("team") == Some("data"));

        // What is set on the call counts.
        let file = FilePart::bytes("a.csv", "1,2");
        let run = client.run(Report::new("Ada").limit(4).limit(5).file(file)).input("who", "Eve");
        let done = run.try_clone().unwrap().await.unwrap();
        assert_eq!((done.outputs.rows, &*done.outputs.greeting), (5, "Hello Eve"));
        let again = run.untyped().await.unwrap();
        assert_eq!(again.typed::<ReportOutputs>().unwrap().rows, 5);
        let uri = again.execution.inputs["file"].as_str().unwrap();
        assert!(uri.starts_with("kestra://"), "{uri}");

        let started = client.start(Report::new("Ada")).idempotency_key("first").await.unwrap();
        assert_eq!(started.key(), Some("first"));
        let done = started.wait().timeout(Duration::from_secs(60)).await.unwrap();
        assert_eq!((done.id(), done.outputs.rows), (started.id(), 10));
        assert_eq!(server.executions_of("company.team", "report").len(), 4);

        server.deploy(FLOW.replace("company.team", "company.dev")).unwrap();
        let done = client.run(Report::new("Ada")).namespace("company.dev").await.unwrap();
        assert_eq!(done.execution.namespace, "company.dev");
        client.start(Report::new("Ada")).namespace("company.dev").await.unwrap();
        client.verify::<Report>().namespace("company.dev").await.unwrap();
        let error = client.run(Report::new("Ada")).namespace("..").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        let error = client.verify::<Report>().namespace("company.prod").await.unwrap_err();
        assert_eq!(error.failures(), ["company.prod.report: the flow is not deployed"]);
    }
}

#[tokio::test]
async fn an_output_that_does_not_fit_is_named_and_the_execution_is_kept() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        for (outputs, problem) in [
            (json!({"greeting": "hi"}), "output `rows` must be INT and is missing"),
            (json!({"greeting": "hi", "rows": null}), "output `rows` must be INT and is null"),
            (
                json!({"greeting": "hi", "rows": "hush"}),
                "output `rows` must be INT and is a string that cannot be read as one",
            ),
            (json!({"greeting": "hi", "rows": 1.5}), "output `rows` must be INT and is the number 1.5"),
            (
                json!({"greeting": "hi", "rows": 3_000_000_000_u64}),
                "output `rows` must be INT and is the number 3000000000",
            ),
            (json!({"greeting": ["hi"], "rows": 1}), "output `greeting` must be STRING and is a list"),
        ] {
            server.flow("company.team", "report").on_run(move |_| Outcome::success(outputs.clone()));
            let error = client.run(Report::new("Ada")).idempotency_key(problem).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            let finished = Finished::of(&error).unwrap();
            assert!(finished.is_success());
            assert_eq!(error.execution_id(), Some(finished.id()));
            assert_eq!(error.idempotency_key(), Some(problem));
            let text = error.to_string();
            let wanted = format!(
                "{problem} in execution {} of company.team.report, revision 1: compare the type with the deployed flow by `client.verify`",
                finished.id()
            );
            assert!(text.contains(&wanted) && !text.contains("hush"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_execution_that_failed_or_is_paused_is_in_the_error() {
    let (server, client) = serve(Dialect::V2_0).await;
    server.flow("company.team", "report").on_run(|_| Outcome::failed("no disk"));
    let error = client.run(Report::new("Ada")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
    assert!(Finished::of(&error).unwrap().is_failed());
    let error = client.run(Report::new("Ada")).any_end_state().await.unwrap_err();
    assert!(error.to_string().contains("which is FAILED, revision 1"), "{error}");
    assert!(Finished::of(&error).unwrap().is_failed());
    let finished = client.run(Report::new("Ada")).untyped().any_end_state().await.unwrap();
    assert!(finished.is_failed());
}

#[tokio::test]
async fn drift_is_told_in_sentences() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        client.verify::<Report>().await.unwrap();
        let changed = FLOW
            .replace("{id: limit, type: INT, defaults: 10}", "{id: limit, type: STRING, defaults: a}")
            .replace("values: [FAST, SLOW]", "values: [FAST, EASY]")
            .replace("  - {id: file, type: FILE, required: false}\n", "  - {id: region, type: STRING}\n")
            .replace("id: rows, type: INT", "id: rows, type: STRING")
            .replace("id: greeting, type: STRING,", "id: text, type: STRING,");
        server.deploy(&changed).unwrap();
        let error = client.verify::<Report>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let sentences = [
            "the input `limit` was INT and is STRING",
            "the input `mode` does not take `SLOW` any more",
            "the input `file` is gone",
            "the input `region` must be given now",
            "the output `rows` was INT and is STRING",
            "the output `greeting` is gone",
        ];
        let wanted: Vec<_> = sentences
            .iter()
            .map(|sentence| format!("company.team.report (revision 2): {sentence}"))
            .collect();
        assert_eq!(error.failures(), wanted, "{dialect:?}");
        assert!(wanted.iter().all(|sentence| error.to_string().contains(sentence)), "{error}");
    }
}

#[tokio::test]
async fn every_flow_is_verified_before_the_error_is_returned() {
    struct Other;

    impl FlowInputs for Other {
        type Outputs = ();
        const NAMESPACE: &'static str = "company.team";
        const FLOW: &'static str = "other";
        const INPUTS: &'static [InputSignature] = &[];

        fn into_values(self) -> InputValues {
            InputValues::new()
        }
    }

    let (server, client) = serve(Dialect::V1_3).await;
    let all = [FlowSignature::of::<Other>(), FlowSignature::of::<Report>()];
    let changed = FLOW.replace("type: INT, value", "type: INT, required: false, value");
    server.deploy(format!("{changed}disabled: true\n")).unwrap();
    let error = client.verify_all(all).await.unwrap_err();
    assert_eq!(
        error.failures(),
        [
            "company.team.other: the flow is not deployed",
            "company.team.report (revision 2): the flow is disabled",
            "company.team.report (revision 2): the output `rows` may be missing now"
        ]
    );
}

#[test]
fn nothing_that_may_be_a_secret_is_shown() {
    let mut values = InputValues::new();
    values.set("token", "hush");
    values.set("none", None::<String>);
    assert_eq!(format!("{:?}", Report(values)), r#"Report({"token": InputValue::Text})"#);
}
