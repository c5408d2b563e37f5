//! Chooses Rust names for the schemas of all documents.

use std::collections::{BTreeMap, BTreeSet};

use super::case;
use super::identity::Identity;
use crate::catalogue::{Type, Version};
use crate::error::Result;

/// The types that the documents' schema names stand for.
#[derive(Debug, Default)]
pub struct SchemaNames {
    types: BTreeMap<(Version, String), Type>,
    generic: BTreeSet<(Version, String)>,
}

impl SchemaNames {
    /// Chooses a name for each schema of each document: the shortest that no other schema has a better right to.
    ///
    /// # Errors
    ///
    /// A correction is no type.
    pub fn choose(names: &BTreeSet<(Version, String)>, identity: &Identity) -> Result<Self> {
        let mut chosen = Self::default();
        let mut taken = BTreeSet::new();
        let mut generics = Vec::new();
        let mut open: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (version, name) in names {
            if let Some(ty) = identity.schema(name, *version)? {
                taken.extend(ty.schema().map(str::to_owned));
                chosen.types.insert((*version, name.clone()), ty);
            } else if let Some(ty) = generic(name) {
                generics.push((*version, name, ty));
            } else {
                open.entry(name.clone()).or_insert_with(|| candidates(name));
            }
        }
        let rust = settle(open, &taken);
        for (version, name) in names {
            if let Some(rust) = rust.get(name) {
                let key = (*version, name.clone());
                chosen.types.entry(key).or_insert_with(|| Type::Ref(rust.clone()));
            }
        }
        // The arguments of generics are names of the document.
        for (version, name, ty) in generics {
            let ty = ty.renamed(&|argument| chosen.ty(version, argument));
            chosen.types.insert((version, name.clone()), ty);
            chosen.generic.insert((version, name.clone()));
        }
        Ok(chosen)
    }

    /// The Rust name under which a document's schema is kept; none if it only stands for another type.
    #[must_use]
    pub fn schema(&self, version: Version, name: &str) -> Option<&str> {
        let key = (version, name.to_owned());
        match self.types.get(&key) {
            Some(Type::Ref(rust)) if !self.generic.contains(&key) => Some(rust),
            _ => None,
        }
    }

    /// What a name in a document of that version stands for, generic arguments resolved too.
    #[must_use]
    pub fn ty(&self, version: Version, name: &str) -> Type {
        self.types.get(&(version, name.to_owned())).cloned().unwrap_or(Type::Json)
    }
}

/// The names that a schema might have, best first.
fn candidates(name: &str) -> Vec<String> {
    let mut segments: Vec<&str> = name.split('.').collect();
    if segments.len() > 1
        && segments.first().is_some_and(|first| {
            ["Controller", "Service", "Interface", "Provider"].iter().any(|suffix| first.ends_with(suffix))
        })
    {
        segments.remove(0);
    }
    let last = segments.last().copied().unwrap_or(name);
    let joined = case::pascal(&segments.join("_"));
    let mut candidates = Vec::new();
    // A last segment of several words tells what it is; one of a single word needs its owner's name.
    if segments.len() > 1 && case::snake(last.strip_prefix("Api").unwrap_or(last)).contains('_') {
        candidates.push(last.to_owned());
    }
    candidates.push(joined);
    candidates.push(case::pascal(name));
    let mut all = Vec::new();
    for candidate in candidates {
        let pascal = case::pascal(&candidate);
        if let Some(short) = pascal.strip_prefix("Api").filter(|short| short.len() > 3) {
            all.push(short.to_owned());
        }
        all.push(pascal);
    }
    all.dedup();
    all
}

/// Gives each schema the first of its names that no other wants as much; the one that is called so already wins.
fn settle(open: BTreeMap<String, Vec<String>>, taken: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut level: BTreeMap<String, usize> = open.keys().map(|name| (name.clone(), 0)).collect();
    let at = |level: usize, name: &str, names: &[String]| -> String {
        match names.get(level) {
            Some(candidate) => candidate.clone(),
            None => format!("{}{}", case::pascal(name), level - names.len() + 2),
        }
    };
    loop {
        let mut wanted: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for (name, names) in &open {
            wanted.entry(at(level[name], name, names)).or_default().push(name);
        }
        let mut moved = Vec::new();
        for (candidate, names) in wanted {
            let keeper = if taken.contains(&candidate) {
                // A correction gives the name to others; the schema that is called so in the document joins them.
                names.iter().find(|name| **name == &candidate).map(|name| (*name).clone())
            } else if let [only] = names.as_slice() {
                Some((*only).clone())
            } else {
                names.iter().find(|name| **name == &candidate).map(|name| (*name).clone())
            };
            moved.extend(names.into_iter().filter(|name| Some(*name) != keeper.as_ref()).cloned());
        }
        if moved.is_empty() {
            return open.iter().map(|(name, names)| (name.clone(), at(level[name], name, names))).collect();
        }
        for name in moved {
            if let Some(level) = level.get_mut(&name) {
                *level += 1;
            }
        }
    }
}

/// The type of a generic name, such as `PagedResults_Flow_`; its arguments are still the document's names.
pub(crate) fn generic(name: &str) -> Option<Type> {
    let argument = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('_'));
    let resolve = |name: &str| generic(name).unwrap_or_else(|| Type::Ref(name.to_owned()));
    if let Some(inner) = argument("PagedResults_") {
        return Some(Type::Page(Box::new(resolve(inner))));
    }
    if let Some(inner) = argument("Event_") {
        // What the server wraps; the wire has an id and the data.
        return Some(resolve(inner));
    }
    if argument("Property_").is_some() {
        // The expression, also for numbers and lists.
        return Some(Type::String);
    }
    if let Some(inner) = argument("List_") {
        return Some(resolve(inner).list());
    }
    if let Some((_, value)) = argument("Map_").and_then(|inner| inner.split_once('.')) {
        return Some(resolve(value).map());
    }
    match name {
        "Object" => Some(Type::Json),
        "String" => Some(Type::String),
        "Boolean" => Some(Type::Bool),
        "Integer" => Some(Type::Int32),
        "Long" => Some(Type::Int64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_names_are_types() {
        let text =
            |name: &str| generic(name).unwrap().renamed(&|name| Type::Ref(case::pascal(name))).to_string();
        assert_eq!(text("PagedResults_Flow_"), "page<Flow>");
        assert_eq!(text("PagedResults_SearchResult_Flow__"), "page<SearchResultFlow>");
        assert_eq!(text("PagedResults_Map_String.Object__"), "page<map<json>>");
        assert_eq!(text("Map_Resource.List_Action__"), "map<list<Action>>");
        assert_eq!(text("Property_List_String__"), "string");
        assert_eq!(generic("Input_Object_"), None);
    }

    #[test]
    fn names_are_short_and_unique() {
        let version = Version::OLDEST;
        let names = [
            "A.Type",
            "B.Type",
            "Type",
            "FlowController.TaskKind",
            "XController.ApiGroup",
            "YController.ApiGroup",
        ];
        let names: BTreeSet<_> = names.into_iter().map(|name| (version, name.to_owned())).collect();
        let chosen = SchemaNames::choose(&names, &Identity::default()).unwrap();
        let of = |name: &str| chosen.ty(version, name).to_string();
        assert_eq!(of("A.Type"), "AType");
        assert_eq!(of("Type"), "Type");
        assert_eq!(of("FlowController.TaskKind"), "TaskKind");
        assert_eq!(of("XController.ApiGroup"), "XControllerApiGroup");
        assert_eq!(of("YController.ApiGroup"), "YControllerApiGroup");
    }
}
