#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod checks;
mod error;
mod file;
mod input;
#[cfg(feature = "tracing")]
mod layer;
mod line;
mod log;
mod metric;
mod name;
mod output;
mod run;
#[cfg(test)]
mod strict_reader;

pub use error::Error;
pub use file::{OutputFile, output_file};
pub use input::{Context, env_block, env_variables, input};
#[cfg(feature = "tracing")]
pub use layer::TaskLayer;
pub use log::{Level, log};
pub use metric::{Amount, Metric, Timer, counter, gauge, timer};
pub use output::{output, outputs};
pub use run::{fail, install_panic_hook, main};
