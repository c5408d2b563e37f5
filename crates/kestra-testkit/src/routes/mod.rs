//! The table of routes, and how a request finds its own.

mod executions;
mod find;
mod system;

use crate::dialect::Dialect;
use crate::http::Route;

pub(crate) use find::find;

/// All routes that a dialect has.
pub(crate) fn table(dialect: Dialect) -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(system::routes());
    routes.extend(executions::routes());
    routes.retain(|route| route.since <= dialect && dialect <= route.until);
    routes
}
