//! Types for the plugins of one server, from its schema.

mod code;
mod names;
mod schema;
mod words;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Reads the schema of one server, and returns the types of its plugins as Rust code, and their number.
///
/// `library` is the crate that has the types of flows, as code names it: `kestra::flow` or `kestra_flow`.
pub(crate) fn generate(schema: &Path, library: &str) -> Result<(String, usize), String> {
    let failed = |problem: &dyn std::fmt::Display| format!("{}: {problem}", schema.display());
    let text = fs::read_to_string(schema).map_err(|problem| failed(&problem))?;
    let json: Value = serde_json::from_str(&text).map_err(|problem| failed(&problem))?;
    let plugins = schema::read(&json).map_err(|problem| failed(&problem))?;
    Ok((code::write(&plugins, library), plugins.len()))
}
