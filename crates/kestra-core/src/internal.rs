//! What is public only because the client is several crates, each pinned to the exact version of the others.
//!
//! Nothing here is covered by Semantic Versioning, nor are the hidden methods of [`Error`](crate::Error) and
//! [`Call`](crate::Call). Use the crate `kestra`.

/// Keeps [`Executor`](crate::Executor) from being implemented elsewhere, so that it can grow.
pub trait Sealed {}
