//! Flows: written, read, found, moved about.

mod write;
