//! Routes of namespaces and of the secrets in them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dialect::Dialect::{self, V1_3};
use crate::http::{Answer, Context, Reply, Route, now};
use crate::query::{Resource, Subject, check_sort, sort_by};

/// The namespace of the server itself.
const SYSTEM: &str = "system";

/// All routes of namespaces.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("namespaces/search", now!(search)),
        Route::get("namespaces/{namespace}", now!(get)),
        Route::post("namespaces/autocomplete", now!(complete)),
        Route::get("namespaces/{namespace}/secrets", now!(secrets)).until(V1_3),
        Route::get("namespaces/{namespace}/inherited-secrets", now!(inherited_secrets)),
        Route::get("secrets", now!(secrets)).since(V1_3),
    ]
}

/// The namespaces that flows are in, those above them, and the system's.
fn all(cx: &Context) -> Vec<Named> {
    let mut names: BTreeSet<String> = BTreeSet::from([SYSTEM.to_owned()]);
    for flow in cx.app.flows().all() {
        let mut name = flow.namespace();
        loop {
            names.insert(name.to_owned());
            match name.rsplit_once('.') {
                Some((above, _)) => name = above,
                None => break,
            }
        }
    }
    names.into_iter().map(Named).collect()
}

fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchNamespaces")?;
    let sorts = query.sort()?;
    check_sort(&sorts, &["id", "deleted"], cx.dialect())?;
    let mut found = all(cx);
    if cx.dialect().is_v2() {
        let filters = query.filters(Resource::Namespace, cx.dialect())?;
        found.retain(|namespace| filters.matches(namespace));
    } else if let Some(q) = query.first("q") {
        found.retain(|namespace| namespace.0.to_lowercase().contains(&q.to_lowercase()));
    }
    sort_by(&mut found, &sorts, |namespace, field| (field == "id").then(|| namespace.0.clone()));
    Reply::json(&page.of(found.iter().map(|namespace| view(&namespace.0, cx.dialect())).collect()))
}

/// Any namespace is there.
fn get(cx: &Context) -> Answer {
    Reply::json(&view(cx.param("namespace"), cx.dialect()))
}

fn view(id: &str, dialect: Dialect) -> Value {
    if dialect < V1_3 { json!({"id": id, "deleted": false}) } else { json!({"id": id}) }
}

/// What is to be completed.
#[derive(Deserialize)]
struct Completion {
    q: Option<String>,
    ids: Option<Vec<String>>,
}

/// Names that begin with a text, and those that are asked for by name.
fn complete(cx: &Context) -> Answer {
    let asked: Completion = cx.json("autocomplete")?;
    let ids = asked.ids.unwrap_or_default();
    let q = asked.q.map(|q| q.to_lowercase());
    let fits = |name: &str| match &q {
        Some(q) => name.to_lowercase().contains(q.as_str()),
        None => ids.is_empty(),
    };
    let names = all(cx).into_iter().map(|namespace| namespace.0);
    Reply::json(&names.filter(|name| ids.contains(name) || fits(name)).collect::<Vec<String>>())
}

/// The keys of secrets, never their values.
fn secrets(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("listSecrets")?;
    let asked = query.first("filters[q][EQUALS]").unwrap_or_default().to_lowercase();
    if cx.dialect() >= V1_3 {
        query.filters(Resource::Secret, cx.dialect())?;
    }
    let keys = cx.app.settings.secrets.keys();
    let rows =
        keys.filter(|key| key.to_lowercase().contains(&asked)).map(|key| json!({"key": key})).collect();
    let mut list = page.of(rows);
    list["readOnly"] = json!(true);
    Reply::json(&list)
}

fn inherited_secrets(cx: &Context) -> Answer {
    let keys: Vec<&String> = cx.app.settings.secrets.keys().collect();
    Reply::json(&json!({cx.param("namespace"): keys}))
}

/// A namespace by its name.
struct Named(String);

impl Subject for Named {
    fn text(&self, field: &str) -> Option<String> {
        (field == "namespace").then(|| self.0.clone())
    }

    fn labels(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn full_text(&self) -> String {
        self.0.clone()
    }

    fn instant(&self, _: &str) -> Option<Timestamp> {
        None
    }

    fn special(&self, filter: &crate::query::Filter) -> Option<bool> {
        (filter.field == "existingOnly").then_some(true)
    }
}
