//! Actions on many executions, flows or triggers: in pieces, without those that can't take part, and until it shows.

mod dry_run;
mod effect;
mod items;
mod look;
mod query;
mod refused;
mod report;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use kestra_core::internal::{SharedExecutor, decode};
use kestra_core::{Call, Error, ErrorKind, Executor, OutputFuture, ResponseFuture};
use kestra_models::BulkOutcome;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use dry_run::DryRun;
pub use query::{by_ids_of, check_count};
pub use report::{BulkProblem, BulkReport};

use effect::Effect;
use items::Items;
use look::{Acted, Looker};

/// How many one request names, unless told otherwise: what the server finds wrong with so many still fits into what is kept of
/// an error's body.
const CHUNK: usize = 100;

/// How often a flow may vanish while the others of its request are acted on.
const MAX_VANISHED: usize = 8;

/// Gives a builder of an action by ids the ways to act on as many as possible, and to see it done.
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

/// Gives a builder of an action by query the way to act by ids on what it finds.
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
            pub fn at_most(mut self, number: u64) -> Self {
                self.call.set_at_most(number);
                self
            }
        }

        impl<E: ::kestra_core::Executor> $name<E> {
            /// Counts the items that the filters match, and changes nothing.
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

/// An action on executions, flows or triggers that are named, in as many requests as it takes.
#[must_use = "an action does nothing until it is awaited"]
pub struct BulkByIds<I = String> {
    core: Core,
    items: PhantomData<fn() -> I>,
}

/// All but the type of the names.
struct Core {
    template: Call,
    executor: SharedExecutor,
    chunk: usize,
    skips: bool,
    visible_within: Option<Duration>,
    /// What a query is to be made of first.
    is_query: bool,
}

impl<I> BulkByIds<I> {
    pub(crate) fn new<E: Executor>(executor: E, template: Call) -> Self {
        let executor = SharedExecutor::new(&executor);
        let core =
            Core { template, executor, chunk: CHUNK, skips: false, visible_within: None, is_query: false };
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
        self.core.skips = true;
        self
    }

    /// Sets how many items a request has at most, at least 1. Defaults to 100.
    pub fn chunk_size(mut self, size: usize) -> Self {
        self.core.chunk = size.max(1);
        self
    }

    /// Waits until the effect is visible on each item, for at most `limit` after the last request. The report names the items
    /// on which it is.
    ///
    /// 2.0 servers respond when they have queued the action; earlier ones may also act later, such as for kills. Each
    /// item is read until it is in the state that the action leads to: ended after a kill, paused, in another state after a
    /// restart or a resumption, with the new labels or state, switched off or on, missing after a deletion, or replayed by a
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
        let looker = Looker::new(self.executor.clone(), &self.template);
        let effect = self.visible_within.and_then(|limit| Some((Effect::of(&self.template, &items)?, limit)));
        let mut report = BulkReport::default();
        let mut acted = Vec::new();
        let mut chunks = items.all.chunks(self.chunk);
        while let Some(chunk) = chunks.next() {
            let (done, sent) = match self.known(chunk, &looker, effect.as_ref(), &mut report).await {
                Ok(known) => (self.act(known, &items, &looker, &mut report).await, true),
                Err(error) => (Err(error), false),
            };
            match done {
                Ok(done) => acted.extend(done),
                Err(error) if report.total() == 0 && report.skipped.is_empty() => return Err(error),
                Err(error) => {
                    let unsent = if sent { &[] } else { chunk };
                    report.not_tried = unsent.iter().chain(chunks.flatten()).cloned().collect();
                    report.error = Some(error);
                    break;
                }
            }
        }
        if let Some((effect, limit)) = effect {
            look::until_seen(&looker, &effect, acted, limit, &mut report).await;
        }
        Ok(report)
    }

    /// Those of a piece that can be acted on, as far as that is known before, and how they are.
    async fn known(
        &mut self,
        chunk: &[Value],
        looker: &Looker,
        effect: Option<&(Effect, Duration)>,
        report: &mut BulkReport<Value>,
    ) -> Result<Vec<Acted>, Error> {
        let mut known = before(looker, effect, chunk).await?;
        if self.is_of_flows() && self.skips {
            for gone in take_missing(looker, &mut known).await? {
                report
                    .skipped
                    .push(BulkProblem { id: gone.item, reason: "there is no such flow".to_owned() });
            }
        }
        Ok(known)
    }

    /// Acts on some, and gives those back that were acted on.
    async fn act(
        &mut self,
        mut left: Vec<Acted>,
        items: &Items,
        looker: &Looker,
        report: &mut BulkReport<Value>,
    ) -> Result<Vec<Acted>, Error> {
        let mut vanished = Vec::new();
        while !left.is_empty() {
            let error = match self.ask(&named(&left), items).await {
                Ok(outcome) => {
                    add(report, outcome, left.len());
                    break;
                }
                Err(error) => error,
            };
            let before = left.len();
            if self.is_of_flows() && self.skips && error.is_missing() && vanished.len() < MAX_VANISHED {
                // What stood before the first one that is missing is done.
                let gone =
                    take_missing(looker, &mut left).await.inspect_err(|_| report.failed = named(&left))?;
                if self.deletes() {
                    report.done += gone.len() as u64;
                    vanished.extend(gone);
                } else {
                    let reason = "there is no such flow any more";
                    let gone =
                        gone.into_iter().map(|gone| BulkProblem { id: gone.item, reason: reason.to_owned() });
                    report.skipped.extend(gone);
                }
            } else if self.skips {
                let mut refused = refused::by(&error);
                left.retain(|acted| match acted.item.as_str().and_then(|id| refused.remove_entry(id)) {
                    Some((id, reason)) => {
                        report.skipped.push(BulkProblem { id: id.into(), reason });
                        false
                    }
                    None => true,
                });
            }
            if left.len() == before {
                report.failed = named(&left);
                return Err(error);
            }
        }
        left.extend(vanished);
        Ok(left)
    }

    fn is_of_flows(&self) -> bool {
        self.template.info().area == "flows"
    }

    fn deletes(&self) -> bool {
        self.template.info().deletes.is_some()
    }

    async fn ask(&mut self, chunk: &[Value], items: &Items) -> Result<BulkOutcome, Error> {
        let mut call = self.template.again();
        crate::parameters::json(&mut call, "application/json", &items.body(chunk));
        OutputFuture::from(ResponseFuture::new(&self.executor, call, decode::json)).await
    }
}

