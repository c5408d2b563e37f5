//! What the tasks of a worker do.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::expression::{self, Scope, text_of};
use super::flow::{Task, plain_text};
use super::run::{Runner, Waited};
use super::state::State;
use super::task_types::CORE;
use super::time;
use super::worker::Done;

/// Runs the body of a task.
pub(crate) async fn run(runner: &Runner, task: &Task, run: &str, scope: &Scope) -> Done {
    let body = Body { runner, task, run, scope };
    let kind = task.kind.strip_prefix(CORE).unwrap_or_default();
    let done = match kind {
        "log.Log" => body.log(),
        "debug.Return" | "debug.Echo" => body.give_back(),
        "flow.Sleep" => return body.sleep().await,
        "execution.Fail" => body.fail(),
        "execution.Assert" => body.assert(),
        "execution.Exit" => body.exit(),
        "execution.Labels" => body.labels(),
        "execution.SetVariables" => body.set_variables(),
        "execution.UnsetVariables" => body.unset_variables(),
        "output.OutputValues" => body.values(),
        "storage.Write" => body.write(),
        "metric.Publish" => body.publish(),
        _ => Err(format!(
            "The embedded server can't run tasks of the type `{}`: script the flow with `on_run`",
            task.kind
        )),
    };
    done.unwrap_or_else(Done::Error)
}

struct Body<'a> {
    runner: &'a Runner,
    task: &'a Task,
    run: &'a str,
    scope: &'a Scope,
}

