//! Lists of keys.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::engine::time;
use crate::http::{Answer, Context, Reply};
use crate::query::{Resource, Subject, check_sort, sort_by};
use crate::store::KvEntry;

/// The fields that keys can be sorted by.
const SORTABLE: &[&str] = &[
    "key",
    "namespace",
    "name",
    "version",
    "revision",
    "created",
    "updated",
    "expirationDate",
    "description",
];

/// Keys by filters, sorted, a page at a time.
pub(super) fn all(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("listAllKeys")?;
    let sorts = query.sort()?;
    let filters = query.filters(Resource::Kv, cx.dialect())?;
    check_sort(&sorts, SORTABLE, cx.dialect())?;
    let mut found: Vec<KvEntry> =
        cx.app.kv().all().into_iter().filter(|entry| filters.matches(entry)).collect();
    sort_by(&mut found, &sorts, |entry, field| match field {
        "key" | "name" => Some(entry.key.clone()),
        "namespace" => Some(entry.namespace.clone()),
        "version" | "revision" => Some(format!("{:012}", entry.revision)),
        "created" => Some(time::stored(entry.created)),
        "updated" => Some(time::stored(entry.updated)),
        "expirationDate" => entry.expires.map(time::stored),
        _ => entry.description.clone(),
    });
    Reply::json(&page.of(found.iter().map(|entry| row(entry, cx.dialect())).collect()))
}

/// The keys of one namespace.
pub(super) fn of_namespace(cx: &Context) -> Answer {
    Reply::json(&rows(cx, |namespace| namespace == cx.param("namespace")))
}

/// The keys of the namespaces above; on 1.0 also those of the namespace itself.
pub(super) fn inherited(cx: &Context) -> Answer {
    let own = cx.param("namespace");
    let above = |namespace: &str| own.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('.'));
    let itself = cx.dialect() < Dialect::V1_3;
    Reply::json(&rows(cx, |namespace| above(namespace) || (itself && namespace == own)))
}

fn rows(cx: &Context, keep: impl Fn(&str) -> bool) -> Vec<Value> {
    let all = cx.app.kv().all();
    all.iter().filter(|entry| keep(&entry.namespace)).map(|entry| row(entry, cx.dialect())).collect()
}

fn row(entry: &KvEntry, dialect: Dialect) -> Value {
    let mut map = Map::new();
    if dialect >= Dialect::V1_3 {
        map.insert("namespace".to_owned(), json!(entry.namespace));
    }
    map.insert("key".to_owned(), json!(entry.key));
    if dialect >= Dialect::V1_3 {
        let name = if dialect.is_v2() { "revision" } else { "version" };
        map.insert(name.to_owned(), json!(entry.revision));
    }
    if let Some(description) = &entry.description {
        map.insert("description".to_owned(), json!(description));
    }
    map.insert("creationDate".to_owned(), json!(time::stored(entry.created)));
    map.insert("updateDate".to_owned(), json!(time::stored(entry.updated)));
    if let Some(expires) = entry.expires {
        map.insert("expirationDate".to_owned(), json!(time::stored(expires)));
    }
    Value::Object(map)
}

impl Subject for KvEntry {
    fn text(&self, field: &str) -> Option<String> {
        (field == "namespace").then(|| self.namespace.clone())
    }

    fn labels(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn full_text(&self) -> String {
        self.key.clone()
    }

    fn instant(&self, field: &str) -> Option<Timestamp> {
        if field == "expirationDate" { self.expires } else { Some(self.updated) }
    }
}
