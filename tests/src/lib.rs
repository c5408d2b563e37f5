//! Helpers shared by the integration tests.

mod eventually;
pub mod flow_sources;
pub mod fuzz;
mod generated;
pub mod memory;
pub mod recorded;
pub mod schemas;
pub mod server_process;

pub use eventually::eventually;
