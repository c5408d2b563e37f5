//! The table of routes, and how a request finds its own.

mod credentials;
mod dashboards;
mod executions;
mod files;
mod find;
mod flows;
mod kv;
mod logs;
mod mcp;
mod metrics;
mod misc;
mod namespaces;
mod plugins;
mod system;
mod triggers;

use crate::dialect::Dialect;
use crate::http::Route;

pub(crate) use dashboards::Dashboards;
pub(crate) use find::find;
pub(crate) use mcp::McpServers;

/// All routes that a dialect has.
pub(crate) fn table(dialect: Dialect) -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(system::routes());
    routes.extend(flows::routes());
    routes.extend(kv::routes());
    routes.extend(files::routes());
    routes.extend(namespaces::routes());
    routes.extend(triggers::routes());
    routes.extend(metrics::routes());
    routes.extend(credentials::routes());
    routes.extend(mcp::routes());
    routes.extend(misc::routes());
    routes.extend(dashboards::routes());
    routes.extend(plugins::routes());
    routes.extend(logs::routes());
    routes.extend(executions::routes());
    routes.retain(|route| route.since <= dialect && dialect <= route.until);
    routes
}
