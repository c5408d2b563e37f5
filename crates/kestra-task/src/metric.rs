use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::line::{FRAME, LIMIT, Start, has_null, json, write};
use crate::{Error, name};

/// The largest duration in seconds: a century. A server fails on more than 292 years.
const LONGEST: f64 = 100.0 * 365.25 * 86_400.0;

/// The largest amount; servers add amounts up, and on MySQL store the sum in single precision, so at most 3.4e38.
const LARGEST: f64 = 1e30;

/// A number that a metric can have: any integer or floating point number of Rust.
pub trait Amount: sealed::Amount {}

mod sealed {
    pub trait Amount {
        fn amount(self) -> f64;
    }
}

macro_rules! amounts {
    ($($number:ty)*) => {
        $(impl Amount for $number {}
        impl sealed::Amount for $number {
            fn amount(self) -> f64 {
                self as f64
            }
        })*
    };
}

amounts! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 }

/// Adds to a counter; the server sums up what has the same name and tags.
///
/// # Errors
///
/// Those of [`Metric::send`].
///
/// ```
/// kestra_task::counter("rows", 42)?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
pub fn counter(name: &str, amount: impl Amount) -> Result<(), Error> {
    Metric::counter(name, amount).send()
}

/// Reports the value that something has now. Kestra 1.0 ignores gauges.
///
/// # Errors
///
/// Those of [`Metric::send`].
pub fn gauge(name: &str, value: impl Amount) -> Result<(), Error> {
    Metric::gauge(name, value).send()
}

/// Starts to measure a duration, which is reported when the guard is dropped.
///
/// ```
/// let timer = kestra_task::timer("load");
/// // what takes time
/// drop(timer);
/// ```
#[must_use = "the duration ends when the guard is dropped"]
pub fn timer(name: &str) -> Timer {
    Timer { metric: Some(Metric::new("timer", name, 0.0, LONGEST)), since: Instant::now() }
}

/// A metric of the task, with tags and a description.
///
/// ```
/// use kestra_task::Metric;
///
/// Metric::counter("rows", 42).tag("table", "users").description("rows that were loaded").send()?;
/// # Ok::<(), kestra_task::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[must_use = "it is reported by `send`"]
pub struct Metric {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip)]
    largest: f64,
}

impl Metric {
    fn new(kind: &'static str, name: &str, value: f64, largest: f64) -> Self {
        Self { kind, name: name.to_owned(), value, tags: BTreeMap::new(), description: None, largest }
    }

    /// Creates an addition to a counter.
    pub fn counter(name: &str, amount: impl Amount) -> Self {
        Self::new("counter", name, amount.amount(), LARGEST)
    }

    /// Creates the present value of a gauge.
    pub fn gauge(name: &str, value: impl Amount) -> Self {
        Self::new("gauge", name, value.amount(), LARGEST)
    }

    /// Creates a duration; the server sums up what has the same name and tags, in milliseconds.
    pub fn timer(name: &str, duration: Duration) -> Self {
        Self::new("timer", name, duration.as_secs_f64(), LONGEST)
    }

    /// Adds a tag; a name that is added again takes the last value.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Reports the metric.
    ///
    /// # Errors
    ///
    /// - [`Error::NotFinite`] if the number is NaN or infinite
    /// - [`Error::OutOfRange`] if a duration is longer than 100 years, or an amount over 10^30
    /// - [`Error::InvalidName`] if its name or that of a tag is empty, or its name is longer than 150 characters
    /// - [`Error::NullCharacter`] if a name, a tag or the description has the character U+0000
    /// - [`Error::TooLong`] if it does not fit in a line of 4,095 bytes
    /// - [`Error::Write`] if standard output is closed
    pub fn send(self) -> Result<(), Error> {
        write(Start::NewLine, &self.line()?)
    }

    /// Returns the message; one metric each, as a server that does not know one of several loses all of them.
    pub(crate) fn line(self) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            metrics: [&'a Metric; 1],
        }
        name::check_metric(&self.name)?;
        self.tags.keys().try_for_each(|tag| name::check(tag))?;
        if !self.value.is_finite() {
            return Err(Error::NotFinite { name: self.name });
        }
        if self.value.abs() > self.largest {
            return Err(Error::OutOfRange { name: self.name });
        }
        let line = match json(&Line { metrics: [&self] }) {
            Ok(line) => line,
            Err(source) => return Err(Error::Serialize { name: self.name, source }),
        };
        match line.len() + FRAME {
            length if length > LIMIT => Err(Error::TooLong { name: self.name, length }),
            _ if has_null(&line) => Err(Error::NullCharacter { name: self.name }),
            _ => Ok(line),
        }
    }
}

/// The guard of a duration that is being measured; see [`timer`].
#[derive(Debug)]
#[must_use = "the duration ends when the guard is dropped"]
pub struct Timer {
    metric: Option<Metric>,
    since: Instant,
}

