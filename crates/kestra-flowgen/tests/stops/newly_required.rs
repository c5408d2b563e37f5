#[path = "flows/newly_required.rs"]
mod flows;

include!("program.rs");
