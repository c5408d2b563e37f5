//! Typed bodies of the Kestra HTTP API.
//!
//! Reading is lenient: a field that this crate doesn't know is skipped, one that is missing or null is `None` (a list or
//! map: empty), and an enum keeps a value that it doesn't know as `Unknown`. One type covers every version of a server, so
//! what some version leaves out is an `Option`.
//!
//! Types that plugins extend ([`Task`], [`Trigger`], [`Input`] and others) keep all their fields; free-form JSON is a
//! [`serde_json::Value`].
//!
//! `Serialize` and setters are there on types that a request can carry; the feature `serde` adds `Serialize` to the
//! rest.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod macros;
mod generated;
#[allow(dead_code, reason = "what is used of it depends on what is generated")]
mod lenient;
mod primitives;
#[cfg(feature = "enterprise")]
mod unions;

pub use generated::*;
pub use primitives::*;
