//! Streams that go on after a cut.

#[cfg(feature = "enterprise")]
mod app;
mod dependencies;
mod execution;
mod family;
mod lines;
mod logs;
mod reader;

pub use execution::FollowSettings;
