//! Answers of what an embedded server of 2.0 doesn't serve: dashboards, all of Enterprise, and the unlocking of a trigger
//! that isn't locked.

use kestra_testkit::TestServer;
use serde_json::json;

const PAGES: [&str; 8] = [
    "/api/v1/{tenant}/dashboards",
    "/api/v1/{tenant}/roles/search",
    "/api/v1/{tenant}/groups/search",
    "/api/v1/{tenant}/bindings/search",
    "/api/v1/{tenant}/auditlogs/search",
    "/api/v1/users",
    "/api/v1/tenants/search",
    "/api/v1/{tenant}/cases/search",
];

const OBJECTS: [(&str, &str); 24] = [
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
    ("POST", "/api/v1/{tenant}/cases"),
    ("POST", "/api/v1/{tenant}/cases/{id}/comments"),
    ("POST", "/api/v1/{tenant}/cases/{id}/executions/by-query"),
    ("POST", "/api/v1/{tenant}/cases/{id}/actions/run"),
    ("POST", "/api/v1/{tenant}/case-templates"),
    ("POST", "/api/v1/{tenant}/promotion-targets"),
    ("POST", "/api/v1/{tenant}/promotion-targets/test"),
    ("GET", "/api/v1/{tenant}/promotion-targets/{id}/flow-source"),
    ("POST", "/api/v1/{tenant}/flows/hashes/by-ids"),
    ("POST", "/api/v1/{tenant}/flows/{namespace}/{id}/promote"),
    ("POST", "/api/v1/{tenant}/ai/threads"),
    ("POST", "/api/v1/{tenant}/mcp/{id}"),
    ("POST", "/api/v1/plugins/install"),
    ("GET", "/api/v1/plugins/install/{jobId}"),
];

/// Gives a server the answers.
pub(crate) fn give(server: &TestServer) {
    for path in PAGES {
        server.stub("GET", path).json(&json!({"results": [], "total": 0}));
    }
    for (method, path) in OBJECTS {
        server.stub(method, path).json(&json!({"id": "one"}));
    }
    server.stub("GET", "/api/v1/{tenant}/cases/counts").json(&json!({"OPEN": 1}));
    server.stub("GET", "/api/v1/{tenant}/apps/states").json(&json!(["RUNNING"]));
    server.stub("POST", "/api/v1/{tenant}/ai/threads/{id}/chat").body("text/event-stream", "data: {}\n\n");
    server.stub("POST", "/api/v1/plugins/auto-install/detect").json(&json!({"enabled": false}));
    server.stub("POST", "/api/v1/{tenant}/quota-limits/reset").json(&json!({}));
    server.stub("POST", "/api/v1/{tenant}/dashboards/charts/export").body("application/octet-stream", "");
    server.stub("POST", "/api/v1/{tenant}/apps/preview").json(&json!({}));
    server.stub("GET", "/api/v1/{tenant}/auditlogs/export").body("text/csv", "");
    server.stub("PUT", "/api/v1/{tenant}/namespaces/{namespace}/secrets").json(&json!([]));
}
