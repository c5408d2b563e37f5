#[path = "flows/output_renamed.rs"]
mod flows;

include!("program.rs");
