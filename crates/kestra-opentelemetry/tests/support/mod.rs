//! What the tests of the metrics share.
#![allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "each test uses some of it")]

use std::collections::BTreeMap;

use kestra_opentelemetry::MetricsLayer;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

/// A layer, and the metrics that it records.
pub struct Recorded {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
    pub layer: MetricsLayer,
}

/// One time series of a metric.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    pub unit: String,
    pub attributes: BTreeMap<String, String>,
    /// The sum of all measurements.
    pub sum: f64,
    /// The number of measurements of a histogram.
    pub count: u64,
    /// The bounds of a histogram.
    pub bounds: Vec<f64>,
}

impl Recorded {
    pub fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
        let layer = MetricsLayer::new(&provider.meter("test"));
        Self { exporter, provider, layer }
    }

    /// All time series so far.
    pub fn series(&self) -> Vec<Series> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let exported = self.exporter.get_finished_metrics().unwrap();
        let scopes = exported.iter().flat_map(|resource| resource.scope_metrics());
        scopes.flat_map(|scope| scope.metrics()).flat_map(series_of).collect()
    }

    /// The time series of one metric.
    pub fn of(&self, name: &str) -> Vec<Series> {
        self.series().into_iter().filter(|series| series.name == name).collect()
    }

    /// The only time series of a metric.
    pub fn only(&self, name: &str) -> Series {
        let all = self.of(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all[0].clone()
    }
}

impl Series {
    pub fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }

    pub fn keys(&self) -> Vec<&str> {
        self.attributes.keys().map(String::as_str).collect()
    }
}

fn series_of(metric: &Metric) -> Vec<Series> {
    match metric.data() {
        AggregatedMetrics::F64(data) => series_in(metric, data, |value| value),
        AggregatedMetrics::U64(data) => series_in(metric, data, |value| value as f64),
        AggregatedMetrics::I64(data) => series_in(metric, data, |value| value as f64),
    }
}

fn series_in<T: Copy>(metric: &Metric, data: &MetricData<T>, number: fn(T) -> f64) -> Vec<Series> {
    let series = |sum: T, count, bounds, attributes: Vec<&KeyValue>| Series {
        name: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        attributes: attributes.iter().map(|pair| (pair.key.to_string(), pair.value.to_string())).collect(),
        sum: number(sum),
        count,
        bounds,
    };
    match data {
        MetricData::Sum(sum) => sum
            .data_points()
            .map(|point| series(point.value(), 0, Vec::new(), point.attributes().collect()))
            .collect(),
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| {
                series(point.sum(), point.count(), point.bounds().collect(), point.attributes().collect())
            })
            .collect(),
        _ => Vec::new(),
    }
}
