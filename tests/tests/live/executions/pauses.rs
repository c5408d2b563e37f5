//! Executions pause, wait for people, and go on.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::models::{State, StateType};

use crate::server::{eventually, on_every_server};

const ASKS: &str = r"
tasks:
  - id: ask
    type: io.kestra.plugin.core.flow.Pause
    onResume: [{id: answer, type: STRING}]
  - {id: then, type: io.kestra.plugin.core.debug.Return, format: '{{ outputs.ask.onResume.answer }}'}
outputs: [{id: answer, type: STRING, value: '{{ outputs.then.value }}'}]
";
/// Each `Pause` accepts only the resume that names it.
const FENCED: &str = r"
tasks:
  - id: first
    type: io.kestra.plugin.core.flow.Pause
    onResume: [{id: fence, type: SELECT, expression: '{{ [''first-'' ~ execution.id] }}'}]
  - id: second
    type: io.kestra.plugin.core.flow.Pause
    onResume: [{id: fence, type: SELECT, expression: '{{ [''second-'' ~ execution.id] }}'}]
";
const WAITS: &str = "tasks: [{id: wait, type: io.kestra.plugin.core.flow.Pause}]";

#[tokio::test]
async fn a_pause_is_told_once_and_an_answer_resumes_it() {
    on_every_server(async |site| {
        site.deploy("asks", ASKS).await;
        let executions = site.client.executions();
        let paused = executions.run(&site.namespace, "asks").stop_on_pause(true).await.unwrap();
        assert!(paused.is_paused() && paused.outputs().is_empty());

        let told = Arc::new(Mutex::new(0));
        let observer = Arc::clone(&told);
        let wait = executions.wait(paused.id()).on_pause(move |_| *observer.lock().unwrap() += 1);
        let resume = async {
            eventually("it is told", async || (*told.lock().unwrap() > 0).then_some(())).await;
            // Time to be told again.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let checked = executions
                .validate_resume_execution_inputs(paused.id())
                .input("answer", "go on")
                .await
                .unwrap();
            assert!(checked.inputs.iter().all(|input| input.errors.is_empty()), "{checked:?}");
            executions.resume_execution(paused.id()).input("answer", "go on").await.unwrap();
        };
        let (finished, ()) = tokio::join!(wait.into_future(), resume);
        assert_eq!(finished.unwrap().outputs()["answer"], "go on");
        assert_eq!(*told.lock().unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_fence_refuses_the_resume_of_another_pause() {
    on_every_server(async |site| {
        site.deploy("fenced", FENCED).await;
        let executions = site.client.executions();
        let id = site.started("fenced", State::is_paused).await.id;
        for (pause, next) in [("first", "second"), ("second", "first")] {
            eventually("the pause", async || {
                let runs = executions.get_execution(&id).await.unwrap().task_run_list;
                runs.iter()
                    .flatten()
                    .any(|run| run.task_id == pause && run.state.as_ref().is_some_and(State::is_paused))
                    .then_some(())
            })
            .await;
            let fence = |pause: &str| format!("{pause}-{id}");
            let refused = executions.resume_execution(&id).await.unwrap_err();
            assert_eq!(refused.status().unwrap(), 422, "{refused:#}");
            let refused = executions.resume_execution(&id).input("fence", fence(next)).await.unwrap_err();
            assert_eq!(refused.invalid_inputs(), ["fence"], "{refused:#}");
            let checked =
                executions.validate_resume_execution_inputs(&id).input("fence", fence(next)).await.unwrap();
            assert!(checked.inputs.iter().any(|input| !input.errors.is_empty()), "{checked:?}");
            executions.resume_execution(&id).input("fence", fence(pause)).await.unwrap();
        }
        let ended = site.until(&id, State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
    })
    .await;
}

#[tokio::test]
async fn what_runs_is_paused_and_resumed() {
    on_every_server(async |site| {
        let rest = "
tasks:
  - {id: sleep, type: io.kestra.plugin.core.flow.Sleep, duration: PT2S}
  - {id: more, type: io.kestra.plugin.core.log.Log, message: more}
";
        site.deploy("pausable", rest).await;
        let executions = site.client.executions();
        let running = site.started("pausable", |state| state.current == StateType::Running).await;
        let id = running.id;
        executions.pause_execution(&id).await.unwrap();
        site.until(&id, State::is_paused).await;
        assert!(executions.pause_execution(&id).await.unwrap_err().is_conflict(), "it is paused already");
        executions.resume_execution(&id).await.unwrap();
        let ended = site.until(&id, State::is_terminal).await;
        assert_eq!(ended.state.unwrap().current, StateType::Success);
        assert!(executions.resume_execution(&id).await.unwrap_err().is_conflict(), "it has ended");
    })
    .await;
}

#[tokio::test]
async fn what_is_paused_is_killed() {
    on_every_server(async |site| {
        site.deploy("waits", WAITS).await;
        let paused = site.started("waits", State::is_paused).await;
        let id = paused.id;
        site.client.executions().kill_execution(&id).await.unwrap();
        let killed = site.until(&id, State::is_terminal).await;
        assert_eq!(killed.state.unwrap().current, StateType::Killed);
    })
    .await;
}
