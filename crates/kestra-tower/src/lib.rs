//! Tower layers and the HTTP transport of the Kestra client

pub mod auth;
mod oneshot;
pub mod retry;
mod saved;
pub mod server;
mod shared_error;
#[cfg(test)]
mod test_support;
pub mod timeout;
pub mod trace;
pub mod transport;

pub use auth::{Auth, AuthLayer, Token, TokenSource};
pub use retry::RetryLayer;
pub use server::{ServerLayer, VersionCache};
pub use timeout::TimeoutLayer;
pub use trace::TraceLayer;
pub use transport::Transport;
