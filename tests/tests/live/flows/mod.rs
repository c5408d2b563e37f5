//! Flows: written, read, found, moved about.

mod as_code;
mod bulk;
mod derived;
mod environment_of_tasks;
mod search;
mod sync;
mod transfer;
mod typed;
mod write;
