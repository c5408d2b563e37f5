//! How long requests of each operation take, from a small estimate.

use std::time::Duration;

/// Four buckets for each doubling, up to an hour.
const BUCKETS: usize = 4 * 32;

/// After this many samples all count half, so that the estimate follows the server.
const MEMORY: u32 = 1024;

/// How many samples an estimate takes.
const LEAST_SAMPLES: u32 = 30;

/// The latencies of operations by name.
#[derive(Default)]
pub(crate) struct Latencies(Vec<(&'static str, Histogram)>);

struct Histogram {
    counts: [u16; BUCKETS],
    total: u32,
}

impl Latencies {
    pub(crate) fn record(&mut self, operation: &'static str, latency: Duration) {
        match self.0.iter_mut().find(|(name, _)| *name == operation) {
            Some((_, histogram)) => histogram.record(latency),
            None => {
                let mut histogram = Histogram { counts: [0; BUCKETS], total: 0 };
                histogram.record(latency);
                self.0.push((operation, histogram));
            }
        }
    }

    /// Returns a time that at most this share of the requests take longer than; it is up to a quarter too long. `None` without
    /// enough samples.
    pub(crate) fn exceeded_by(&self, operation: &str, share: f64) -> Option<Duration> {
        let (_, histogram) = self.0.iter().find(|(name, _)| *name == operation)?;
        histogram.exceeded_by(share)
    }
}

impl Histogram {
    fn record(&mut self, latency: Duration) {
        let count = &mut self.counts[bucket(latency)];
        *count = count.saturating_add(1);
        self.total += 1;
        if self.total >= MEMORY {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.total = self.counts.iter().copied().map(u32::from).sum();
        }
    }

    fn exceeded_by(&self, share: f64) -> Option<Duration> {
        if self.total < LEAST_SAMPLES {
            return None;
        }
        let allowed = f64::from(self.total) * share;
        let mut longer = 0;
        let bucket = self.counts.iter().rposition(|count| {
            longer += u32::from(*count);
            f64::from(longer) > allowed
        })?;
        Some(end(bucket))
    }
}

/// The bucket of a latency: the exponent of its microseconds, and the two bits after the first.
fn bucket(latency: Duration) -> usize {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(4);
    let exponent = micros.ilog2();
    let bits = (micros >> (exponent - 2)) & 3;
    (exponent as usize * 4 + bits as usize).min(BUCKETS - 1)
}

/// Where a bucket ends.
fn end(bucket: usize) -> Duration {
    let (exponent, bits) = (bucket / 4, bucket as u64 % 4);
    Duration::from_micros((bits + 5) << exponent.saturating_sub(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_they_are_for() {
        for micros in [4, 5, 7, 8, 100, 1000, 1023, 1024, 25_000, 60_000_000] {
            let latency = Duration::from_micros(micros);
            let end = end(bucket(latency));
            assert!(
                end > latency && end <= latency.mul_f64(1.26) + Duration::from_micros(1),
                "{latency:?}: {end:?}"
            );
        }
        assert_eq!(bucket(Duration::ZERO), bucket(Duration::from_micros(4)));
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn one_of_twenty_takes_longer() {
        let mut latencies = Latencies::default();
        for number in 1..=2000_u64 {
            let millis = if number % 25 == 0 { 900 } else { 20 };
            latencies.record("get_flow", Duration::from_millis(millis));
            assert_eq!(latencies.exceeded_by("get_flow", 0.05).is_some(), number >= 30);
        }
        let most = latencies.exceeded_by("get_flow", 0.05).unwrap();
        assert!(most >= Duration::from_millis(20) && most < Duration::from_millis(26), "{most:?}");
        let nearly_all = latencies.exceeded_by("get_flow", 0.01).unwrap();
        assert!(nearly_all >= Duration::from_millis(900), "{nearly_all:?}");
        assert!(latencies.exceeded_by("search_flows", 0.05).is_none());
    }

    #[test]
    fn what_is_long_ago_counts_less() {
        let mut latencies = Latencies::default();
        (0..2000).for_each(|_| latencies.record("get_flow", Duration::from_millis(20)));
        (0..2000).for_each(|_| latencies.record("get_flow", Duration::from_millis(200)));
        assert!(latencies.exceeded_by("get_flow", 0.5).unwrap() >= Duration::from_millis(200));
    }
}
