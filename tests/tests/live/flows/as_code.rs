//! Flows that are built in Rust: servers read what is written as it is meant.

use std::time::Duration;

use kestra::Deployed;
use kestra::flow::{Edit, Flow, Input, Map, Output, Retry, Task, Trigger};

use crate::server::on_every_server;

/// Strings that a reader of YAML may take for something else, or for another string.
const STRINGS: [&str; 40] = [
    "",
    " ",
    "true",
    "Yes",
    "no",
    "off",
    "y",
    "null",
    "~",
    "012",
    "0x1F",
    "0b11",
    "1_000",
    "+1",
    "1e3",
    "08",
    "0o17",
    "1:30",
    "2026-01-02",
    "1.5",
    ".5",
    "-1",
    ".inf",
    "=",
    "<<",
    "a: b",
    "a #b",
    " a",
    "- a",
    "[a]",
    "*a",
    "a\nb",
    "a\n\nb\n",
    "a\n\n",
    "  a\nb",
    "\na",
    "a\tb",
    "it's \"so\"",
    "\u{85}\u{7f}",
    "🚀",
];

#[tokio::test]
async fn strings_and_numbers_are_read_as_they_were_written() {
    on_every_server(async |site| {
        let strings: Map =
            STRINGS.iter().enumerate().map(|(index, text)| (format!("s{index}"), *text)).collect();
        let numbers =
            Map::new().with("whole", 12).with("large", 1e21).with("small", -2.5e-7).with("flag", true);
        let flow = Flow::new(&site.namespace, "strings")
            .variable("strings", strings)
            .variable("numbers", numbers)
            .task(Task::log("log", "hi"));
        let deployed = site.client.flows().deploy(&flow).await.unwrap();
        let variables = &deployed.variables;
        for (index, text) in STRINGS.iter().enumerate() {
            assert_eq!(variables["strings"][format!("s{index}")], *text, "{flow}");
        }
        assert_eq!(variables["numbers"]["whole"], 12);
        assert_eq!(variables["numbers"]["large"].as_f64(), Some(1e21));
        assert_eq!(variables["numbers"]["small"].as_f64(), Some(-2.5e-7));
        assert_eq!(variables["numbers"]["flag"], true);
    })
    .await;
}

#[tokio::test]
async fn everything_that_has_a_constructor_is_taken() {
    on_every_server(async |site| {
        let inputs = [
            Input::string("string").description("text"),
            Input::int("int"),
            Input::float("float"),
            Input::boolean("boolean"),
            Input::date("date"),
            Input::datetime("datetime"),
            Input::time("time"),
            Input::duration("duration"),
            Input::json("json"),
            Input::yaml("yaml"),
            Input::uri("uri"),
            Input::email("email"),
            Input::file("file"),
            Input::select("select", ["a", "on"]).display_name("Select"),
            Input::multiselect("multiselect", ["a", "b"]),
            Input::array("array", "STRING"),
        ];
        let minute = Duration::from_mins(1);
        let inner = Flow::new(&site.namespace, "inner").task(Task::log("log", "hi"));
        let flow = inputs
            .into_iter()
            .fold(Flow::new(&site.namespace, "all"), |flow, input| flow.input(input.required(false)));
        let flow = flow
            .description("All of it.")
            .label("team", "data")
            .variable("a", 1)
            .task(Task::returns("return", "x").timeout(minute).retry(Retry::constant(minute).max_attempts(2)))
            .task(Task::sequential(
                "sequential",
                [Task::parallel("parallel", [Task::pause("pause").disabled(true)])],
            ))
            .task(Task::if_then("if", "{{ true }}", [Task::log("log", "hi").run_if("{{ true }}")]))
            .task(Task::if_then_else("else", "{{ true }}", [Task::log("a", "a")], [Task::log("b", "b")]))
            .task(Task::subflow("subflow", inner.namespace(), inner.id()).allow_failure(true))
            .on_error(
                Task::log("error", "hi")
                    .retry(Retry::exponential(minute, minute * 5).max_duration(minute * 9)),
            )
            .finally(Task::log("finally", "hi").retry(Retry::random(minute, minute * 2)))
            .after_execution(Task::log("after", "hi"))
            .output(Output::new("out", "STRING", "{{ outputs.return.value }}").description("x"))
            .trigger(Trigger::webhook("webhook", "abc123").disabled(true).description("x"))
            .concurrency(5);
        site.client.flows().deploy_all([&flow, &inner]).await.unwrap().check().unwrap();
        let scheduled = Flow::new(&site.namespace, "scheduled")
            .input(Input::date("day"))
            .task(Task::log("log", "hi"))
            .trigger(Trigger::schedule("daily", "0 3 * * *").input("day", "2026-01-01").disabled(true))
            .retry(Retry::constant(minute).max_attempts(2).set("behavior", "RETRY_FAILED_TASK"))
            .disabled(true);
        site.client.flows().deploy(&scheduled).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_flow_is_read_back_changed_and_edited() {
    on_every_server(async |site| {
        let flow = Flow::new(&site.namespace, "changed").task(Task::returns("answer", "one"));
        let deployed = site.client.flows().deploy(&flow).await.unwrap();
        let mut read: Flow = deployed.source.parse().unwrap();
        assert_eq!(read, flow);
        read.task_mut("answer").unwrap().set("format", "two\nlines");
        let (deployed, outcome) = site.client.flows().deploy(&read).outcome().await.unwrap();
        assert_eq!(outcome, Deployed::Updated);
        let mut text = Edit::new(deployed.source);
        text.set(&["tasks", "answer", "format"], "three").unwrap();
        let deployed = site.client.flows().deploy(text).await.unwrap();
        assert_eq!(
            (deployed.revision, deployed.tasks[0].get("format").cloned()),
            (Some(3), Some("three".into()))
        );
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_encrypted_or_refused_and_never_shown() {
    on_every_server(async |site| {
        let flow = Flow::new(&site.namespace, "secretive")
            .input(Input::secret("token"))
            .task(Task::returns("size", "{{ inputs.token | length }}"))
            .output(Output::new("size", "STRING", "{{ outputs.size.value }}"));
        site.client.flows().deploy(&flow).await.unwrap();
        let run = site.client.executions().run(&site.namespace, "secretive").input("token", "hush-hush");
        let shown = match run.await {
            Ok(finished) => {
                assert_eq!(finished.outputs()["size"], "9", "the flow reads it");
                format!("{finished:?}")
            }
            // Without an encryption key.
            Err(error) => {
                assert!(
                    error.is_invalid() && error.to_string().contains("encryption is not configured"),
                    "{error:#}"
                );
                format!("{error:#} {error:?}")
            }
        };
        assert!(!shown.contains("hush-hush"), "{shown}");
    })
    .await;
}
