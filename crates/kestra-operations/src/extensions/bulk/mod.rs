//! Actions on many executions, flows or triggers: in several requests, without refused items, and until the effect is visible.

mod effect;
mod effect_polling;
mod items;
mod query;
mod report;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "blocking")]
use kestra_core::internal::blocking;
use kestra_core::internal::{SharedExecutor, decode};
use kestra_core::{Call, Error, ErrorKind, ErrorResponse, Executor, OutputFuture, ResponseFuture};
use kestra_models::BulkOutcome;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use query::{DryRun, by_ids_of, check_count};
pub use report::{BulkProblem, BulkReport};

use effect::Effect;
use effect_polling::{Acted, StatePoller};
use items::{Items, text};

/// How many items a request has by default. What the server finds wrong with so many fits into what is kept of an error's body.
const CHUNK: usize = 100;

/// How many flows may be deleted by others while the flows of one request are acted on.
const MAX_VANISHED: usize = 8;

/// Adds the settings of `BulkByIds` to a builder of an action by ids.
macro_rules! by_ids {
    ($name:ident, $item:ty) => {
        impl<E: ::kestra_core::Executor> $name<E> {
            /// Leaves out items that the server refuses, such as those that don't exist or whose state doesn't allow the
            /// action, and acts on the rest. The report names them with reasons.
            ///
            /// Without this, one such item stops the whole action, or with flows the action on those behind it. Sends 100
            /// items in a request.
            pub fn skipping_invalid(self) -> crate::BulkByIds<$item> {
                crate::BulkByIds::new(self.executor, self.call).skipping_invalid()
            }

            /// Sets how many items a request has at most. Defaults to 100.
            pub fn chunk_size(self, size: usize) -> crate::BulkByIds<$item> {
                crate::BulkByIds::new(self.executor, self.call).chunk_size(size)
            }

            /// Waits until the effect is visible on each item, for at most `limit`; see
            /// [`BulkByIds::wait_until_visible`](crate::BulkByIds::wait_until_visible).
            pub fn wait_until_visible(self, limit: ::std::time::Duration) -> crate::BulkByIds<$item> {
                crate::BulkByIds::new(self.executor, self.call).wait_until_visible(limit)
            }
        }
    };
}

/// Adds `by_ids` to a builder of an action by query.
macro_rules! by_query {
    ($name:ident, $item:ty) => {
        impl<E: ::kestra_core::Executor> $name<E> {
            /// Reads everything that the filters match before anything changes, and acts on it by ids, 100 in a request. Can
            /// leave out [what the server refuses](crate::BulkByIds::skipping_invalid) and [wait until the effect is
            /// visible](crate::BulkByIds::wait_until_visible).
            ///
            /// A server's own action by query does nothing if the state of one match doesn't allow it.
            pub fn by_ids(self) -> crate::BulkByIds<$item> {
                crate::BulkByIds::of_query(self.executor, self.call)
            }
        }
    };
}

/// Adds `at_most` and `dry_run` to a builder of an action by query.
macro_rules! counted {
    ($name:ident) => {
        impl<E> $name<E> {
            /// Limits how many items the action may act on.
            ///
            /// The client searches for the filters first. If they match more items, nothing is done and the call returns an
            /// error of kind `Refused`. Otherwise the action is sent by ids, so that no item that appeared in the meantime
            /// is affected; where no action by ids exists, the items are counted right before. No limit by default.
            pub fn at_most(mut self, number: impl ::kestra_core::Integer) -> Self {
                self.call.set_at_most(u64::try_from(number.to_i64()).unwrap_or(0));
                self
            }
        }

        impl<E: ::kestra_core::Executor> $name<E> {
            /// Counts the items that the filters match, and changes nothing. Set everything else before; `at_most` doesn't
            /// limit the count.
            ///
            /// Returns the same errors as the action for filters that it can't be sent with. The state of the items is not
            /// checked.
            pub fn dry_run(self) -> crate::DryRun {
                crate::DryRun::new(&self.executor, self.call)
            }
        }
    };
}

pub(crate) use {by_ids, by_query, counted};

/// An action on executions, flows or triggers by their ids, in as many requests as it takes.
#[must_use = "an action does nothing until it is awaited"]
pub struct BulkByIds<I = String> {
    core: Core,
    items: PhantomData<fn() -> I>,
}

/// All but the type of the ids.
struct Core {
    template: Call,
    executor: SharedExecutor,
    chunk_size: usize,
    skips_invalid: bool,
    visible_within: Option<Duration>,
    /// Whether the template is a query, whose matches are acted on.
    is_query: bool,
}

