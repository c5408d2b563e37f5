//! Reads the items of an action, before the action and until its effect is visible.

use std::collections::BTreeMap;
use std::time::Duration;

use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{CORRELATION_LABEL, SharedExecutor, decode, instant};
use kestra_core::{Call, CallOptions, Error, OutputFuture, ResponseFuture};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::effect::{Effect, Visibility, new};
use super::items::text;
use super::report::{BulkProblem, BulkReport};
use crate::extensions::search_relatives;
use crate::{GetExecution, GetFlow, SearchTriggersForFlow};

/// The first and the longest pause between two reads.
const PACE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(3600);

/// An item that was acted on, and its state before.
pub(super) struct Acted {
    pub(super) item: Value,
    pub(super) before: Value,
}

/// Reads the state of the items.
pub(super) struct StatePoller {
    executor: SharedExecutor,
    area: &'static str,
    options: CallOptions,
}

impl StatePoller {
    /// Creates one with the options of the action.
    pub(super) fn new(executor: SharedExecutor, action: &Call) -> Self {
        Self { executor, area: action.info().area, options: action.options().clone() }
    }

    /// Returns the resource of an item as the server has it, or null if it is missing.
    pub(super) async fn resource(&self, item: &Value) -> Result<Value, Error> {
        let field = |name| text(item, name).unwrap_or_default();
        let call = match self.area {
            "flows" => GetFlow::new(field("namespace"), field("id"))
                .source(false)
                .options(self.options.clone())
                .into_call(),
            "triggers" => return self.trigger(item).await,
            _ => {
                GetExecution::new(item.as_str().unwrap_or_default()).options(self.options.clone()).into_call()
            }
        };
        match self.read(call).await {
            Err(error) if error.is_missing() => Ok(Value::Null),
            read => read,
        }
    }

    /// Returns the resource that shows the effect.
    pub(super) async fn sample(&self, effect: &Effect, item: &Value) -> Result<Value, Error> {
        let resource = self.resource(item).await?;
        if *effect != Effect::Replayed || resource.is_null() {
            return Ok(resource);
        }
        self.replays(&resource).await
    }

    async fn read(&self, call: Call) -> Result<Value, Error> {
        OutputFuture::from(ResponseFuture::new(&self.executor, call, decode::json)).await
    }

    async fn trigger(&self, item: &Value) -> Result<Value, Error> {
        let field = |name| text(item, name).unwrap_or_default();
        let search = SearchTriggersForFlow::new(field("namespace"), field("flowId")).size(1000);
        let mut page = self.read(search.options(self.options.clone()).into_call()).await?;
        // Indexing would panic on a response that is no object.
        let rows = page.get_mut("results").and_then(Value::as_array_mut);
        let row = rows
            .and_then(|rows| rows.iter_mut().find(|row| text(row, "triggerId") == text(item, "triggerId")));
        Ok(row.map(Value::take).unwrap_or_default())
    }

    /// Returns the ids of the executions that replay this one, among the newest of its flow.
    ///
    /// A retry of the whole flow counts as well, as servers make it as a replay with the same label.
    async fn replays(&self, execution: &Value) -> Result<Value, Error> {
        let labels = execution["labels"].as_array();
        let correlation =
            labels.and_then(|labels| labels.iter().find(|label| label["key"] == CORRELATION_LABEL));
        let start = text(&execution["state"], "startDate").and_then(instant::parse);
        let search = search_relatives(
            correlation.and_then(|label| text(label, "value")),
            text(execution, "kind"),
            start.map(|start| instant::earlier(start, SKEW)),
            text(execution, "namespace").zip(text(execution, "flowId")),
        )
        .sort(["state.startDate:desc"])
        .size(100);
        let page = self.read(search.options(self.options.clone()).into_call()).await?;
        let rows = page["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let replays = rows.iter().filter(|row| row["parentId"] == execution["id"]);
        Ok(replays.map(|row| row["id"].clone()).collect())
    }

    /// Reads all items until the effect is visible, can't become visible any more, or the time is over.
    pub(super) async fn wait_for(
        &self,
        effect: &Effect,
        acted: Vec<Acted>,
        limit: Duration,
        report: &mut BulkReport<Value>,
    ) {
        let end = Instant::now() + limit;
        let mut pace = Backoff::default().waits(PACE.0, PACE.1);
        let retry = TransientRetry::new(&self.executor, &self.options).known();
        // The places keep the items in their order, whenever the effect is visible.
        let unread = |(place, acted)| (place, acted, "it was not read".to_owned());
        let mut left: Vec<(usize, Acted, String)> = acted.into_iter().enumerate().map(unread).collect();
        let (mut visible, mut not_visible) = (BTreeMap::new(), BTreeMap::new());
        loop {
            let mut is_away = false;
            for (place, Acted { item, before }, standing) in std::mem::take(&mut left) {
                let now = match is_away {
                    true => None,
                    false => timeout_at(end, self.sample(effect, &item)).await.ok(),
                };
                let visibility = match &now {
                    None => Visibility::NotYet(standing),
                    Some(Ok(now)) => effect.seen(&before, now),
                    Some(Err(error)) if retry.may_pass(error) => {
                        is_away = true;
                        Visibility::NotYet(error.to_string())
                    }
                    Some(Err(error)) => Visibility::Never(error.to_string()),
                };
                match visibility {
                    Visibility::Yes => {
                        if *effect == Effect::Replayed {
                            report
                                .created
                                .extend(new(&before, &now.and_then(Result::ok).unwrap_or_default()));
                        }
                        visible.insert(place, item);
                    }
                    Visibility::Never(reason) => {
                        not_visible.insert(place, BulkProblem { id: item, reason });
                    }
                    Visibility::NotYet(standing) => left.push((place, Acted { item, before }, standing)),
                }
            }
            if left.is_empty() || timeout_at(end, pace.wait()).await.is_err() {
                break;
            }
            if is_away && timeout_at(end, retry.wait_for_server(Duration::ZERO)).await != Ok(true) {
                break;
            }
        }
        for (place, acted, reason) in left {
            not_visible.insert(place, BulkProblem { id: acted.item, reason });
        }
        report.visible = visible.into_values().collect();
        report.not_visible = not_visible.into_values().collect();
    }
}
