//! Helpers shared by the integration tests.

mod generated;
pub mod recorded;
pub mod schemas;
