//! Which log entries were returned already.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use kestra_models::{LogEntry, LogLevel};

/// How much earlier than requested an entry may be that a search finds, as databases round times, in milliseconds.
const ROUNDING: i64 = 1000;

/// The log entries that may be found again, by fingerprint, since log entries have no ids.
#[derive(Default)]
pub(super) struct Seen {
    hasher: RandomState,
    /// The time of each entry, and how many such entries were returned.
    returned: HashMap<u64, (i64, u32)>,
}

impl Seen {
    /// Removes the entries of a response that were returned before, and remembers the others.
    ///
    /// A response is a snapshot, so an entry that it has more often than it was returned was written more than once.
    pub(super) fn only_new(&mut self, found: Vec<LogEntry>) -> Vec<LogEntry> {
        let mut counts: HashMap<u64, u32> = HashMap::with_capacity(found.len());
        let mut is_new = |entry: &LogEntry| {
            let mark = self.mark(entry);
            let count = counts.entry(mark).or_default();
            *count += 1;
            let (_, returned) = self.returned.entry(mark).or_insert((millisecond(entry), 0));
            let is_new = *count > *returned;
            *returned = (*returned).max(*count);
            is_new
        };
        found.into_iter().filter(|entry| is_new(entry)).collect()
    }

    /// Forgets the entries before this time, in milliseconds, which no search will find again.
    pub(super) fn forget_before(&mut self, time: i64) {
        let time = time.saturating_sub(ROUNDING);
        self.returned.retain(|_, (written, _)| *written >= time);
    }

    /// Returns the fingerprint of an entry: what all versions of the server send alike, so not the whole time.
    fn mark(&self, entry: &LogEntry) -> u64 {
        let origin = (&entry.namespace, &entry.flow_id, &entry.execution_id, &entry.trigger_id);
        let place = (&entry.task_run_id, &entry.task_id, entry.attempt_number);
        let text = (entry.level.as_ref().map(LogLevel::as_str), &entry.message);
        self.hasher.hash_one((millisecond(entry), origin, place, text))
    }
}

/// Returns the time of an entry in milliseconds, in which filters of every version are.
pub(super) fn millisecond(entry: &LogEntry) -> i64 {
    entry.timestamp.map(|time| time.as_millisecond()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn entry(millisecond: i64, message: &str) -> LogEntry {
        let mut entry = LogEntry::default();
        entry.timestamp = Timestamp::from_millisecond(millisecond).ok();
        entry.message = message.to_owned();
        entry
    }

    #[test]
    fn an_entry_is_new_as_often_as_it_was_written() {
        let mut seen = Seen::default();
        let mut new = |entries: &[LogEntry]| seen.only_new(entries.to_vec()).len();
        let (one, other) = (entry(5000, "a"), entry(5000, "b"));
        assert_eq!(new(&[one.clone(), one.clone()]), 2);
        assert_eq!(new(&[one.clone(), one.clone(), other.clone()]), 1);
        assert_eq!(new(&[one.clone(), other.clone()]), 0, "a page may end within a millisecond");
        assert_eq!(new(&[one.clone(), one.clone(), one, other]), 1);
    }

    #[test]
    fn what_is_too_old_to_be_found_is_forgotten() {
        let mut seen = Seen::default();
        seen.only_new((0..10_000).map(|time| entry(time, "a")).collect());
        seen.forget_before(9000);
        assert_eq!(seen.returned.len(), 2000);
        assert!(seen.only_new(vec![entry(9000, "a")]).is_empty());
    }
}
