//! Following the log entries of many executions.
//!
//! Servers stream the log of one execution only, so this polls a search. A server finds an entry some time after it was
//! written, and not in the order of writing: each search therefore begins a while before the last one, and what was found
//! before is left out. Nothing is paged by number, as entries that appear would shift the pages: the next search begins at the
//! last entry of a full page.

use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::instant;
use kestra_core::internal::transient::TransientRetry;
use kestra_core::sse::FollowStream;
use kestra_core::{Error, Filter};
use kestra_models::{LogEntry, LogLevel};
use kestra_operations::SearchLogs;
use tokio::time::Instant;

use super::seen::{Seen, millisecond};
use crate::{Client, Logs};

/// How many entries a search returns at most.
const PAGE: i64 = 500;

impl Logs {
    /// Follows the log entries of many executions, merged by time: of a namespace, or of whatever the filters select.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// use kestra::models::LogLevel;
    ///
    /// let mut entries = client.logs().tail().namespace("company.team").min_level(LogLevel::Warn).stream();
    /// while let Some(entry) = entries.next().await {
    ///     let entry = entry?;
    ///     println!("{:?} {} {}", entry.timestamp, entry.execution_id, entry.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn tail(&self) -> TailLogs {
        TailLogs {
            client: self.client().clone(),
            filters: Vec::new(),
            since: None,
            follow: true,
            poll_interval: Duration::from_secs(2),
            visible_within: Duration::from_secs(10),
            outage: Duration::from_mins(10),
        }
    }
}

/// Follows the log entries of many executions; see [`Logs::tail`].
#[must_use = "nothing is read before the stream is polled"]
#[derive(Clone, Debug)]
pub struct TailLogs {
    client: Client,
    filters: Vec<Filter>,
    since: Option<Timestamp>,
    follow: bool,
    poll_interval: Duration,
    visible_within: Duration,
    outage: Duration,
}

several_calls!(@options TailLogs: client);

impl TailLogs {
    /// Limits the result to a namespace and those below it. Defaults to all namespaces.
    pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
        self.filter(Filter::namespace().prefix(namespace.as_ref()))
    }

    /// Limits the result to entries of at least this level.
    pub fn min_level(self, level: impl Into<LogLevel>) -> Self {
        self.filter(Filter::level().at_least(level.into().as_str()))
    }

    /// Adds a filter; all filters must match. Can't be one on dates: use [`since`](Self::since).
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Sets the time of the first entries, which may be long ago. Defaults to the time of the first request.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// Sets whether the stream waits for new entries. Defaults to `true`; otherwise it ends after the entries so far.
    pub fn follow(mut self, follow: bool) -> Self {
        self.follow = follow;
        self
    }

    /// Sets the pause between two searches. Defaults to 2 s.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets how long after an entry was written the server may take to find it, and how far the clocks of its workers may be
    /// apart. Defaults to 10 s.
    ///
    /// An entry that is found later than that is lost. Each search reads the entries of this time again, and the stream
    /// remembers them.
    pub fn visible_within(mut self, time: Duration) -> Self {
        self.visible_within = time;
        self
    }

    /// Sets how long the server may be unreachable, once it was reached, before the stream ends with an error. Defaults to
    /// 10 minutes.
    pub fn outage_limit(mut self, limit: Duration) -> Self {
        self.outage = limit;
        self
    }

    /// Returns the entries as a stream, each once. The stream has no end unless [`follow(false)`](Self::follow) is set.
    ///
    /// The entries of one search are in the order of their times. An entry that the server finds late comes after later ones
    /// that it found earlier. After an outage the stream continues where it was. Sends `GET /logs/search` with
    /// `startDate`, so that the limit of 8 days doesn't apply. It ends with the first error that a retry can't help.
    pub fn stream(self) -> FollowStream<LogEntry> {
        FollowStream::new(SearchLogs::new().into_call().info(), async move |sink| {
            if self.filters.iter().any(is_on_dates) {
                return Err(Error::invalid(
                    "filter",
                    "it is on a date, which the search sets itself: use `since`",
                ));
            }
            let mut tail = Tail::new(self);
            while let Some(entries) = tail.next().await? {
                for entry in entries {
                    sink.give(entry).await;
                }
            }
            Ok(())
        })
    }
}

