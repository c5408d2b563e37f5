//! What some builders can do besides, written by hand.

mod inputs;

pub(crate) use inputs::inputs;
