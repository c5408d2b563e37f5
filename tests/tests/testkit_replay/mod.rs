//! Sends what was recorded to the testkit and compares what comes back.

mod ids;
mod play;
mod recording;
mod report;
mod setup;
mod shape;
mod wire;

pub(crate) use play::{play, play_rest};
