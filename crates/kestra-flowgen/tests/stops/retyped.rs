#[path = "flows/retyped.rs"]
mod flows;

include!("program.rs");
