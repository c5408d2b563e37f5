//! Flows: written, read, found, moved about.

mod bulk;
mod search;
mod sync;
mod transfer;
mod write;
