//! What flows can do beyond single operations.

mod deploy;

pub use deploy::{Deploy, Deployed};
