//! Writes what the catalogue knows of one version as an OpenAPI document, for tools that read such documents.

mod operations;
mod schemas;

use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, Version};

/// The document of a server of this version.
///
/// It holds operations by the client's names, with the tenant as an ordinary path variable; searches' filters are
/// one parameter of bracketed keys.
#[must_use]
pub fn document(catalogue: &Catalogue, version: Version) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in catalogue.areas.values().flatten() {
        for route in operation.routes.iter().filter(|route| route.versions.contains(version)) {
            let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
            path[route.method.to_lowercase()] = operations::operation(operation, route, version);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kestra",
            "description": "What is known of the HTTP API of Kestra, from the catalogue of its Rust client.",
            "version": version.to_string(),
        },
        "paths": paths,
        "components": {"schemas": schemas::schemas(catalogue, version)},
    })
}
