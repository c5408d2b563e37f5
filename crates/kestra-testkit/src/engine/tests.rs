//! Flows run to their end.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::cell::Cell;
use super::create::{Creation, create};
use super::execution::{Breakpoint, Execution};
use super::flow::FlowDefinition;
use super::inputs::GivenInputs;
use super::script::{Outcome, Script};
use super::state::State;
use super::{actions, pause, run};
use crate::app::App;
use crate::dialect::Dialect;
use crate::server::Settings;

fn app(dialect: Dialect) -> Arc<App> {
    let settings = Settings { dialect, ..Settings::default() };
    Arc::new(App::new(settings, "http://127.0.0.1:1".to_owned()))
}

fn deploy(app: &App, source: &str) {
    match FlowDefinition::parse(source, app.dialect) {
        Ok(flow) => {
            app.flows().save(flow, source.to_owned());
        }
        Err(problem) => assert_eq!(problem.validation_text(app.dialect), "", "{source}"),
    }
}

fn creation(app: &App, flow: &str, inputs: Value) -> Option<Creation> {
    let stored = app.stored_flow("a.b", flow, None)?;
    Some(Creation::of(&stored, GivenInputs::from_json(inputs.as_object()?)))
}

fn launch(app: &Arc<App>, creation: Creation) -> Option<Arc<Cell>> {
    let cell = app.engine.insert(create(app, creation).ok()?.execution.stored());
    run::start(app, &cell);
    Some(cell)
}

fn go(app: &Arc<App>, flow: &str, inputs: Value) -> Option<Arc<Cell>> {
    launch(app, creation(app, flow, inputs)?)
}

async fn end(cell: &Cell) -> Arc<Execution> {
    cell.until(Execution::is_over).await
}

fn states(execution: &Execution) -> Vec<&'static str> {
    execution.state.entries().iter().map(|(state, _)| state.name()).collect()
}

fn logs(app: &App, execution: &str) -> Vec<String> {
    app.logs.all(|entry| entry.execution_id == execution).into_iter().map(|entry| entry.message).collect()
}

const HELLO: &str = "
id: hello
namespace: a.b
labels: {team: data}
inputs:
  - {id: name, type: STRING, defaults: world}
variables: {mark: '!'}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: 'Hello {{ inputs.name }}'}
  - {id: greet, type: io.kestra.plugin.core.debug.Return, format: 'Hello {{ inputs.name }}{{ vars.mark }}'}
outputs:
  - {id: greeting, type: STRING, value: '{{ outputs.greet.value }}'}
";

