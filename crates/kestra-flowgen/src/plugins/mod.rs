//! Types for the plugins of one server, from its schema.

mod code;
mod names;
mod schema;
mod words;

use std::path::Path;
use std::{fs, io};

use serde_json::Value;

/// Reads the schema of one server, and writes the types of its plugins as a Rust file.
///
/// `library` is the crate that has the types of flows, as code names it: `kestra::flow` or `kestra_flow`.
pub(crate) fn generate(schema: &Path, target: &Path, library: &str) -> Result<usize, String> {
    let failed = |path: &Path, problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(schema).map_err(|problem| failed(schema, &problem))?;
    let json: Value = serde_json::from_str(&text).map_err(|problem| failed(schema, &problem))?;
    let plugins = schema::read(&json).map_err(|problem| failed(schema, &problem))?;
    let code = code::write(&plugins, library);
    // A file that is the same keeps its time, so that nothing is compiled anew.
    if fs::read_to_string(target).is_ok_and(|known| known == code) {
        return Ok(plugins.len());
    }
    let written: io::Result<()> = fs::write(target, code);
    written.map_err(|problem| failed(target, &problem))?;
    Ok(plugins.len())
}
