//! A page of executions, and structs written by hand for the same fields.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A page of executions as a 1.3 server sends it.
#[must_use]
pub fn page(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(execution).collect();
    format!(r#"{{"results":[{}],"total":{count}}}"#, rows.join(","))
}

fn execution(number: usize) -> String {
    let state = r#"{"current":"SUCCESS","histories":[{"state":"CREATED","date":"2026-11-24T06:42:51.282790739Z"},{"state":"RUNNING","date":"2026-11-24T06:42:51.482790Z"},{"state":"SUCCESS","date":"2026-11-24T06:42:52.282790Z"}],"duration":"PT1.000000000S","startDate":"2026-11-24T06:42:51.282790Z","endDate":"2026-11-24T06:42:52.282790Z"}"#;
    let task_run = |task: &str| {
        format!(
            r#"{{"id":"5X{number}{task}","executionId":"4It{number}","namespace":"company.team","flowId":"hello","taskId":"{task}","attempts":[{{"state":{state}}}],"outputs":{{"value":"{task} of {number}"}},"state":{state}}}"#
        )
    };
    format!(
        r#"{{"id":"4It{number}","namespace":"company.team","flowId":"hello","flowRevision":6,"taskRunList":[{},{}],"inputs":{{"name":"world","count":{number}}},"outputs":{{"result":"done"}},"labels":[{{"key":"team","value":"data"}},{{"key":"system.correlationId","value":"4It{number}"}}],"variables":{{"mark":"!"}},"state":{state},"originalId":"4It{number}","deleted":false,"metadata":{{"attemptNumber":1,"originalCreatedDate":"2026-11-24T06:42:51.283604870Z"}}}}"#,
        task_run("first"),
        task_run("second"),
    )
}

macro_rules! plain {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {$(
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs)]
        pub struct $name {
            $(pub $field: $type,)*
        }
    )*};
}

plain! {
    Page { results: Vec<Execution>, total: i64, }
    Execution {
        id: Option<String>,
        namespace: Option<String>,
        flow_id: Option<String>,
        flow_revision: Option<i64>,
        task_run_list: Option<Vec<TaskRun>>,
        inputs: Map<String, Value>,
        outputs: Option<Map<String, Value>>,
        labels: Vec<Label>,
        variables: Map<String, Value>,
        state: Option<State>,
        original_id: Option<String>,
        deleted: Option<bool>,
        metadata: Option<Metadata>,
    }
    TaskRun {
        id: Option<String>,
        execution_id: Option<String>,
        namespace: Option<String>,
        flow_id: Option<String>,
        task_id: Option<String>,
        attempts: Vec<Attempt>,
        outputs: Option<Map<String, Value>>,
        state: Option<State>,
    }
    Attempt { state: Option<State>, }
    State {
        current: Option<String>,
        histories: Vec<History>,
        duration: Option<String>,
        start_date: Option<Timestamp>,
        end_date: Option<Timestamp>,
    }
    History { state: Option<String>, date: Option<Timestamp>, }
    Label { key: String, value: String, }
    Metadata { attempt_number: Option<i64>, original_created_date: Option<Timestamp>, }
}