#[tokio::test(start_paused = true)]
async fn a_flow_runs_to_its_end() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(&app, HELLO);
    let cell = go(&app, "hello", json!({"name": "Ada"})).ok_or("created")?;
    let execution = end(&cell).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "SUCCESS"]);
    assert_eq!(json!(execution.outputs), json!({"greeting": "Hello Ada!"}));
    assert_eq!(execution.runs().len(), 2);
    let names: Vec<_> = execution.runs()[0].state.entries().iter().map(|(state, _)| state.name()).collect();
    assert_eq!(names, ["CREATED", "SUBMITTED", "RUNNING", "SUCCESS"]);
    assert_eq!(logs(&app, &execution.id), ["Hello Ada"]);
    assert_eq!(execution.label("system.correlationId"), Some(execution.id.as_str()));
    assert_eq!(execution.label("team"), Some("data"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failures_run_handlers_and_can_be_allowed() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(
        &app,
        "
id: failing
namespace: a.b
tasks:
  - {id: fail, type: io.kestra.plugin.core.execution.Fail, errorMessage: on purpose}
  - {id: never, type: io.kestra.plugin.core.log.Log, message: never}
errors:
  - {id: handler, type: io.kestra.plugin.core.log.Log, message: handled}
finally:
  - {id: last, type: io.kestra.plugin.core.log.Log, message: last}
",
    );
    deploy(
        &app,
        "
id: warned
namespace: a.b
tasks:
  - {id: fail, type: io.kestra.plugin.core.execution.Fail, allowFailure: true}
  - {id: more, type: io.kestra.plugin.core.log.Log, message: more}
",
    );
    let execution = end(&*go(&app, "failing", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Failed);
    let logs = logs(&app, &execution.id);
    assert_eq!([&logs[0], &logs[2], &logs[3]], ["on purpose", "handled", "last"]);
    let execution = end(&*go(&app, "warned", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Warning);
    assert_eq!(execution.runs()[0].state.current(), State::Warning);
    assert_eq!(execution.runs()[1].state.current(), State::Success);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_or_unknown_fails_with_a_log() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(
        &app,
        "{id: miss, namespace: a.b, tasks: [{id: a, type: io.kestra.plugin.core.debug.Return, format: '{{ nope }}'}]}",
    );
    deploy(
        &app,
        "{id: script, namespace: a.b, tasks: [{id: a, type: io.kestra.plugin.scripts.python.Script}]}",
    );
    for (flow, message) in [("miss", "Unable to find `nope`"), ("script", "can't run tasks of the type")] {
        let execution = end(&*go(&app, flow, json!({})).ok_or("created")?).await;
        assert_eq!(execution.state.current(), State::Failed, "{flow}");
        assert!(logs(&app, &execution.id)[0].contains(message));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tasks_are_retried_and_executions_restarted() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(
        &app,
        "
id: flaky
namespace: a.b
tasks:
  - {id: first, type: io.kestra.plugin.core.debug.Return, format: x}
  - {id: fail, type: io.kestra.plugin.core.execution.Fail, retry: {type: constant, interval: PT0.5S, maxAttempts: 2}}
",
    );
    let cell = go(&app, "flaky", json!({})).ok_or("created")?;
    let execution = end(&cell).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "FAILED", "RETRYING", "RUNNING", "FAILED"]);
    assert_eq!(execution.runs()[1].attempts.len(), 2);
    let flow = app.flow_of(&execution).ok_or("flow")?;
    let restarted = cell.try_update(|execution| actions::restart(execution, &flow));
    assert_eq!(restarted, Some(Ok(())));
    run::start(&app, &cell);
    let execution = end(&cell).await;
    assert_eq!(execution.runs()[0].attempts.len(), 1);
    assert_eq!(execution.runs()[1].attempts.len(), 3);
    assert_eq!(execution.attempt, 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_pause_waits_for_its_inputs() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(
        &app,
        "
id: paused
namespace: a.b
tasks:
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
    onResume: [{id: reason, type: STRING}]
  - {id: after, type: io.kestra.plugin.core.debug.Return, format: '{{ outputs.wait.onResume.reason }}'}
",
    );
    let cell = go(&app, "paused", json!({})).ok_or("created")?;
    cell.until(|execution| execution.state.is(State::Paused)).await;
    let inputs = json!({"reason": "fine"}).as_object().cloned();
    cell.update(|execution| pause::resume(execution, State::Success, inputs, None));
    let execution = end(&cell).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS"]);
    assert_eq!(json!(execution.runs()[1].outputs), json!({"value": "fine"}));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_kill_ends_what_runs() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(
        &app,
        "{id: long, namespace: a.b, tasks: [{id: s, type: io.kestra.plugin.core.flow.Sleep, duration: PT1H}]}",
    );
    let cell = go(&app, "long", json!({})).ok_or("created")?;
    cell.until(|execution| execution.runs().iter().any(|run| run.state.is(State::Running))).await;
    cell.update(|execution| execution.state.set(State::Killing));
    let execution = end(&cell).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "KILLING", "KILLED"]);
    assert_eq!(execution.runs()[0].state.current(), State::Killed);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn breakpoints_stop_an_execution() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(&app, HELLO);
    let mut creation = creation(&app, "hello", json!({})).ok_or("flow")?;
    creation.breakpoints = Some(vec![Breakpoint { id: "greet".to_owned(), value: None }]);
    let cell = launch(&app, creation).ok_or("created")?;
    let stopped = cell.until(|execution| execution.state.is(State::Breakpoint)).await;
    assert!(stopped.runs()[1].state.is(State::Breakpoint));
    cell.update(|execution| actions::leave_breakpoint(execution, None));
    let execution = end(&cell).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "BREAKPOINT", "RUNNING", "SUCCESS"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tasks_can_run_other_tasks() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(
        &app,
        "
id: nested
namespace: a.b
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [one, two]
    tasks:
      - {id: item, type: io.kestra.plugin.core.debug.Return, format: '{{ taskrun.value }}!'}
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: left, type: io.kestra.plugin.core.flow.Sleep, duration: PT1S}
      - {id: right, type: io.kestra.plugin.core.flow.Sleep, duration: PT1S}
  - id: choice
    type: io.kestra.plugin.core.flow.If
    condition: '{{ outputs.item.two.value == \"two!\" }}'
    then: [{id: yes1, type: io.kestra.plugin.core.log.Log, message: chosen}]
    else: [{id: no1, type: io.kestra.plugin.core.log.Log, message: not chosen}]
",
    );
    let begin = tokio::time::Instant::now();
    let execution = end(&*go(&app, "nested", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Success, "{:?}", logs(&app, &execution.id));
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(logs(&app, &execution.id).last().map(String::as_str), Some("chosen"));
    let values: Vec<_> = execution.runs().iter().filter_map(|run| run.value.as_deref()).collect();
    assert_eq!(values, ["one", "two"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn subflows_hand_over_inputs_and_outputs() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(&app, HELLO);
    deploy(
        &app,
        "
id: parent
namespace: a.b
tasks:
  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: a.b, flowId: hello, inputs: {name: child}}
  - {id: after, type: io.kestra.plugin.core.debug.Return, format: '{{ outputs.sub.outputs.greeting }}'}
",
    );
    let execution = end(&*go(&app, "parent", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Success);
    assert_eq!(json!(execution.runs()[1].outputs), json!({"value": "Hello child!"}));
    let child = app.engine.all().into_iter().find(|e| e.flow_id == "hello").ok_or("child")?;
    assert_eq!(child.trigger_execution(), Some(execution.id.as_str()));
    assert_eq!(child.label("system.correlationId"), Some(execution.id.as_str()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_limit_queues_what_is_too_much() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(
        &app,
        "{id: one, namespace: a.b, concurrency: {limit: 1}, tasks: [{id: s, type: io.kestra.plugin.core.flow.Sleep, duration: PT5S}]}",
    );
    let first = go(&app, "one", json!({})).ok_or("created")?;
    first.until(|execution| execution.state.is(State::Running)).await;
    let second = go(&app, "one", json!({})).ok_or("created")?;
    second.until(|execution| execution.state.is(State::Queued)).await;
    assert_eq!(end(&first).await.state.current(), State::Success);
    assert_eq!(states(&*end(&second).await), ["CREATED", "QUEUED", "RUNNING", "SUCCESS"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_2_0_runs_executions() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(
        &app,
        "
id: loop
namespace: a.b
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.Loop
    values: [one, two]
    tasks: [{id: item, type: io.kestra.plugin.core.log.Log, message: '{{ item.index }} {{ item.value }}'}]
",
    );
    let execution = end(&*go(&app, "loop", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Success);
    let children: Vec<_> =
        app.engine.all().into_iter().filter(|e| e.kind.as_deref() == Some("LOOP")).collect();
    assert_eq!(children.len(), 2);
    assert_eq!(logs(&app, &children[1].id), ["1 two"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn scripts_replace_running() -> Result<(), &'static str> {
    let app = app(Dialect::V1_3);
    deploy(&app, HELLO);
    let script = |outcome: Outcome| Script { run: Arc::new(move |_| outcome.clone()), open: false };
    let set = |outcome: Outcome| app.engine.scripts(|scripts| scripts.set("a.b", "hello", script(outcome)));
    set(Outcome::success(json!({"rows": 3})).after(Duration::from_secs(2)));
    let begin = tokio::time::Instant::now();
    let execution = end(&*go(&app, "hello", json!({})).ok_or("created")?).await;
    assert_eq!(json!(execution.outputs), json!({"rows": 3}));
    assert!(begin.elapsed() >= Duration::from_secs(2));
    set(Outcome::failed("no luck"));
    let execution = end(&*go(&app, "hello", json!({})).ok_or("created")?).await;
    assert_eq!(execution.state.current(), State::Failed);
    assert_eq!(logs(&app, &execution.id), ["no luck"]);
    set(Outcome::retried(Outcome::success(json!({}))));
    let execution = end(&*go(&app, "hello", json!({})).ok_or("created")?).await;
    assert_eq!(states(&execution), ["CREATED", "RUNNING", "FAILED", "RETRIED"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let next =
        app.engine.all().into_iter().find(|e| e.parent_id.as_ref() == Some(&execution.id)).ok_or("next")?;
    assert_eq!((next.state.current(), &next.original_id), (State::Success, &execution.id));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_execution_waits_or_is_forced() -> Result<(), &'static str> {
    let app = app(Dialect::V2_0);
    deploy(&app, HELLO);
    let mut creation = creation(&app, "hello", json!({})).ok_or("flow")?;
    creation.schedule_date = super::time::parse_instant("2999-01-01T00:00:00Z");
    let cell = launch(&app, creation).ok_or("created")?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(cell.now().state.current(), State::Created);
    cell.update(|execution| {
        execution.schedule_date = None;
        execution.set_running();
    });
    assert_eq!(states(&*end(&cell).await), ["CREATED", "RUNNING", "SUCCESS"]);
    Ok(())
}
