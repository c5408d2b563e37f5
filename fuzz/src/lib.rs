//! The properties, without the rest of what tests share: it would be most of a build.

#[path = "../../tests/src/fuzz/mod.rs"]
mod properties;

pub use properties::*;
