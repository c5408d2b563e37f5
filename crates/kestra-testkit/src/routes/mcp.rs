//! Routes of MCP servers of 2.0: their settings, not what they speak.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dialect::Dialect::V2_0;
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};

/// The server that every tenant has.
const DEFAULT: &str = "default";

/// Settings of MCP servers by their ids.
pub(crate) type McpServers = BTreeMap<String, Value>;

/// The routes of MCP servers.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("mcp/servers", now!(list)).since(V2_0),
        Route::post("mcp/servers", now!(create)).since(V2_0),
        Route::get("mcp/servers/{id}", now!(get)).since(V2_0),
        Route::put("mcp/servers/{id}", now!(update)).since(V2_0),
        Route::delete("mcp/servers/{id}", now!(delete)).consumes(&["*/*"]).since(V2_0),
        Route::patch("mcp/servers/{id}/toggle", now!(toggle)).since(V2_0),
        Route::get("mcp/servers/{id}/tools", now!(tools)).since(V2_0),
        // Where patches of 2.0 have them.
        Route::get("mcp-servers", now!(list)).since(V2_0),
        Route::post("mcp-servers", now!(create)).since(V2_0),
        Route::get("mcp-servers/{id}", now!(get)).since(V2_0),
        Route::put("mcp-servers/{id}", now!(update)).since(V2_0),
        Route::delete("mcp-servers/{id}", now!(delete)).consumes(&["*/*"]).since(V2_0),
        Route::patch("mcp-servers/{id}/toggle", now!(toggle)).since(V2_0),
        Route::get("mcp-servers/{id}/tools", now!(tools)).since(V2_0),
    ]
}

fn list(cx: &Context) -> Answer {
    let page = cx.query().page("listMcps")?;
    let servers = cx.app.mcp_servers();
    let rows = std::iter::once(default_server(cx)).chain(servers.values().cloned()).collect();
    drop(servers);
    Reply::json(&page.of(rows))
}

fn default_server(cx: &Context) -> Value {
    json!({
        "id": DEFAULT,
        "description": "Default MCP server for this tenant. Exposes all MCP Tool triggers as tools.",
        "instructions": "Expose Kestra flows as tools.",
        "serverType": "PRIVATE",
        "authType": "BASIC",
        "disabled": false,
        "isDefault": true,
        "created": time::stored(cx.app.started),
        "updated": time::stored(cx.app.started),
    })
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found_because(format!("MCP server not found: {id}"))
}

fn get(cx: &Context) -> Answer {
    let id = cx.param("id");
    if id == DEFAULT {
        return Reply::json(&default_server(cx));
    }
    let found = cx.app.mcp_servers().get(id).cloned();
    Reply::json(&found.ok_or_else(ApiError::not_found)?)
}

fn tools(cx: &Context) -> Answer {
    Reply::json(&json!([])).and_then(|reply| if known(cx) { Ok(reply) } else { Err(missing(cx.param("id"))) })
}

fn known(cx: &Context) -> bool {
    let id = cx.param("id");
    id == DEFAULT || cx.app.mcp_servers().contains_key(id)
}

/// The settings of a body, with what the server adds.
fn read(body: &Value, id: &str, created: &Value) -> Result<Value, ApiError> {
    let mut server = Map::new();
    server.insert("id".to_owned(), json!(id));
    for key in ["description", "instructions"] {
        if let Some(value) = body.get(key).filter(|value| !value.is_null()) {
            server.insert(key.to_owned(), value.clone());
        }
    }
    for (key, words) in [("serverType", ["PRIVATE", "PUBLIC"]), ("authType", ["BASIC", "NONE"])] {
        let word = body.get(key).and_then(Value::as_str).unwrap_or(words[0]).to_uppercase();
        if key == "serverType" && !words.contains(&word.as_str()) {
            let message =
                format!("Failed to convert argument [mcpServer] for value [null] due to: no {key} {word}");
            return Err(ApiError::new(422, "Invalid json mapping").with_detail(message, Some(key.to_owned())));
        }
        server.insert(key.to_owned(), json!(word));
    }
    server
        .insert("disabled".to_owned(), json!(body.get("disabled").and_then(Value::as_bool).unwrap_or(false)));
    server.insert("isDefault".to_owned(), json!(false));
    server.insert("created".to_owned(), created.clone());
    server.insert("updated".to_owned(), json!(time::fresh(Timestamp::now())));
    Ok(Value::Object(server))
}

fn create(cx: &Context) -> Answer {
    let body: Value = cx.json("mcpServer")?;
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if id == DEFAULT {
        return Err(ApiError::new(422, "Invalid ApiMcpServer: MCP id 'default' is reserved"));
    }
    if id.is_empty() {
        return Err(ApiError::invalid_entity([("createMcp.mcpServer.id", "must not be blank")]));
    }
    let server = read(&body, &id, &json!(time::fresh(Timestamp::now())))?;
    let mut servers = cx.app.mcp_servers();
    if servers.contains_key(&id) {
        return Err(ApiError::conflict(format!("MCP server already exists with id: '{id}'")));
    }
    servers.insert(id, server.clone());
    drop(servers);
    Reply::json(&server)
}

fn update(cx: &Context) -> Answer {
    let body: Value = cx.json("mcpServer")?;
    change(cx, |id, before| read(&body, id, &before["created"]))
}

fn change(cx: &Context, new: impl FnOnce(&str, &Value) -> Result<Value, ApiError>) -> Answer {
    let id = cx.param("id");
    let mut servers = cx.app.mcp_servers();
    let server = servers.get_mut(id).ok_or_else(|| missing(id))?;
    *server = new(id, server)?;
    Reply::json(&*server)
}

/// Turns a server on or off: as the body says, or the other way than it is.
fn toggle(cx: &Context) -> Answer {
    let body: Value = if cx.request.body.is_empty() { Value::Null } else { cx.json("request")? };
    let asked = body.get("disabled").and_then(Value::as_bool);
    change(cx, |_, before| {
        let mut server = before.clone();
        let disabled = asked.unwrap_or(before["disabled"] == json!(false));
        server["disabled"] = json!(disabled);
        server["updated"] = json!(time::fresh(Timestamp::now()));
        Ok(server)
    })
}

fn delete(cx: &Context) -> Answer {
    let id = cx.param("id");
    if id == DEFAULT {
        return Err(ApiError::new(403, "Forbidden: The default MCP server cannot be deleted"));
    }
    cx.app.mcp_servers().remove(id).ok_or_else(|| missing(id))?;
    Ok(Reply::empty(204))
}