impl Timer {
    /// Adds a tag; a name that is added again takes the last value.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metric = self.metric.take().map(|metric| metric.tag(name, value));
        self
    }

    /// Reports the duration now and returns it.
    ///
    /// # Errors
    ///
    /// Those of [`Metric::send`].
    pub fn stop(mut self) -> Result<Duration, Error> {
        let duration = self.since.elapsed();
        self.report(duration).map(|()| duration)
    }

    /// Ends the guard without reporting a duration.
    pub fn discard(mut self) {
        self.metric = None;
    }

    fn report(&mut self, duration: Duration) -> Result<(), Error> {
        match self.metric.take() {
            Some(metric) => Metric { value: duration.as_secs_f64(), ..metric }.send(),
            None => Ok(()),
        }
    }
}

impl Drop for Timer {
    /// Reports the duration. An error is not seen; call [`stop`](Self::stop) to see it.
    fn drop(&mut self) {
        let _ = self.report(self.since.elapsed());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::strict_reader::{Seen, read};

    fn seen(metric: Metric) -> Vec<Seen> {
        read(format!("::{}::", metric.line().unwrap()).as_bytes())
    }

    #[test]
    fn a_metric_has_its_value_its_tags_and_its_description() {
        let metric =
            Metric::counter("rows", 42_u64).tag("table", "größe").tag("table", "b").description("loaded");
        let line = metric.clone().line().unwrap();
        assert_eq!(
            line,
            r#"{"metrics":[{"type":"counter","name":"rows","value":42.0,"tags":{"table":"b"},"description":"loaded"}]}"#
        );
        assert_eq!(
            seen(metric),
            [Seen::Metric { kind: "counter".to_owned(), name: "rows".to_owned(), value: 42.0 }]
        );
        let half = Metric::timer("load", Duration::from_millis(1_500));
        assert_eq!(
            seen(half),
            [Seen::Metric { kind: "timer".to_owned(), name: "load".to_owned(), value: 1.5 }]
        );
    }

    #[test]
    fn what_harms_a_server_is_refused() {
        assert!(matches!(Metric::counter("a", f64::NAN).line(), Err(Error::NotFinite { .. })));
        assert!(matches!(Metric::gauge("a", f32::INFINITY).line(), Err(Error::NotFinite { .. })));
        assert!(matches!(Metric::counter("a", f64::MAX).line(), Err(Error::OutOfRange { .. })));
        assert!(matches!(Metric::timer("a", Duration::MAX).line(), Err(Error::OutOfRange { .. })));
        assert!(matches!(Metric::counter("", 1).line(), Err(Error::InvalidName { .. })));
        assert!(matches!(Metric::counter("a", 1).tag("", "b").line(), Err(Error::InvalidName { .. })));
        assert!(matches!(Metric::counter(&"ä".repeat(151), 1).line(), Err(Error::InvalidName { .. })));
        assert!(matches!(Metric::counter(&"😀".repeat(76), 1).line(), Err(Error::InvalidName { .. })));
        assert!(Metric::counter(&"ä".repeat(150), 1).line().is_ok());
        assert!(matches!(Metric::gauge("a", -1e39).line(), Err(Error::OutOfRange { .. })));
        for metric in [
            Metric::counter("a\0", 1),
            Metric::counter("a", 1).tag("b", "\0"),
            Metric::counter("a", 1).description("\\\0"),
        ] {
            assert!(matches!(metric.line(), Err(Error::NullCharacter { .. })));
        }
        assert!(Metric::counter("a", 1).tag("b", r"\u0000 \\u0000").line().is_ok());
        assert!(matches!(
            Metric::counter("a", 1).tag("b", "c".repeat(5_000)).line(),
            Err(Error::TooLong { .. })
        ));
    }

    #[test]
    fn a_timer_reports_once() {
        let mut timer = timer("load").tag("table", "users");
        timer.report(Duration::from_secs(1)).unwrap();
        assert!(timer.metric.is_none());
        timer.discard();
    }

    proptest! {
        #[test]
        fn every_metric_is_read_or_refused(
            name in "(?s).{0,40}", value in any::<f64>(), tags in prop::collection::btree_map("(?s).{0,9}", "(?s).{0,90}", 0..9),
        ) {
            let metrics = [
                Metric::counter(&name, value),
                Metric::gauge(&name, value),
                Metric::timer(&name, Duration::try_from_secs_f64(value).unwrap_or_default()),
            ];
            for metric in metrics {
                let metric = tags.iter().fold(metric, |metric, (name, value)| metric.tag(name, value));
                let value = metric.value;
                if let Ok(line) = metric.line() {
                    prop_assert!(line.is_ascii() && line.len() + FRAME <= LIMIT);
                    match read(format!("::{line}::").as_bytes()).as_slice() {
                        [Seen::Metric { name: read, value: number, .. }] => {
                            prop_assert_eq!(read, &name);
                            prop_assert_eq!(*number, value);
                        }
                        other => prop_assert!(false, "{:?}", other),
                    }
                }
            }
        }
    }
}
