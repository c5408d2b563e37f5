//! Flows put into a server without a client.

use crate::app::App;
use crate::http::ApiError;

/// A flow that the server doesn't take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidFlow {
    /// What the server says to it.
    pub message: String,
}

impl std::fmt::Display for InvalidFlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message.trim_end())
    }
}

impl std::error::Error for InvalidFlow {}

/// Creates or updates a flow and gives its revision.
pub(crate) fn deploy(app: &App, source: &str) -> Result<u64, InvalidFlow> {
    match app.parse_flow(source) {
        Ok(flow) => Ok(app.flows().save(flow, source.to_owned()).0.revision),
        Err(ApiError::Usual(error)) => Err(InvalidFlow { message: error.message }),
        Err(ApiError::Reply(_)) => Err(InvalidFlow { message: "the flow is refused".to_owned() }),
    }
}
