//! The expressions that a task's environment is rendered from give what `kestra-task` reads, for each type of input.

use kestra::flow::{Flow, Input, Output, Task};
use serde_json::{Value, json};

use crate::server::on_every_server;

const INPUTS: [&str; 8] = ["text", "whole", "half", "flag", "object", "list", "with-dash", "absent"];

#[tokio::test]
async fn inputs_reach_a_program_as_json() {
    on_every_server(async |site| {
        let mut flow = Flow::new(&site.namespace, "environment").task(Task::log("log", "hi"));
        for (input, kind) in
            INPUTS.iter().zip(["STRING", "INT", "FLOAT", "BOOL", "JSON", "ARRAY", "STRING", "STRING"])
        {
            let mut input = Input::new(*input, kind);
            if kind == "ARRAY" {
                input = input.set("itemType", "INT");
            }
            flow = flow.input(input.required(false));
        }
        // Each expression is an output of the flow, as a variable of a task is not seen from outside.
        let variables = kestra_task::env_variables(&INPUTS).unwrap();
        for (variable, expression) in variables.iter().filter(|(name, _)| !name.starts_with("KESTRA_TASK")) {
            flow = flow.output(Output::new(variable, "STRING", expression.as_str()));
        }
        site.client.flows().deploy(&flow).await.unwrap();

        let text = "it's \"so\"\n::{}::\u{2028} größe \\ {{ x }}";
        let run = site.client.executions().run(&site.namespace, "environment");
        let run =
            run.input("text", text).input("whole", 2_000_000_000).input("half", 0.5).input("flag", true);
        let run = run.input("object", json!({"a": [1, {"b": false}]})).input("list", json!([1, 2]));
        let finished = run.input("with-dash", "a-b").await.unwrap();

        let outputs = finished.outputs();
        let read =
            |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("{name}: {outputs:?}")).to_owned();
        let json =
            |name: &str| serde_json::from_str::<Value>(&read(&format!("KESTRA_INPUT_{name}"))).unwrap();
        assert_eq!(json("TEXT"), text);
        assert_eq!(json("WHOLE"), 2_000_000_000);
        assert_eq!(json("HALF"), 0.5);
        assert_eq!(json("FLAG"), true);
        assert_eq!(json("OBJECT"), json!({"a": [1, {"b": false}]}));
        assert_eq!(json("LIST"), json!([1, 2]));
        assert_eq!(json("WITH_DASH"), "a-b");
        assert_eq!(json("ABSENT"), Value::Null);
        assert_eq!(read("KESTRA_EXECUTION_ID"), finished.execution.id);
        assert_eq!(read("KESTRA_FLOW_NAMESPACE"), site.namespace);
        assert_eq!(read("KESTRA_FLOW_ID"), "environment");
        assert_eq!(read("KESTRA_FLOW_REVISION"), "1");
    })
    .await;
}
