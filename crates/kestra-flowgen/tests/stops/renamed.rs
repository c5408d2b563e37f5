#[path = "flows/renamed.rs"]
mod flows;

include!("program.rs");
