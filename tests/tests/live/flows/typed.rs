//! Flows that are called by Rust types, as `kestra-flowgen` writes them.

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::jiff::civil::{date, time};
use kestra::{ErrorKind, FilePart, Finished};
use serde_json::json;

use crate::server::on_every_server;

#[allow(dead_code)]
#[path = "../../typed_flows/flows.rs"]
mod flows;

use flows::company_old::{Old, OldKind, OldParts};
use flows::company_team::{OnEveryServer, OnEveryServerChoice, OnEveryServerRequired, OnEveryServerSeveral};
use flows::company_team_new::{Form, FormOrderSize, Newest, NewestColor, NewestSizes};

const SOURCE: &str = include_str!("../../../fixtures/typed_flows/on_every_server.yaml");

/// Flows with what only some versions have.
const FORM: &str = include_str!("../../../fixtures/typed_flows/below/form.yaml");
const NEWEST: &str = include_str!("../../../fixtures/typed_flows/below/newest.yaml");
const OLD: &str = include_str!("../../../fixtures/typed_flows/below/old.yaml");

fn required() -> OnEveryServerRequired {
    OnEveryServerRequired {
        text: "two\nlines ä€😀".to_owned(),
        choice: OnEveryServerChoice::GrößerAls,
        several: vec![OnEveryServerSeveral::X, OnEveryServerSeveral::Z],
        whole: i32::MAX,
        part: 1.25,
        flag: true,
        moment: "2026-11-24T10:20:30.5+01:00".parse().unwrap(),
        day: date(2026, 11, 24),
        hour: time(10, 20, 30, 0),
        length: Duration::from_secs(90),
        file: FilePart::bytes("data.csv", "a,b\n"),
        object: json!({"a": [1, {"b": "c"}]}),
        tree: "a: {b: [1, 2]}".to_owned(),
        address: "https://example.com/a?b=c".to_owned(),
        mail: "ada@example.com".to_owned(),
        numbers: vec![1, 2],
    }
}

#[tokio::test]
async fn inputs_and_outputs_of_every_type_are_typed() {
    on_every_server(async |site| {
        let source = SOURCE.replace("company.team", &site.namespace);
        site.client.flows().deploy(source).await.unwrap();
        site.client.verify::<OnEveryServer>().namespace(&site.namespace).await.unwrap();
        let flow = OnEveryServer::new(required()).dry_run(true);
        let done = site.client.run(flow).namespace(&site.namespace).await.unwrap();
        let outputs = &done.outputs;
        assert_eq!((&*outputs.text, outputs.whole), ("two\nlines ä€😀", i32::MAX));
        assert!((outputs.part - 1.25).abs() < f64::EPSILON && outputs.dry_run);
        assert_eq!(outputs.moment, "2026-11-24T09:20:30.5Z".parse::<Timestamp>().unwrap());
        assert_eq!((outputs.day, outputs.hour), (date(2026, 11, 24), time(10, 20, 30, 0)));
        assert_eq!(outputs.length, Duration::from_mins(90));
        assert_eq!(outputs.object, json!({"a": [1, {"b": "c"}]}));
        assert_eq!(outputs.address, "https://example.com/a?b=c");
        let file = site.client.executions().download(&outputs.file).await.unwrap();
        assert_eq!(file.bytes().await.unwrap(), "a,b\n");
        let inputs = &done.execution.inputs;
        for (name, value) in [
            ("choice", json!("größer als")),
            ("several", json!(["x", "z"])),
            ("flag", json!(true)),
            ("numbers", json!([1, 2])),
            ("tree", json!({"a": {"b": [1, 2]}})),
        ] {
            assert_eq!(inputs[name], value, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn drift_is_told_before_and_after_a_call() {
    on_every_server(async |site| {
        let source = SOURCE.replace("company.team", &site.namespace);
        let error = site.client.verify::<OnEveryServer>().namespace(&site.namespace).await.unwrap_err();
        assert_eq!(
            error.failures(),
            [format!("{}.on-every-server: the flow is not deployed", site.namespace)]
        );
        let changed = source
            .replace("{id: note, type: STRING, required: false}", "{id: who, type: STRING}")
            .replace("{id: mail, type: EMAIL}", "{id: mail, type: STRING}")
            .replace("values: [x, y, z]", "values: [x, y]")
            .replace("itemType: INT", "itemType: STRING")
            .replace("{id: whole, type: INT, value", "{id: whole, type: STRING, value");
        site.client.flows().deploy(changed).await.unwrap();
        let error = site.client.verify::<OnEveryServer>().namespace(&site.namespace).await.unwrap_err();
        let sentences: Vec<_> = error
            .failures()
            .iter()
            .filter_map(|failure| failure.split_once("): "))
            .map(|(_, text)| text)
            .collect();
        assert_eq!(
            sentences,
            [
                "the input `several` does not take `z` any more",
                "the input `mail` was EMAIL and is STRING",
                "the input `numbers` was ARRAY<INT> and is ARRAY<STRING>",
                "the input `note` is gone",
                "the input `who` must be given now",
                "the output `whole` was INT and is STRING",
            ]
        );
        let mut required = required();
        required.several.pop();
        let run = site.client.run(OnEveryServer::new(required)).input("who", "Ada");
        let error = run.namespace(&site.namespace).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("output `whole` must be INT and is a string"), "{error}");
        assert!(Finished::of(&error).unwrap().is_success());
    })
    .await;
}

#[tokio::test]
async fn forms_labelled_values_and_old_names_are_typed() {
    on_every_server(async |site| {
        let deploy = async |source: &str, namespace: &str| {
            let source =
                source.replace(&format!("namespace: {namespace}"), &format!("namespace: {}", site.namespace));
            site.client.flows().deploy(source).await.unwrap();
        };
        let namespace = &site.namespace;
        if site.is_since(2, 0) {
            deploy(NEWEST, "company.team.new").await;
            site.client.verify::<Newest>().namespace(namespace).await.unwrap();
            let flow = Newest::new(NewestColor::N0f0).sizes([NewestSizes::S, NewestSizes::L]);
            let done = site.client.run(flow).namespace(namespace).await.unwrap();
            assert_eq!(done.execution.inputs["color"], json!("#0f0"));
            assert_eq!(done.execution.inputs["sizes"], json!(["s", "l"]));
        } else {
            deploy(OLD, "company.old").await;
            site.client.verify::<Old>().namespace(namespace).await.unwrap();
            let flow = Old::new(OldKind::B, true, [OldParts::Two]);
            let done = site.client.run(flow).namespace(namespace).await.unwrap();
            let wanted = json!({"kind": "B", "flag": true, "parts": ["two"]});
            assert_eq!(Some(&done.execution.inputs), wanted.as_object());
        }
        if site.is_since(1, 3) {
            deploy(FORM, "company.team.new").await;
            site.client.verify::<Form>().namespace(namespace).await.unwrap();
            let flow = Form::new(3).order_note("n").order_size(FormOrderSize::Large);
            let done = site.client.run(flow).namespace(namespace).await.unwrap();
            assert_eq!(done.execution.inputs["order"], json!({"count": 3, "note": "n", "size": "large"}));
            assert_eq!(done.outputs.count, 3);
            // What is within a form must be given although the form need not be.
            let bare = site.client.executions().create_execution(namespace, "form").await.unwrap_err();
            assert_eq!(bare.status().map(|status| status.as_u16()), Some(422), "{bare}");
        }
    })
    .await;
}
