//! Imports OpenAPI documents of Kestra and generates the client's models and operations

pub mod catalogue;
pub mod compare;
mod error;
pub mod export;
pub mod generate;
pub mod import;
pub mod openapi;

pub use error::{Error, Result};