impl Body<'_> {
    fn render(&self, property: &str) -> Result<Option<Value>, String> {
        match self.task.properties.get(property) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                expression::render_value(value, self.scope).map(Some).map_err(|error| error.to_string())
            }
        }
    }

    fn text(&self, property: &str) -> Result<Option<String>, String> {
        Ok(self.render(property)?.map(|value| text_of(&value)))
    }

    fn line(&self, level: &'static str, message: &str) {
        self.runner.log(level, Some((&self.task.id, self.run)), message);
    }

    fn log(&self) -> Result<Done, String> {
        let level = self.text("level")?.unwrap_or_default();
        let level = match level.to_ascii_uppercase().as_str() {
            "TRACE" => "TRACE",
            "DEBUG" => "DEBUG",
            "WARN" => "WARN",
            "ERROR" => "ERROR",
            _ => "INFO",
        };
        match self.render("message")? {
            Some(Value::Array(lines)) => lines.iter().for_each(|line| self.line(level, &text_of(line))),
            Some(message) => self.line(level, &text_of(&message)),
            None => {}
        }
        Ok(Done::outputs(Map::new()))
    }

    fn give_back(&self) -> Result<Done, String> {
        let mut outputs = Map::new();
        if let Some(value) = self.text("format")? {
            outputs.insert("value".to_owned(), json!(value));
        }
        Ok(Done::outputs(outputs))
    }

    async fn sleep(&self) -> Done {
        let text = match self.text("duration") {
            Ok(text) => text.unwrap_or_default(),
            Err(message) => return Done::Error(message),
        };
        let Some(duration) = time::parse_duration(&text) else {
            return Done::Error(format!("Invalid duration: {text}"));
        };
        self.line("INFO", &format!("Waiting for {}", time::write_duration(duration)));
        match self.runner.sleep(Duration::try_from(duration).unwrap_or_default()).await {
            Waited::GoOn => Done::outputs(Map::new()),
            Waited::Stop => Done::Stopped,
        }
    }

    fn fail(&self) -> Result<Done, String> {
        let holds = self.text("condition")?.is_none_or(|condition| expression::is_true(&condition));
        if !holds {
            return Ok(Done::outputs(Map::new()));
        }
        Err(self.text("errorMessage")?.unwrap_or_else(|| "Task failure".to_owned()))
    }

    fn assert(&self) -> Result<Done, String> {
        let conditions = self.render("conditions")?.unwrap_or_default();
        let failed =
            conditions.as_array().into_iter().flatten().filter(|c| !expression::is_true(&text_of(c))).count();
        if failed == 0 {
            return Ok(Done::outputs(Map::new()));
        }
        let message = self.text("errorMessage")?;
        Err(message.unwrap_or_else(|| format!("{failed} assertion(s) failed")))
    }

    fn exit(&self) -> Result<Done, String> {
        let state = self.text("state")?.unwrap_or_else(|| "SUCCESS".to_owned());
        Ok(Done::Exit(match state.as_str() {
            "SUCCESS" => State::Success,
            "WARNING" => State::Warning,
            "KILLED" => State::Killed,
            "CANCELED" | "CANCELLED" => State::Cancelled,
            _ => State::Failed,
        }))
    }

    fn publish(&self) -> Result<Done, String> {
        let metrics = self.render("metrics")?.unwrap_or_default();
        let metrics = match &metrics {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        for metric in metrics.as_array().into_iter().flatten() {
            let text = |key: &str| metric.get(key).map(text_of).unwrap_or_default();
            let kind = text("type").to_lowercase();
            let value = text("value");
            let value = match time::parse_duration(&value) {
                Some(duration) if kind == "timer" => time::seconds(duration) * 1000.0,
                _ => value.parse().map_err(|_| format!("Invalid value of a metric: {value}"))?,
            };
            let tags = metric.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
            self.runner.measure(&self.task.id, self.run, kind, text("name"), value, tags);
        }
        Ok(Done::outputs(Map::new()))
    }

    fn labels(&self) -> Result<Done, String> {
        let labels = self.render("labels")?.unwrap_or_default();
        let labels = match &labels {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        let pairs = super::flow::label_pairs(&labels);
        self.runner.cell.update(|execution| {
            for (key, value) in &pairs {
                execution.set_label(key, value);
            }
        });
        Ok(Done::outputs(Map::new()))
    }

    fn set_variables(&self) -> Result<Done, String> {
        let Some(Value::Object(values)) = self.render("variables")? else {
            return Err("`variables` must be a map".to_owned());
        };
        let overwrite = self.task.flag("overwrite", true);
        let taken = self.runner.cell.update(|execution| {
            let known = execution.variables.get_or_insert_default();
            if let Some(taken) = values.keys().find(|key| !overwrite && known.contains_key(*key)) {
                return Some(taken.clone());
            }
            known.extend(values.clone());
            None
        });
        match taken.flatten() {
            Some(taken) => Err(format!("Variable '{taken}' already exists and 'overwrite' is set to false")),
            None => Ok(Done::outputs(Map::new())),
        }
    }

    fn unset_variables(&self) -> Result<Done, String> {
        let names = self.render("variables")?.unwrap_or_default();
        let names: Vec<String> = names.as_array().into_iter().flatten().map(plain_text).collect();
        self.runner.cell.update(|execution| {
            if let Some(known) = execution.variables.as_mut() {
                known.retain(|key, _| !names.contains(key));
            }
        });
        Ok(Done::outputs(Map::new()))
    }

    fn values(&self) -> Result<Done, String> {
        let mut outputs = Map::new();
        if let Some(values) = self.render("values")? {
            outputs.insert("values".to_owned(), values);
        }
        Ok(Done::outputs(outputs))
    }

    fn write(&self) -> Result<Done, String> {
        let content = self.text("content")?.unwrap_or_default();
        let extension = self.text("extension")?.unwrap_or_default();
        let name = fastrand::u64(..);
        let base = self.runner.cell.now().file_base();
        let uri = format!("{base}/tasks/{}/{}/{name}{extension}", self.task.id, self.run);
        self.runner.app.engine.put_file(uri.clone(), Bytes::from(content));
        let mut outputs = Map::new();
        outputs.insert("uri".to_owned(), json!(uri));
        Ok(Done::outputs(outputs))
    }
}
