//! Types that `kestra-flowgen` writes for flows, in calls to servers of all lines.

#![warn(clippy::pedantic, missing_docs)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod flows;

use std::path::Path;
use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::jiff::civil::{date, time};
use kestra::typed::FlowSignature;
use kestra::{Client, FilePart};
use kestra_testkit::{Dialect, TestServer};
use serde_json::json;

use flows::company_old::{Old, OldKind, OldParts};
use flows::company_team::{
    EveryType, EveryTypeChoice, EveryTypeRequired, EveryTypeSeveral, StringFlow, StringFlowMode,
    StringFlowRegion,
};
use flows::company_team_new::{Form, FormOrderSize, Newest, NewestColor, NewestSizes};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/typed_flows");

async fn serve(dialect: Dialect, flows: &[&str]) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    for flow in flows {
        server.deploy(std::fs::read_to_string(Path::new(FOLDER).join(flow)).unwrap()).unwrap();
    }
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

#[test]
fn the_code_is_what_is_written_for_the_flows() {
    let code = kestra_flowgen::generate(Path::new(FOLDER)).unwrap();
    assert_eq!(
        code,
        include_str!("flows.rs"),
        "run cargo run -p kestra-flowgen -- tests/fixtures/typed_flows tests/tests/typed_flows/flows.rs"
    );
}

#[test]
fn the_code_of_the_example_is_what_is_written_for_its_flows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/examples/typed_flow");
    let code = kestra_flowgen::generate(&folder.join("flows")).unwrap();
    assert_eq!(code, std::fs::read_to_string(folder.join("flows.rs")).unwrap());
}

fn every_type() -> EveryTypeRequired {
    EveryTypeRequired {
        text: "two\nlines".to_owned(),
        choice: EveryTypeChoice::GrößerAls,
        several: vec![EveryTypeSeveral::X, EveryTypeSeveral::Z],
        whole: i32::MAX,
        part: 1.25,
        flag: true,
        moment: "2026-11-24T10:20:30.5+01:00".parse().unwrap(),
        day: date(2026, 11, 24),
        hour: time(10, 20, 30, 0),
        length: Duration::from_millis(5_400_500),
        file: FilePart::bytes("data.csv", "a,b\n"),
        object: json!({"a": [1, null]}),
        tree: "a: {b: [1, 2]}".to_owned(),
        address: "https://example.com/a?b=c".to_owned(),
        mail: "ada@example.com".to_owned(),
        numbers: vec![1, 2],
        days: vec![date(2026, 1, 2)],
        words: vec!["a, b".to_owned()],
    }
}

