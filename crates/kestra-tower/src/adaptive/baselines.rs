//! How long requests take, compared with how long those of the same operation take without a queue.

use std::time::Duration;

/// How many requests of an operation one measurement takes, at least.
const LEAST_SAMPLES: usize = 16;

/// The latencies of operations by name.
#[derive(Default)]
pub(super) struct Baselines(Vec<Baseline>);

struct Baseline {
    operation: &'static str,
    /// Since the last comparison.
    window: Samples,
    /// Since the last measurement, without the window.
    measured: Samples,
    /// The least measurement since the last renewal, and between the last two, as logarithms of seconds.
    least: Option<f64>,
    least_before: Option<f64>,
}

/// Of the seconds that requests took. A mean of logarithms is hardly moved by a few that take very long.
#[derive(Clone, Copy, Default)]
struct Samples {
    count: usize,
    logarithms: f64,
}

/// How long requests took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Comparison {
    /// The requests that could be compared.
    pub(super) count: usize,
    /// How many times as long as without a queue.
    pub(super) times: f64,
}

impl Baselines {
    /// Records the latency of a request that succeeded.
    pub(super) fn record(&mut self, operation: &'static str, latency: Duration) {
        let logarithm = latency.as_secs_f64().max(1e-6).ln();
        let index = self.0.iter().position(|baseline| baseline.operation == operation);
        let index = index.unwrap_or_else(|| {
            let (window, measured) = (Samples::default(), Samples::default());
            self.0.push(Baseline { operation, window, measured, least: None, least_before: None });
            self.0.len() - 1
        });
        if let Some(baseline) = self.0.get_mut(index) {
            baseline.window.count += 1;
            baseline.window.logarithms += logarithm;
        }
    }

    /// Returns how long requests of an operation take without a queue.
    pub(super) fn usual(&self, operation: &str) -> Option<Duration> {
        let baseline = self.0.iter().find(|baseline| baseline.operation == operation)?;
        Duration::try_from_secs_f64(baseline.usual()?.exp()).ok()
    }

    /// Compares each request since the last comparison with those of its operation. `None` without one that can be compared.
    pub(super) fn compare(&mut self) -> Option<Comparison> {
        let (mut count, mut logarithms) = (0, 0.0);
        for baseline in &mut self.0 {
            let window = std::mem::take(&mut baseline.window);
            baseline.measure(window);
            if let Some(usual) = baseline.usual() {
                count += window.count;
                logarithms += window.logarithms - usual * window.count as f64;
            }
        }
        (count > 0).then(|| Comparison { count, times: (logarithms / count as f64).exp() })
    }

    /// Measures anew: the queue at the server is about to end.
    pub(super) fn renew(&mut self) {
        for baseline in &mut self.0 {
            baseline.measured = Samples::default();
            if let Some(least) = baseline.least.take() {
                baseline.least_before = Some(least);
            }
        }
    }
}

impl Baseline {
    fn usual(&self) -> Option<f64> {
        match (self.least, self.least_before) {
            (Some(least), Some(before)) => Some(least.min(before)),
            (least, before) => least.or(before),
        }
    }

    fn measure(&mut self, window: Samples) {
        self.measured.count += window.count;
        self.measured.logarithms += window.logarithms;
        if self.measured.count >= LEAST_SAMPLES {
            let Samples { count, logarithms } = std::mem::take(&mut self.measured);
            let mean = logarithms / count as f64;
            self.least = Some(self.least.map_or(mean, |least| least.min(mean)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(baselines: &mut Baselines, operation: &'static str, count: usize, millis: u64) {
        (0..count).for_each(|_| baselines.record(operation, Duration::from_millis(millis)));
    }

    fn is_about(comparison: Option<Comparison>, count: usize, times: f64) -> bool {
        comparison.is_some_and(|got| got.count == count && (got.times - times).abs() < 0.01)
    }

    #[test]
    fn each_request_is_compared_with_those_of_its_operation() {
        let mut baselines = Baselines::default();
        record(&mut baselines, "get_flow", 20, 5);
        assert!(is_about(baselines.compare(), 20, 1.0));
        record(&mut baselines, "search_flows", 20, 40);
        assert!(is_about(baselines.compare(), 20, 1.0));
        record(&mut baselines, "get_flow", 10, 20);
        record(&mut baselines, "search_flows", 10, 40);
        assert!(is_about(baselines.compare(), 20, 2.0));
        assert!(
            baselines.usual("get_flow").unwrap().abs_diff(Duration::from_millis(5))
                < Duration::from_millis(1)
        );
    }

    #[test]
    fn a_rare_operation_is_measured_over_several_comparisons() {
        let mut baselines = Baselines::default();
        for _ in 0..3 {
            record(&mut baselines, "get_flow", 5, 5);
            assert_eq!(baselines.compare(), None);
        }
        record(&mut baselines, "get_flow", 5, 5);
        assert!(is_about(baselines.compare(), 5, 1.0));
    }

    #[test]
    fn a_server_that_has_become_slower_is_taken_as_it_is_after_two_renewals() {
        let mut baselines = Baselines::default();
        record(&mut baselines, "get_flow", 20, 5);
        baselines.compare();
        for times in [4.0, 4.0, 1.0] {
            record(&mut baselines, "get_flow", 20, 20);
            let comparison = baselines.compare();
            assert!(is_about(comparison, 20, times), "{comparison:?}");
            baselines.renew();
        }
        // Without a new measurement nothing is forgotten.
        (0..5).for_each(|_| baselines.renew());
        assert!(baselines.usual("get_flow").is_some());
    }
}
