//! What some builders can do besides, written by hand.

mod follow;
mod inputs;
mod look_back;

pub(crate) use inputs::inputs;
pub(crate) use look_back::look_back;
