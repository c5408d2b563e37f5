#[path = "flows/as_it_was.rs"]
mod flows;

include!("program.rs");
