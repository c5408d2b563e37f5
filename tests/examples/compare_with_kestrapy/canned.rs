//! Answers of what an embedded server of 2.0 doesn't serve: dashboards, all of Enterprise, and the unlocking of a trigger
//! that isn't locked.

use kestra_testkit::Server;
use serde_json::json;

const PAGES: [&str; 7] = [
    "/api/v1/{tenant}/dashboards",
    "/api/v1/{tenant}/roles/search",
    "/api/v1/{tenant}/groups/search",
    "/api/v1/{tenant}/bindings/search",
    "/api/v1/{tenant}/auditlogs/search",
    "/api/v1/users",
    "/api/v1/tenants/search",
];

const OBJECTS: [(&str, &str); 10] = [
    ("POST", "/api/v1/{tenant}/dashboards"),
    ("POST", "/api/v1/{tenant}/roles"),
    ("POST", "/api/v1/{tenant}/groups"),
    ("PUT", "/api/v1/{tenant}/groups/{id}/members/{userId}"),
    ("POST", "/api/v1/{tenant}/bindings"),
    ("POST", "/api/v1/{tenant}/apps"),
    ("DELETE", "/api/v1/{tenant}/apps"),
    ("POST", "/api/v1/{tenant}/triggers/{namespace}/{flowId}/{triggerId}/unlock"),
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/tenants"),
];

/// Gives a server the answers.
pub(crate) fn give(server: &Server) {
    for path in PAGES {
        server.answer("GET", path).json(&json!({"results": [], "total": 0}));
    }
    for (method, path) in OBJECTS {
        server.answer(method, path).json(&json!({"id": "one"}));
    }
    server.answer("PUT", "/api/v1/{tenant}/namespaces/{namespace}/secrets").json(&json!([]));
}