impl<I> BulkByIds<I> {
    pub(crate) fn new<E: Executor>(executor: E, template: Call) -> Self {
        let core = Core {
            template,
            executor: SharedExecutor::new(&executor),
            chunk_size: CHUNK,
            skips_invalid: false,
            visible_within: None,
            is_query: false,
        };
        Self { core, items: PhantomData }
    }

    pub(crate) fn of_query<E: Executor>(executor: E, query: Call) -> Self {
        let mut by_ids = Self::new(executor, query);
        by_ids.core.is_query = true;
        by_ids
    }

    /// Leaves out items that the server refuses, and acts on the rest.
    ///
    /// Flows are read before, one by one, as a server stops at the first that doesn't exist without naming it.
    pub fn skipping_invalid(mut self) -> Self {
        self.core.skips_invalid = true;
        self
    }

    /// Sets how many items a request has at most, at least 1. Defaults to 100.
    pub fn chunk_size(mut self, size: usize) -> Self {
        self.core.chunk_size = size.max(1);
        self
    }

    /// Waits until the effect is visible on each item, for at most `limit` after the last request. The report names the items
    /// on which it is.
    ///
    /// 2.0 servers respond when they have queued the action; earlier ones may also act later, such as for kills. Each
    /// item is read until it is in the state that the action leads to: ended after a kill, paused, in another state after a
    /// restart or a resumption, with the new labels or state, disabled or enabled, missing after a deletion, or replayed by a
    /// new execution. An item that can't show the effect any more isn't waited for, such as an execution that ended before it
    /// could be paused.
    pub fn wait_until_visible(mut self, limit: Duration) -> Self {
        self.core.visible_within = Some(limit);
        self
    }
}

impl Core {
    async fn run(mut self) -> Result<BulkReport<Value>, Error> {
        if self.is_query {
            (self.template, _) = query::resolve(&mut self.template, &self.executor).await?;
        }
        let items = Items::of(&self.template)?;
        let poller = StatePoller::new(self.executor.clone(), &self.template);
        let effect = self.visible_within.and_then(|limit| Some((Effect::of(&self.template, &items)?, limit)));
        let report = BulkReport { operation: Some(self.template.info()), ..BulkReport::default() };
        let mut action = Action { core: self, items, poller, effect, report };
        let all = std::mem::take(&mut action.items.all);
        let mut acted = Vec::new();
        let mut chunks = all.chunks(action.core.chunk_size);
        while let Some(chunk) = chunks.next() {
            let (done, sent) = match action.read(chunk).await {
                Ok(known) => (action.act(known).await, true),
                Err(error) => (Err(error), false),
            };
            match done {
                Ok(done) => acted.extend(done),
                Err(error) if action.report.total() == 0 && action.report.skipped.is_empty() => {
                    return Err(error);
                }
                Err(error) => {
                    let unsent = if sent { &[] } else { chunk };
                    action.report.not_tried = unsent.iter().chain(chunks.flatten()).cloned().collect();
                    action.report.error = Some(error);
                    break;
                }
            }
        }
        let Action { poller, effect, mut report, .. } = action;
        if let Some((effect, limit)) = effect {
            poller.wait_for(&effect, acted, limit, &mut report).await;
        }
        Ok(report)
    }
}

/// An action while its requests are sent.
struct Action {
    core: Core,
    items: Items,
    poller: StatePoller,
    effect: Option<(Effect, Duration)>,
    report: BulkReport<Value>,
}

impl Action {
    /// Reads the items as they are before the action, if its effect can't be told otherwise, and leaves out missing flows.
    async fn read(&mut self, chunk: &[Value]) -> Result<Vec<Acted>, Error> {
        let mut items = Vec::with_capacity(chunk.len());
        for item in chunk {
            let before = match &self.effect {
                Some((effect, _)) if effect.needs_before() => match self.poller.sample(effect, item).await {
                    // It can't be read afterwards either, which is no reason not to act.
                    Err(error) if error.kind() == ErrorKind::Unsupported => Value::Null,
                    sample => sample?,
                },
                _ => Value::Null,
            };
            items.push(Acted { item: item.clone(), before });
        }
        if self.skips_flows() {
            let missing = self.take_missing(&mut items).await?;
            self.skip(missing, "the flow doesn't exist");
        }
        Ok(items)
    }

