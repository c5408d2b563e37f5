//! Triggers that are named in bodies.

use serde_json::Value;

use crate::body::Body;
use crate::json;

/// Returns the body with the request's tenant in each trigger that has none, without which servers before 2.0 find no trigger.
pub(super) fn with_tenant(body: &Body, tenant: &str) -> Option<Body> {
    let mut value: Value = json::from_slice(body.as_bytes()?).ok()?;
    if !fill_in(&mut value, tenant) {
        return None;
    }
    serde_json::to_vec(&value).ok().map(Body::from)
}

/// Fills in missing tenants, and returns whether any was missing.
fn fill_in(body: &mut Value, tenant: &str) -> bool {
    match body {
        Value::Array(triggers) => {
            let mut filled = false;
            for trigger in triggers {
                filled |= fill_in(trigger, tenant);
            }
            filled
        }
        Value::Object(fields) => {
            if let Some(triggers) = fields.get_mut("triggers") {
                return fill_in(triggers, tenant);
            }
            let is_missing = !fields.contains_key("tenantId");
            if is_missing {
                fields.insert("tenantId".to_owned(), tenant.into());
            }
            is_missing
        }
        _ => false,
    }
}

/// What is wrong with the tenant of a trigger.
pub(super) fn problem(body: Option<&Body>, tenant: &str) -> Option<String> {
    let body: Value = json::from_slice(body?.as_bytes()?).ok()?;
    let (trigger, other) = elsewhere(&body, tenant)?;
    Some(format!(
        "the trigger `{trigger}` has the tenant `{other}`, the request goes to `{tenant}`, and servers before 2.0 \
         would silently skip it: set `tenant_id(\"{tenant}\")`"
    ))
}

/// A trigger, on its own or within a list, and its tenant, if that is another.
fn elsewhere<'a>(body: &'a Value, tenant: &str) -> Option<(&'a str, &'a str)> {
    if let Some(triggers) = body.as_array().or_else(|| body.get("triggers")?.as_array()) {
        return triggers.iter().find_map(|trigger| elsewhere(trigger, tenant));
    }
    let other = body.get("tenantId")?.as_str()?;
    (other != tenant).then_some((body.get("triggerId")?.as_str()?, other))
}
