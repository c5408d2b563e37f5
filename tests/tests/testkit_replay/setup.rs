//! What was there before a recorded request though no recording made it.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::ids::Ids;
use super::recording::{Recording, fixtures};
use super::wire::{ask, ask_with};

/// All steps, by the recording or the area before which they are done.
#[derive(Debug, Deserialize)]
pub(crate) struct Setup {
    flows: Vec<FlowStep>,
    executions: Vec<ExecutionStep>,
    requests: Vec<RequestStep>,
    waits: Vec<WaitStep>,
}

#[derive(Debug, Deserialize)]
struct RequestStep {
    before: String,
    method: String,
    target: String,
    media_type: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    versions: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct WaitStep {
    before: String,
    milliseconds: u64,
}

#[derive(Debug, Deserialize)]
struct FlowStep {
    before: Vec<String>,
    source: String,
    versions: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct ExecutionStep {
    before: String,
    /// The flow to run; none for a step that only acts during the request.
    flow: Option<String>,
    /// The state to wait for.
    until: Option<String>,
    /// Whether this is the next unknown execution of the request.
    #[serde(default)]
    bind: bool,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    query: std::collections::BTreeMap<String, String>,
    /// An action after the state was reached, to wait for the same state again.
    then: Option<String>,
    #[serde(default)]
    delete: bool,
    /// Whether its files are asked for by their recorded names.
    #[serde(default)]
    files: bool,
    /// An action while the request is going on.
    during: Option<String>,
}

/// An action to take while a request is going on.
#[derive(Debug)]
pub(crate) struct During {
    method: &'static str,
    target: String,
}

impl Setup {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(fixtures().join("testkit-setup.json")).expect("the setup");
        serde_json::from_str(&text).expect("a readable setup")
    }

    /// Does what comes before a recording; `first` says that it is the first of its area.
    pub(crate) async fn run(
        &self,
        address: SocketAddr,
        version: &str,
        recording: &Recording,
        first: bool,
        ids: &mut Ids,
    ) -> Vec<During> {
        let key = recording.key();
        let now = |before: &str| before == key || (first && before == recording.area);
        for step in self.flows.iter().filter(|step| step.before.iter().any(|before| now(before))) {
            if step.versions.as_ref().is_none_or(|versions| versions.iter().any(|known| known == version)) {
                store(address, &step.source).await;
            }
        }
        let mut during = Vec::new();
        for step in self.executions.iter().filter(|step| now(&step.before)) {
            if let Some(action) = &step.during {
                during.push(action.clone());
            }
            let Some(id) = create(address, version, step).await else { continue };
            if step.files {
                learn_files(address, version, &id, ids).await;
            }
            if step.bind {
                let body = recording.request.body.as_ref().map(|body| {
                    String::from_utf8_lossy(&super::wire::body_of(body, &Ids::default())).into_owned()
                });
                let query: Vec<&str> =
                    recording.request.query.iter().map(|(_, value)| value.as_str()).collect();
                let text =
                    format!("{} {} {}", recording.request.path, query.join(" "), body.unwrap_or_default());
                if let Some(recorded) = ids.unknown_in(&text).first() {
                    ids.bind(recorded, &id);
                }
            }
        }
        for step in self.requests.iter().filter(|step| now(&step.before)) {
            if step.versions.as_ref().is_none_or(|versions| versions.iter().any(|known| known == version)) {
                let media_type = step.media_type.as_deref();
                ask_with(address, &step.method, &step.target, media_type, &step.headers, &step.body).await;
            }
        }
        for step in self.waits.iter().filter(|step| now(&step.before)) {
            tokio::time::sleep(Duration::from_millis(step.milliseconds)).await;
        }
        let path = ids.translate(&recording.request.path);
        let id = path.split('/').nth(5).unwrap_or_default();
        during
            .iter()
            .map(|action| {
                let (method, target) = action_target(version, id, action);
                During { method, target }
            })
            .collect()
    }
}

impl During {
    /// Acts after a moment.
    pub(crate) async fn act(self, address: SocketAddr) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        ask(address, self.method, &self.target, None, "").await;
    }
}

/// Creates a flow, or updates it if it is there.
async fn store(address: SocketAddr, source: &str) {
    let yaml = Some("application/x-yaml");
    let answer = ask(address, "POST", "/api/v1/main/flows", yaml, source).await;
    if answer.is_some_and(|answer| answer.status != 200) {
        let value =
            |key: &str| source.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim();
        let target = format!("/api/v1/main/flows/{}/{}", value("namespace:"), value("id:"));
        ask(address, "PUT", &target, yaml, source).await;
    }
}

async fn create(address: SocketAddr, version: &str, step: &ExecutionStep) -> Option<String> {
    let mut pairs: Vec<String> = step.labels.iter().map(|label| format!("labels={label}")).collect();
    pairs.extend(step.query.iter().map(|(name, value)| format!("{name}={value}")));
    let target = format!("/api/v1/main/executions/sdk.rec/{}?{}", step.flow.as_ref()?, pairs.join("&"));
    let answer = ask(address, "POST", &target, None, "").await?;
    let created: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = created.get("id")?.as_str()?.to_owned();
    reach(address, &id, step.until.as_deref()).await;
    if let Some(action) = &step.then {
        let (method, target) = action_target(version, &id, action);
        ask(address, method, &target, None, "").await;
        reach(address, &id, step.until.as_deref()).await;
    }
    if step.delete {
        ask(address, "DELETE", &format!("/api/v1/main/executions/{id}"), None, "").await;
    }
    Some(id)
}

/// Waits until an execution is in a state, for a few seconds at most.
async fn reach(address: SocketAddr, id: &str, state: Option<&str>) {
    let Some(state) = state else { return };
    for _ in 0..60 {
        let answer = ask(address, "GET", &format!("/api/v1/main/executions/{id}"), None, "").await;
        let current = answer
            .and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok())
            .and_then(|execution| Some(execution.get("state")?.get("current")?.as_str()?.to_owned()));
        if current.as_deref() == Some(state) {
            // What begins with the state has begun, too.
            tokio::time::sleep(Duration::from_millis(25)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Learns the names of the files that an execution wrote.
async fn learn_files(address: SocketAddr, version: &str, id: &str, ids: &mut Ids) {
    let list = if version == "2.0" { "outputs/tasks" } else { "executions" };
    let Some(answer) = ask(address, "GET", &format!("/api/v1/main/{list}/{id}"), None, "").await else {
        return;
    };
    let mut texts = vec![String::from_utf8_lossy(&answer.body).into_owned()];
    if version == "2.0" {
        let tasks: Vec<Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
        for run in tasks.iter().filter_map(|task| task.get("taskRunId")?.as_str()) {
            let target = format!("/api/v1/main/{list}/{id}/{run}");
            if let Some(answer) = ask(address, "GET", &target, None, "").await {
                texts.push(String::from_utf8_lossy(&answer.body).into_owned());
            }
        }
    }
    texts
        .iter()
        .flat_map(|text| text.split('"'))
        .filter(|text| text.starts_with("kestra://"))
        .for_each(|uri| ids.file(uri));
}

fn action_target(version: &str, id: &str, action: &str) -> (&'static str, String) {
    let method = if action == "kill" { "DELETE" } else { "POST" };
    let below = if version == "2.0" { "actions/" } else { "" };
    (method, format!("/api/v1/main/executions/{id}/{below}{action}"))
}
