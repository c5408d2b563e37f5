//! Reading what an action is about, before it and until its effect shows.

use std::time::Duration;

use kestra_core::internal::transient::{Backoff, TransientRetry};
use kestra_core::internal::{CORRELATION_LABEL, SharedExecutor, decode, instant};
use kestra_core::{Call, CallOptions, Error, Filter, OutputFuture, ResponseFuture};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::effect::{Effect, Sight, new};
use super::items::text;
use super::report::{BulkProblem, BulkReport};
use crate::extensions::search_relatives;
use crate::{GetExecution, GetFlow, SearchTriggersForFlow};

/// The first pause between two looks, and the longest.
const PACE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(3600);

/// One that was acted on, and how it was before.
pub(super) struct Acted {
    pub(super) item: Value,
    pub(super) before: Value,
}

/// Who reads, and how.
pub(super) struct Looker {
    executor: SharedExecutor,
    area: &'static str,
    options: CallOptions,
}

impl Looker {
    /// One with the options of the action.
    pub(super) fn new(executor: SharedExecutor, action: &Call) -> Self {
        Self { executor, area: action.info().area, options: action.options().clone() }
    }

    /// A thing as the server has it; null if it has none.
    pub(super) async fn thing(&self, item: &Value) -> Result<Value, Error> {
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

    /// What the effect is to be seen on.
    pub(super) async fn sample(&self, effect: &Effect, item: &Value) -> Result<Value, Error> {
        let thing = self.thing(item).await?;
        if *effect != Effect::Replayed || thing.is_null() {
            return Ok(thing);
        }
        self.replays(&thing).await
    }

    async fn read(&self, call: Call) -> Result<Value, Error> {
        OutputFuture::from(ResponseFuture::new(&self.executor, call, decode::json)).await
    }

    async fn trigger(&self, item: &Value) -> Result<Value, Error> {
        let field = |name| text(item, name).unwrap_or_default();
        let search = SearchTriggersForFlow::new(field("namespace"), field("flowId")).size(1000);
        let mut page = self.read(search.options(self.options.clone()).into_call()).await?;
        // Indexing would panic on an answer that is no object.
        let rows = page.get_mut("results").and_then(Value::as_array_mut);
        let row = rows
            .and_then(|rows| rows.iter_mut().find(|row| text(row, "triggerId") == text(item, "triggerId")));
        Ok(row.map(Value::take).unwrap_or_default())
    }

    /// The ids of the executions that replay this one, among the newest of its flow.
    ///
    /// A retry of the whole flow counts as well: to servers it is a replay, down to the label.
    async fn replays(&self, execution: &Value) -> Result<Value, Error> {
        let labels = execution["labels"].as_array();
        let correlation =
            labels.and_then(|labels| labels.iter().find(|label| label["key"] == CORRELATION_LABEL));
        let start = text(&execution["state"], "startDate").and_then(instant::parse);
        let mut search = search_relatives(
            correlation.and_then(|label| text(label, "value")),
            text(execution, "kind"),
            start.map(|start| instant::earlier(start, SKEW)),
        )
        .sort(["state.startDate:desc"])
        .size(100);
        for (filter, name) in [(Filter::namespace(), "namespace"), (Filter::flow_id(), "flowId")] {
            if let Some(value) = text(execution, name) {
                search = search.filter(filter.equals(value));
            }
        }
        let page = self.read(search.options(self.options.clone()).into_call()).await?;
        let rows = page["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let replays = rows.iter().filter(|row| row["parentId"] == execution["id"]);
        Ok(replays.map(|row| row["id"].clone()).collect())
    }
}

/// Looks at all again and again until the effect was seen, can't be seen any more, or the time is over.
pub(super) async fn until_seen(
    looker: &Looker,
    effect: &Effect,
    acted: Vec<Acted>,
    limit: Duration,
    report: &mut BulkReport<Value>,
) {
    let end = Instant::now() + limit;
    let mut pace = Backoff::default().waits(PACE.0, PACE.1);
    let retry = TransientRetry::new(&looker.executor, &looker.options).known();
    let mut left: Vec<_> = acted
        .into_iter()
        .enumerate()
        .map(|(place, acted)| (place, acted, "it was not looked at".to_owned()))
        .collect();
    let (mut visible, mut not_visible) = (Vec::new(), Vec::new());
    loop {
        let mut unseen = Vec::new();
        let mut is_away = false;
        for (place, Acted { item, before }, standing) in left {
            if is_away {
                unseen.push((place, Acted { item, before }, standing));
                continue;
            }
            let Ok(now) = timeout_at(end, looker.sample(effect, &item)).await else {
                unseen.push((place, Acted { item, before }, standing));
                continue;
            };
            let sight = match &now {
                Ok(now) => effect.seen(&before, now),
                Err(error) if retry.may_pass(error) => {
                    is_away = true;
                    Sight::NotYet(error.to_string())
                }
                Err(error) => Sight::Never(error.to_string()),
            };
            match sight {
                Sight::Yes => {
                    if *effect == Effect::Replayed {
                        report.created.extend(new(&before, &now.unwrap_or_default()));
                    }
                    visible.push((place, item));
                }
                Sight::Never(reason) => not_visible.push((place, BulkProblem { id: item, reason })),
                Sight::NotYet(standing) => unseen.push((place, Acted { item, before }, standing)),
            }
        }
        left = unseen;
        if left.is_empty() || timeout_at(end, pace.wait()).await.is_err() {
            break;
        }
        if is_away && timeout_at(end, retry.wait_for_server(Duration::ZERO)).await != Ok(true) {
            break;
        }
    }
    let late =
        |(place, acted, reason): (usize, Acted, String)| (place, BulkProblem { id: acted.item, reason });
    not_visible.extend(left.into_iter().map(late));
    report.visible = in_order(visible);
    report.not_visible = in_order(not_visible);
}

/// As they were named, whenever they were seen.
fn in_order<T>(mut seen: Vec<(usize, T)>) -> Vec<T> {
    seen.sort_by_key(|(place, _)| *place);
    seen.into_iter().map(|(_, one)| one).collect()
}
