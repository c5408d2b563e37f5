//! What the benchmarks have in common: one loopback server and the clients that are compared on it.

pub mod contenders;
pub mod decoding;
pub mod lockstep;
pub mod operation;
pub mod server;