fn is_on_dates(filter: &Filter) -> bool {
    const DATES: [&str; 3] = ["[startDate]", "[endDate]", "[timeRange]"];
    filter.pairs().iter().any(|(name, _)| DATES.iter().any(|date| name.contains(date)))
}

/// The position of a stream.
struct Tail {
    settings: TailLogs,
    retry: Option<TransientRetry>,
    seen: Seen,
    /// Where the next search begins, in milliseconds since 1970.
    from: i64,
    size: i64,
    /// Where the next round begins, once a search of this round has come so near to the present that the server may still
    /// find entries before the last one of its page.
    unsettled_from: Option<i64>,
    /// Whether the last search found all that there was, which ends a round of searches.
    is_at_end: bool,
    has_ended: bool,
}

impl Tail {
    fn new(settings: TailLogs) -> Self {
        let now = instant::ago(settings.visible_within).as_millisecond();
        let from = settings.since.map_or(now, |since| since.as_millisecond());
        let (retry, seen) = (None, Seen::default());
        Self {
            settings,
            retry,
            seen,
            from,
            size: PAGE,
            unsettled_from: None,
            is_at_end: false,
            has_ended: false,
        }
    }

    /// Returns the new entries of the next search, or `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<LogEntry>>, Error> {
        if self.has_ended {
            return Ok(None);
        }
        if self.is_at_end {
            tokio::time::sleep(self.settings.poll_interval).await;
        }
        let (found, now) = self.search().await?;
        let since = *self.settings.since.get_or_insert(now);
        let recent = instant::earlier(now, self.settings.visible_within).as_millisecond();
        let last = found.last().map(millisecond);
        self.is_at_end = (found.len() as u64) < self.size.unsigned_abs();
        if self.is_at_end || last.is_some_and(|last| last >= recent) {
            self.unsettled_from.get_or_insert(recent);
        }
        let (from, size) = match last {
            Some(last) if !self.is_at_end && last > self.from => (last, PAGE),
            // All of the page was written in one millisecond.
            Some(_) if !self.is_at_end => (self.from, self.size.saturating_mul(2)),
            _ => (self.unsettled_from.take().unwrap_or(recent).max(since.as_millisecond()), PAGE),
        };
        let mut entries = self.seen.only_new(found);
        self.seen.forget_before(from.min(self.unsettled_from.unwrap_or(recent)));
        (self.from, self.size) = (from, size);
        self.has_ended = self.is_at_end && !self.settings.follow;
        entries.retain(|entry| entry.timestamp.is_none_or(|time| time >= since));
        entries.sort_by_key(|entry| entry.timestamp);
        Ok(Some(entries))
    }

    /// Returns the entries from the position on, and a time before the search, by the clock of the server.
    async fn search(&mut self) -> Result<(Vec<LogEntry>, Timestamp), Error> {
        let from = Timestamp::from_millisecond(self.from).unwrap_or_default();
        let search = SearchLogs::new()
            .filters(self.settings.filters.clone())
            .since(from)
            .sort(["timestamp:asc"])
            .size(self.size);
        let client = &self.settings.client;
        let read = async |client: Client| {
            let (begun, local) = (Instant::now(), instant::ago(Duration::ZERO));
            let response = search.clone().on(client).send().await?;
            let date = instant::of_headers(response.headers());
            let now = date.map_or(local, |date| instant::earlier(date, begun.elapsed()));
            Ok::<_, Error>((response.into_body().results, now))
        };
        match &mut self.retry {
            Some(retry) => retry.run(|| read(client.for_loop())).await,
            // Only a server that was reached before has an outage.
            none => {
                let result = read(client.clone()).await?;
                let retry = TransientRetry::new(client, client.options());
                *none = Some(retry.limit(self.settings.outage).known());
                Ok(result)
            }
        }
    }
}
