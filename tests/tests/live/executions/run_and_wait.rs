//! Flows are run to their end, whichever it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::models::{State, StateType};
use kestra::{ErrorKind, Finished, TimeoutPhase};

use crate::server::on_every_server;

const OUTPUTS: &str = r"
inputs: [{id: name, type: STRING, defaults: World}]
tasks:
  - {id: greet, type: io.kestra.plugin.core.debug.Return, format: 'Hello, {{ inputs.name }}!'}
  - {id: count, type: io.kestra.plugin.core.debug.Return, format: '42'}
outputs:
  - {id: greeting, type: STRING, value: '{{ outputs.greet.value }}'}
  - {id: rows, type: INT, value: '{{ outputs.count.value }}'}
";
const SLOW: &str = "tasks: [{id: sleep, type: io.kestra.plugin.core.flow.Sleep, duration: PT20S}]";

#[derive(serde::Deserialize)]
struct Report {
    greeting: String,
    rows: u64,
}

#[tokio::test]
async fn outputs_are_typed() {
    on_every_server(async |site| {
        site.deploy("outputs", OUTPUTS).await;
        let finished =
            site.client.executions().run(&site.namespace, "outputs").input("name", "Ada").await.unwrap();
        let report: Report = finished.outputs_as().unwrap();
        assert_eq!((report.greeting.as_str(), report.rows), ("Hello, Ada!", 42));
        assert_eq!(finished.state(), Some(&StateType::Success));
        assert_eq!(finished.execution.task_runs().len(), 2);
        // Long after.
        let again = site.client.executions().wait(finished.id()).await.unwrap();
        assert_eq!(again.outputs(), finished.outputs());

        site.deploy("silent", "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]").await;
        let silent = site.client.executions().run(&site.namespace, "silent").await.unwrap();
        assert!(silent.outputs().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_digit_of_inputs_and_outputs_is_kept() {
    #[derive(serde::Deserialize)]
    struct Big {
        big: u128,
    }
    on_every_server(async |site| {
        if site.is_embedded() {
            return;
        }
        let rest = r"
inputs: [{id: given, type: JSON}]
tasks: [{id: copy, type: io.kestra.plugin.core.debug.Return, format: '{{ inputs.given | toJson }}'}]
outputs: [{id: given, type: JSON, value: '{{ outputs.copy.value }}'}]
";
        site.deploy("digits", rest).await;
        let executions = site.client.executions();
        let text = r#"{"big": 123456789012345678901}"#;
        let run = executions.run(&site.namespace, "digits").input("given", text).await.unwrap();
        let given: BTreeMap<String, Big> = run.outputs_as().unwrap();
        assert_eq!(given["given"].big, 123_456_789_012_345_678_901);
        assert_eq!(run.inputs_as::<BTreeMap<String, Big>>().unwrap()["given"].big, given["given"].big);
        assert_eq!(run.outputs()["given"]["big"], "123456789012345678901");
        let task_run = run.execution.task_runs()[0].id.clone();
        let outputs = site.client.outputs().of_task_run(run.id(), task_run).await.unwrap();
        assert!(outputs["value"].as_str().unwrap().contains("123456789012345678901"), "{outputs:?}");
    })
    .await;
}

#[tokio::test]
async fn a_start_is_waited_for_later() {
    on_every_server(async |site| {
        site.deploy("outputs", OUTPUTS).await;
        let executions = site.client.executions();
        let started = executions.start(&site.namespace, "outputs").label("team", "data").await.unwrap();
        assert!(!started.was_found() && started.key().is_some());
        let id = started.id().to_owned();
        let finished = executions.wait(&id).await.unwrap();
        assert_eq!(finished.outputs()["greeting"], "Hello, World!");
        assert_eq!(finished.execution.labels.get("team"), Some("data"));
    })
    .await;
}

#[tokio::test]
async fn progress_is_told_as_it_happens() {
    on_every_server(async |site| {
        site.deploy("outputs", OUTPUTS).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let observer = Arc::clone(&seen);
        let run = site.client.executions().run(&site.namespace, "outputs");
        run.on_progress(move |execution| observer.lock().unwrap().push(execution.progress())).await.unwrap();
        let seen = seen.lock().unwrap();
        assert!(!seen.is_empty() && seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn a_failure_tells_the_task_and_its_log() {
    on_every_server(async |site| {
        let rest = "
tasks:
  - {id: before, type: io.kestra.plugin.core.log.Log, message: fine}
  - {id: stop, type: io.kestra.plugin.core.execution.Fail, errorMessage: 'which table?'}
";
        site.deploy("fails", rest).await;
        let executions = site.client.executions();
        let error = executions.run(&site.namespace, "fails").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
        let failed = Finished::of(&error).unwrap();
        assert_eq!(error.execution_id(), Some(failed.id()));
        assert_eq!(failed.state(), Some(&StateType::Failed));
        let tasks: Vec<_> = failed.failed_task_runs().iter().map(|run| run.task_id.clone()).collect();
        assert_eq!(tasks, ["stop"]);
        let lines = failed.last_log_lines();
        let told = |line: &kestra::models::LogEntry| {
            Some(line.message.as_str()).is_some_and(|text| text.contains("which table?"))
        };
        assert!(lines.iter().any(told), "{lines:?}");
        assert!(error.to_string().contains("FAILED"), "{error}");
        assert!(executions.run(&site.namespace, "fails").any_end_state().await.unwrap().is_failed());
    })
    .await;
}

#[tokio::test]
async fn a_warning_is_a_success_and_a_kill_a_failure() {
    on_every_server(async |site| {
        let rest = "
tasks:
  - id: allowed
    type: io.kestra.plugin.core.flow.AllowFailure
    tasks: [{id: stop, type: io.kestra.plugin.core.execution.Fail}]
";
        site.deploy("warns", rest).await;
        let executions = site.client.executions();
        let finished = executions.run(&site.namespace, "warns").await.unwrap();
        assert_eq!(finished.state(), Some(&StateType::Warning));

        site.deploy("slow", SLOW).await;
        let started = executions.start(&site.namespace, "slow").await.unwrap();
        site.until(started.id(), |state| state.current == StateType::Running).await;
        executions.kill_execution(started.id()).await.unwrap();
        let error = started.wait().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailed, "{error}");
        assert_eq!(Finished::of(&error).unwrap().state(), Some(&StateType::Killed));
    })
    .await;
}

#[tokio::test]
async fn time_that_is_over_leaves_the_execution_or_kills_it() {
    on_every_server(async |site| {
        site.deploy("slow", SLOW).await;
        let executions = site.client.executions();
        let run = || executions.run(&site.namespace, "slow").timeout(Duration::from_millis(1500));
        let error = run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total), "{error}");
        let left = executions.get_execution(error.execution_id().unwrap()).await.unwrap();
        assert!(!left.is_over(), "{left:?}");

        let error = run().kill_on_timeout(true).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        let killed = site.until(error.execution_id().unwrap(), State::is_terminal).await;
        assert_eq!(killed.state.unwrap().current, StateType::Killed);
    })
    .await;
}

#[tokio::test]
async fn a_retry_of_the_flow_is_followed_to_its_end() {
    on_every_server(async |site| {
        let rest = "
retry: {type: constant, behavior: CREATE_NEW_EXECUTION, interval: PT1S, maxAttempts: 2}
tasks: [{id: stop, type: io.kestra.plugin.core.execution.Fail}]
";
        site.deploy("retries", rest).await;
        let executions = site.client.executions();
        let started = executions.start(&site.namespace, "retries").await.unwrap();
        let finished = started.wait().any_end_state().await.unwrap();
        assert_eq!(finished.state(), Some(&StateType::Failed));
        assert_ne!(finished.id(), started.id(), "the last of the attempts");
        let first = executions.get_execution(started.id()).await.unwrap();
        assert_eq!(first.state.unwrap().current, StateType::Retried);
        assert_eq!(finished.execution.original_id.as_deref(), Some(started.id()));
    })
    .await;
}

#[tokio::test]
async fn an_execution_that_is_not_there_is_an_error() {
    on_every_server(async |site| {
        let error = site.client.executions().wait("1Hh2Ii3Jj4Kk5Ll6Mm7Nn8").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.execution_id(), Some("1Hh2Ii3Jj4Kk5Ll6Mm7Nn8"));
    })
    .await;
}

#[tokio::test]
async fn many_run_at_once() {
    on_every_server(async |site| {
        site.deploy("outputs", OUTPUTS).await;
        let runs: Vec<_> = (0..20)
            .map(|number| {
                let run = site
                    .client
                    .executions()
                    .run(&site.namespace, "outputs")
                    .input("name", format!("no {number}"));
                tokio::spawn(async move { run.await })
            })
            .collect();
        for (number, run) in runs.into_iter().enumerate() {
            let finished = run.await.unwrap().unwrap();
            assert_eq!(finished.outputs()["greeting"], format!("Hello, no {number}!"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_nobody_knows_is_told_soon_and_a_timeout_tells_the_last_state() {
    on_every_server(async |site| {
        let begun = std::time::Instant::now();
        let error = site.client.executions().wait("1Hh2Ii3Jj4Kk5Ll6Mm7Nn8").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!((2..9).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        let begun = std::time::Instant::now();
        let late = site.client.executions().wait("1Hh2Ii3Jj4Kk5Ll6Mm7Nn8");
        assert!(late.wait_until_visible(Duration::from_secs(4)).await.unwrap_err().is_not_found());
        assert!(begun.elapsed() >= Duration::from_secs(4));

        site.deploy("slow", SLOW).await;
        let run = site.client.executions().run(&site.namespace, "slow").timeout(Duration::from_secs(3));
        let error = run.kill_on_timeout(true).await.unwrap_err();
        let last = Finished::of(&error).unwrap();
        assert!(!last.state().unwrap().is_terminal(), "{error}");
    })
    .await;
}
