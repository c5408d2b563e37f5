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
