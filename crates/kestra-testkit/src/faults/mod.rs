//! Misbehaving on purpose.

mod fault;
mod plan;
mod spoil;

pub use fault::{Cut, Fault};
pub(crate) use plan::{Act, Faults, Plan};
pub(crate) use spoil::{cut_stream, cut_within, malform};
