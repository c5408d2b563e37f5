//! Routes of executions.

use crate::http::Route;

/// All routes of executions.
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
