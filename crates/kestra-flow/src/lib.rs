#![doc = include_str!("../README.md")]
//!
//! # What is written
//!
//! [`Flow::to_yaml`] writes fields in the order in which they were set. Text of several lines becomes a block scalar, no line is
//! folded, and what a server would read as a number, a boolean or null is quoted. The fields that servers manage (`revision`,
//! `tenantId`, `source`, `updated`, `deleted`) are left out, and so are fields of the flow that are null.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "check")]
mod check;
mod duration;
#[cfg(feature = "edit")]
mod edit;
mod error;
mod expression;
mod json;
mod map;
#[doc(hidden)]
pub mod names;
mod node;
mod parts;
#[cfg(feature = "pebble")]
#[doc(hidden)]
pub mod pebble;
mod plugin;
#[cfg(feature = "edit")]
mod read;
mod write;

#[cfg(feature = "check")]
pub use check::{Finding, Release, Schema, SchemaError, Severity, check};
#[cfg(feature = "edit")]
pub use edit::{Edit, EditError};
pub use error::NoSuchTask;
pub use map::Map;
pub use node::Node;
pub use parts::{Flow, Input, Output, Retry, Task, Trigger};
pub use plugin::Plugin;
#[cfg(feature = "edit")]
pub use read::{ParseError, read, read_all};
