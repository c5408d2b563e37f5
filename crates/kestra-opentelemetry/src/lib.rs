#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod attributes;
mod calls;
mod instruments;
mod layer;
mod requests;
mod service;

pub use layer::MetricsLayer;
pub use service::{MetricsFuture, MetricsService};
