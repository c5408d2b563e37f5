//! Imports OpenAPI documents of Kestra and generates the client's models and operations

pub mod catalogue;
mod error;

pub use error::{Error, Result};