#[tokio::test]
async fn every_type_goes_there_and_back() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect, &["every_type.yaml"]).await;
        client.verify::<EveryType>().await.unwrap();
        let done = client.run(EveryType::new(every_type()).rest("x")).await.unwrap();
        let outputs = &done.outputs;
        assert_eq!(
            (&*outputs.text, &*outputs.rest, outputs.whole),
            ("two\nlines", "x", i32::MAX),
            "{dialect:?}"
        );
        assert!((outputs.part - 1.25).abs() < f64::EPSILON && outputs.flag);
        assert_eq!(outputs.moment, "2026-11-24T09:20:30.5Z".parse::<Timestamp>().unwrap());
        assert_eq!((outputs.day, outputs.hour), (date(2026, 11, 24), time(10, 20, 30, 0)));
        assert_eq!(outputs.length, Duration::from_mins(90));
        assert!(outputs.file.starts_with("kestra://"), "{}", outputs.file);
        assert_eq!(outputs.object, json!({"a": [1, null]}));
        assert_eq!(outputs.address, "https://example.com/a?b=c");
        assert_eq!(outputs.words, [json!("a, b")]);
        assert_eq!(outputs.nothing, None);
        let inputs = &done.execution.inputs;
        for (name, value) in [
            ("choice", json!("größer als")),
            ("several", json!(["x", "z"])),
            ("numbers", json!([1, 2])),
            ("days", json!(["2026-01-02"])),
            ("tree", json!({"a": {"b": [1, 2]}})),
            ("mail", json!("ada@example.com")),
            ("length", json!(5400.5)),
        ] {
            assert_eq!(inputs[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn awkward_names_reach_their_inputs() {
    for dialect in Dialect::ALL {
        let (_server, client) = serve(dialect, &["awkward.yml"]).await;
        client.verify::<StringFlow>().await.unwrap();
        let flow = StringFlow::new().type_("b").new_(1).n2nd(false).dry_run(true).camel_case("c").extra("e");
        let flow = flow.mode(StringFlowMode::Self_).region(StringFlowRegion::CustomValue("mars".to_owned()));
        let done = client.run(flow.made("a")).await.unwrap();
        assert_eq!((&*done.outputs.type_, done.outputs.dry_run, &*done.outputs.mode), ("b", true, "self"));
        let inputs = &done.execution.inputs;
        for (name, value) in [
            ("new", json!(1)),
            ("2nd", json!(false)),
            ("camelCase", json!("c")),
            ("region", json!("mars")),
            ("made", json!("a")),
            ("extra", json!("e")),
        ] {
            assert_eq!(inputs[name], value, "{name} {dialect:?}");
        }
        assert_eq!(inputs.get("a.b").or_else(|| inputs["a"].get("b")), Some(&json!(10)));
    }
}

#[tokio::test]
async fn what_only_some_versions_have_works_on_these() {
    for dialect in [Dialect::V1_0, Dialect::V1_3] {
        let (_server, client) = serve(dialect, &["below/old.yaml"]).await;
        client.verify::<Old>().await.unwrap();
        let done = client.run(Old::new(OldKind::B, true, [OldParts::Two])).await.unwrap();
        let wanted = json!({"kind": "B", "flag": true, "parts": ["two"]});
        assert_eq!(Some(&done.execution.inputs), wanted.as_object());
    }
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect, &["below/form.yaml"]).await;
        client.verify::<Form>().await.unwrap();
        let done = client.run(Form::new(3).order_note("n").order_size(FormOrderSize::Large)).await.unwrap();
        assert_eq!(done.execution.inputs["order"], json!({"count": 3, "note": "n", "size": "large"}));
        assert_eq!(done.outputs.count, 3);
        let done = client.run(Form::new(3)).await.unwrap();
        assert_eq!(done.execution.inputs["order"]["size"], json!("small"));
        // What is within a form can become another as well.
        let source = std::fs::read_to_string(Path::new(FOLDER).join("below/form.yaml")).unwrap();
        server
            .deploy(
                source
                    .replace("id: count, type: INT}", "id: number, type: INT}")
                    .replace("note, type: STRING", "note, type: INT"),
            )
            .unwrap();
        let error = client.verify::<Form>().await.unwrap_err();
        let name = "company.team.new.form (revision 2)";
        assert_eq!(
            error.failures(),
            [
                format!("{name}: the input `order.count` is gone"),
                format!("{name}: the input `order.note` was STRING and is INT"),
                format!("{name}: the input `order.number` must be given now"),
            ]
        );
    }
    let (server, client) = serve(Dialect::V2_0, &["below/newest.yaml"]).await;
    client.verify::<Newest>().await.unwrap();
    let flow = Newest::new(NewestColor::N0f0).sizes([NewestSizes::S, NewestSizes::L]);
    let done = client.run(flow).await.unwrap();
    assert_eq!(done.execution.inputs["color"], json!("#0f0"));
    assert_eq!(done.execution.inputs["sizes"], json!(["s", "l"]));
    let source = std::fs::read_to_string(Path::new(FOLDER).join("below/newest.yaml")).unwrap();
    server.deploy(source.replace("#0f0", "#00f")).unwrap();
    let error = client.verify::<Newest>().await.unwrap_err();
    assert!(error.to_string().contains("the input `color` does not take `#0f0` any more"), "{error}");
}

#[tokio::test]
async fn all_flows_are_verified_at_once() {
    let all: [FlowSignature; 6] = flows::ALL;
    let (_server, client) = serve(Dialect::V1_3, &["below/old.yaml", "every_type.yaml"]).await;
    let error = client.verify_all(all).await.unwrap_err();
    assert_eq!(
        error.failures(),
        [
            "company.team.string: the flow is not deployed",
            "company.team.on-every-server: the flow is not deployed",
            "company.team.new.form: the flow is not deployed",
            "company.team.new.newest: the flow is not deployed",
        ]
    );
}

#[test]
fn no_secret_is_shown() {
    let flow = Newest::new(NewestColor::N0f0).token("hush");
    assert_eq!(format!("{flow:?}"), r#"Newest({"color": InputValue::Text, "token": InputValue::Text})"#);
    let required = EveryTypeRequired { text: "hush".to_owned(), ..every_type() };
    assert!(!format!("{required:?}").contains("hush"));
}
