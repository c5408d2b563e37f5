//! Sources of flows that real servers took, and the same broken by rule.

use std::collections::{BTreeMap, BTreeSet};

use kestra_flow::{Flow, Map, Node, Release, read_all};
use serde_json::Value;

use crate::recorded::{Exchange, load};

/// The lines of versions that there are recordings of.
pub const RELEASES: [Release; 3] = [Release::V1_0, Release::V1_3, Release::V2_0];

/// Returns the line of versions of a recording.
fn release(exchange: &Exchange) -> Option<Release> {
    let mut numbers = exchange.recorded.server_version.split(['.', '-']).map(str::parse);
    Some(Release::of(numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Returns the sources that servers of each line returned of flows that they store.
///
/// # Errors
///
/// Returns the problem if a recording can't be read.
pub fn stored() -> std::io::Result<BTreeMap<Release, BTreeSet<String>>> {
    let mut found: BTreeMap<Release, BTreeSet<String>> = BTreeMap::new();
    for exchange in load()? {
        let is_of_flows = exchange.request.path.contains("/flows");
        let body = exchange.response.body.as_ref().and_then(|body| body.value.as_deref());
        let json = body.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let (true, Some(json), Some(release)) = (is_of_flows, json, release(&exchange)) {
            sources(&json, found.entry(release).or_default());
        }
    }
    Ok(found)
}

/// A flow that a server stored has an id, a namespace, a source, and no exception.
fn sources(json: &Value, found: &mut BTreeSet<String>) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| sources(item, found)),
        Value::Object(object) => {
            let is_flow = ["id", "namespace", "tasks"].iter().all(|field| object.contains_key(*field));
            let is_broken = object.get("exception").is_some_and(|exception| !exception.is_null());
            let source = object.get("source").and_then(Value::as_str);
            found.extend(source.filter(|_| is_flow && !is_broken).map(str::to_owned));
            object.values().for_each(|value| sources(value, found));
        }
        _ => {}
    }
}

/// Returns the key of a source among the verdicts: its FNV-1a hash.
#[must_use]
pub fn key(source: &str) -> String {
    let hash = source.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Returns sources that are broken by rule: each field is dropped, renamed, set to a value of another shape, and each item of a
/// list is there twice. Of what is alike in several sources only the first is taken.
///
/// # Errors
///
/// Returns the problem if a recording can't be read.
pub fn broken() -> std::io::Result<Vec<String>> {
    let stored = stored()?;
    let sources: BTreeSet<&String> = stored.values().flatten().collect();
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for source in sources {
        let Ok(documents) = read_all(source) else { continue };
        let [document @ Node::Map(_)] = documents.as_slice() else { continue };
        let mut paths = Vec::new();
        places(document, &mut Vec::new(), "", &mut paths);
        for (path, kind) in paths {
            for rule in RULES {
                if let Some(flow) = rule.apply(document, &path)
                    && known.insert((kind.clone(), rule))
                {
                    all.push(Flow::from(flow).to_yaml());
                }
            }
        }
    }
    Ok(all)
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Collects the path of each value, and what it is: its field below the nearest `type`.
fn places(node: &Node, path: &mut Vec<Step>, kind: &str, found: &mut Vec<(Vec<Step>, String)>) {
    match node {
        Node::Map(map) => {
            let own = map.get_str("type").unwrap_or(kind).to_owned();
            for (key, node) in map.iter() {
                path.push(Step::Key(key.to_owned()));
                let kind = format!("{own}/{key}");
                found.push((path.clone(), kind.clone()));
                places(node, path, &kind, found);
                path.pop();
            }
        }
        Node::List(items) => {
            for (index, node) in items.iter().enumerate() {
                path.push(Step::Index(index));
                places(node, path, kind, found);
                path.pop();
            }
        }
        _ => {}
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Drop,
    Rename,
    ToList,
    ToMap,
    ToWord,
    ToNumber,
    ToEmpty,
    ToFlag,
    Double,
    ToGone(&'static str),
}

const RULES: [Rule; 16] = [
    Rule::Drop,
    Rule::Rename,
    Rule::ToList,
    Rule::ToMap,
    Rule::ToWord,
    Rule::ToNumber,
    Rule::ToEmpty,
    Rule::ToFlag,
    Rule::Double,
    Rule::ToGone("io.kestra.core.tasks.debugs.Echo"),
    Rule::ToGone("io.kestra.plugin.core.debug.Echo"),
    Rule::ToGone("io.kestra.plugin.core.flow.EachSequential"),
    Rule::ToGone("io.kestra.plugin.core.flow.ForEach"),
    Rule::ToGone("io.kestra.plugin.core.state.Get"),
    Rule::ToGone("io.kestra.plugin.core.trigger.Toggle"),
    Rule::ToGone("io.kestra.plugin.core.log.Lgo"),
];

impl Rule {
    /// Returns the flow with the value at a path broken, if the rule has to do with it.
    fn apply(self, flow: &Node, path: &[Step]) -> Option<Map> {
        let mut flow = flow.clone();
        let (last, above) = path.split_last()?;
        let mut node = &mut flow;
        for step in above {
            node = match (step, node) {
                (Step::Key(key), Node::Map(map)) => map.get_mut(key)?,
                (Step::Index(index), Node::List(items)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        let (Step::Key(key), Node::Map(map)) = (last, node) else { return None };
        let value = map.get_mut(key)?;
        let is_scalar = !matches!(value, Node::List(_) | Node::Map(_));
        match self {
            Self::Drop => {
                map.remove(key);
            }
            Self::Rename => {
                let value = map.remove(key)?;
                map.insert(format!("{key}x"), value);
            }
            Self::ToList if !matches!(value, Node::List(_)) => *value = Node::from(["x", "y"]),
            Self::ToMap if !matches!(value, Node::Map(_)) => *value = Node::Map(Map::new().with("x", "y")),
            Self::ToWord => *value = Node::from("a word"),
            Self::ToNumber if !matches!(value, Node::Integer(_)) => *value = Node::from(-7),
            Self::ToEmpty => *value = Node::List(Vec::new()),
            Self::ToFlag if !matches!(value, Node::Bool(_)) => *value = Node::Bool(true),
            Self::Double => match value {
                Node::List(items) => items.extend(items.clone()),
                _ => return None,
            },
            Self::ToGone(kind) if is_scalar && key == "type" => *value = Node::from(kind),
            _ => return None,
        }
        match flow {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }
}