    /// Acts on items, and returns those that were acted on.
    async fn act(&mut self, mut left: Vec<Acted>) -> Result<Vec<Acted>, Error> {
        let mut vanished = Vec::new();
        while !left.is_empty() {
            let error = match self.send(&ids(&left)).await {
                Ok(outcome) => {
                    self.report.add(outcome, left.len());
                    break;
                }
                Err(error) => error,
            };
            let before = left.len();
            if self.skips_flows() && error.is_missing() && vanished.len() < MAX_VANISHED {
                // The server has acted on the flows before the first missing one.
                let missing = match self.take_missing(&mut left).await {
                    Ok(missing) => missing,
                    Err(error) => {
                        self.report.failed = ids(&left);
                        return Err(error);
                    }
                };
                if self.core.template.info().deletes.is_some() {
                    self.report.done += missing.len() as u64;
                    vanished.extend(missing);
                } else {
                    self.skip(missing, "the flow doesn't exist any more");
                }
            } else if self.core.skips_invalid {
                let mut refused = refused(&error);
                left.retain(|acted| match acted.item.as_str().and_then(|id| refused.remove_entry(id)) {
                    Some((id, reason)) => {
                        self.report.skipped.push(BulkProblem { id: id.into(), reason });
                        false
                    }
                    None => true,
                });
            }
            if left.len() == before {
                self.report.failed = ids(&left);
                return Err(error);
            }
        }
        left.extend(vanished);
        Ok(left)
    }

    async fn send(&mut self, chunk: &[Value]) -> Result<BulkOutcome, Error> {
        let mut call = self.core.template.again();
        crate::parameters::json(&mut call, "application/json", &self.items.body(chunk));
        OutputFuture::from(ResponseFuture::new(&self.core.executor, call, decode::json)).await
    }

    /// Takes out the items that are missing on the server.
    async fn take_missing(&self, left: &mut Vec<Acted>) -> Result<Vec<Acted>, Error> {
        let mut missing = Vec::with_capacity(left.len());
        for acted in left.iter() {
            missing.push(self.poller.resource(&acted.item).await?.is_null());
        }
        let mut missing = missing.into_iter();
        Ok(left.extract_if(.., |_| missing.next() == Some(true)).collect())
    }

    fn skip(&mut self, items: Vec<Acted>, reason: &str) {
        let skipped =
            items.into_iter().map(|acted| BulkProblem { id: acted.item, reason: reason.to_owned() });
        self.report.skipped.extend(skipped);
    }

    fn skips_flows(&self) -> bool {
        self.core.skips_invalid && self.core.template.info().area == "flows"
    }
}

fn ids(acted: &[Acted]) -> Vec<Value> {
    acted.iter().map(|acted| acted.item.clone()).collect()
}

/// Returns the ids that a server refused, with its reasons.
fn refused(error: &Error) -> BTreeMap<String, String> {
    let is_refusal = matches!(error.status().map(|status| status.as_u16()), Some(400 | 422));
    let body = error.response().filter(|_| is_refusal && error.kind() == ErrorKind::Status);
    let Some(body) = body.and_then(ErrorResponse::json_object) else { return BTreeMap::new() };
    let invalids = body.get("invalids").and_then(Value::as_array).into_iter().flatten();
    let named = invalids.filter_map(|invalid| {
        let reason = text(invalid, "message").unwrap_or_default();
        Some((text(invalid, "invalidValue")?.to_owned(), reason.to_owned()))
    });
    named.collect()
}

impl<I> Clone for BulkByIds<I> {
    fn clone(&self) -> Self {
        let core =
            Core { template: self.core.template.copy(), executor: self.core.executor.clone(), ..self.core };
        Self { core, items: PhantomData }
    }
}

impl<I: DeserializeOwned + 'static> std::future::IntoFuture for BulkByIds<I> {
    type Output = Result<BulkReport<I>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let info = self.core.template.info();
        let run: Pin<Box<dyn Future<Output = Result<BulkReport<Value>, Error>> + Send>> =
            Box::pin(self.core.run());
        Box::pin(async move { run.await.map(BulkReport::typed).map_err(|error| error.or_operation(info)) })
    }
}

#[cfg(feature = "blocking")]
impl<I: DeserializeOwned + Send + 'static> BulkByIds<I> {
    /// Acts by a blocking client, and waits for the report.
    ///
    /// # Errors
    ///
    /// As when it is awaited, and an error of kind `Build` on a thread of a runtime.
    #[inline]
    pub fn call(self) -> Result<BulkReport<I>, Error> {
        let (info, executor) = (self.core.template.info(), self.core.executor.clone());
        let report = blocking::wait(executor.runtime(), self.into_future());
        report.map_err(|error| error.or_operation(info))
    }
}

kestra_core::debug_fields! {
    [I] BulkByIds<I>, this => {
        call: this.core.template, chunk_size: this.core.chunk_size, skipping_invalid: this.core.skips_invalid,
        visible_within: this.core.visible_within,
    }
}

#[cfg(test)]
const _: () = {
    const fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<BulkByIds>();
    is_shared::<DryRun>();
};