/// How all are before the action, as far as its effect can't be told without.
async fn before(
    looker: &Looker,
    effect: Option<&(Effect, Duration)>,
    chunk: &[Value],
) -> Result<Vec<Acted>, Error> {
    let mut all = Vec::with_capacity(chunk.len());
    for item in chunk {
        let before = match effect {
            Some((effect, _)) if effect.needs_before() => match looker.sample(effect, item).await {
                // It can't be seen afterwards either, which is no reason not to act.
                Err(error) if error.kind() == ErrorKind::Unsupported => Value::Null,
                sample => sample?,
            },
            _ => Value::Null,
        };
        all.push(Acted { item: item.clone(), before });
    }
    Ok(all)
}

/// Takes out what isn't there.
async fn take_missing(looker: &Looker, left: &mut Vec<Acted>) -> Result<Vec<Acted>, Error> {
    let mut missing = Vec::with_capacity(left.len());
    for acted in left.iter() {
        missing.push(looker.thing(&acted.item).await?.is_null());
    }
    let mut missing = missing.into_iter();
    let (gone, known) = std::mem::take(left).into_iter().partition(|_| missing.next() == Some(true));
    *left = known;
    Ok(gone)
}

fn named(acted: &[Acted]) -> Vec<Value> {
    acted.iter().map(|acted| acted.item.clone()).collect()
}

fn add(report: &mut BulkReport<Value>, outcome: BulkOutcome, asked: usize) {
    let number = outcome.total().and_then(|total| total.try_into().ok()).unwrap_or(asked as u64);
    if outcome.is_queued() {
        report.queued += number;
    } else {
        report.done += number;
    }
    report.operation_ids.extend(outcome.operation_id);
}

impl<I: DeserializeOwned + 'static> std::future::IntoFuture for BulkByIds<I> {
    type Output = Result<BulkReport<I>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let run: Pin<Box<dyn Future<Output = Result<BulkReport<Value>, Error>> + Send>> =
            Box::pin(self.core.run());
        Box::pin(async move { run.await.map(BulkReport::typed) })
    }
}

impl<I> fmt::Debug for BulkByIds<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkByIds")
            .field("call", &self.core.template)
            .field("chunk_size", &self.core.chunk)
            .field("skipping_invalid", &self.core.skips)
            .field("visible_within", &self.core.visible_within)
            .finish_non_exhaustive()
    }
}
