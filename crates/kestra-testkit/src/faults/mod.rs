//! Misbehaving on purpose.

mod fault;
mod plan;
mod shutdown;
mod spoil;

pub use fault::{Cut, FalseEnd, Fault};
pub(crate) use plan::{Act, Faults, Plan};
pub use shutdown::Shutdown;
pub(crate) use shutdown::{Farewell, database_closed, until_shutdown};
pub(crate) use spoil::{cut_stream, cut_within, end_falsely, malform};
