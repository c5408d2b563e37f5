//! Maps that keep their order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::slice::Iter;

use crate::Node;

/// A map from names to [`Node`]s that keeps the order in which the names were added.
///
/// ```
/// use kestra_flow::Map;
///
/// let headers = Map::new().with("accept", "application/json").with("x-retries", 3);
/// assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept", "x-retries"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Vec<(String, Node)>);

impl Map {
    /// Creates an empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a field, and returns the map. `None` or null removes the field.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Node>) -> Self {
        self.put(key.into(), value.into());
        self
    }

    /// Sets a field; an existing field keeps its place. `None` or null removes the field.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Node>) -> &mut Self {
        self.put(key.into(), value.into());
        self
    }

    /// Sets a field to a node, null included, and returns the node that it had.
    pub fn insert(&mut self, key: impl Into<String>, node: Node) -> Option<Node> {
        let key = key.into();
        match self.get_mut(&key) {
            Some(place) => Some(std::mem::replace(place, node)),
            None => {
                self.0.push((key, node));
                None
            }
        }
    }

    /// Removes a field, and returns its node.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1)
    }

    /// Returns the node of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// Returns the node of a field, to change it.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// Returns the string of a field; `None` if the field is absent or not a string.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::as_str)
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the map has no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.into_iter()
    }

    /// Iterates over the fields in their order, to change their nodes.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.0.iter_mut().map(|(key, node)| (key.as_str(), node))
    }

    /// Iterates over the names of the fields in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// Iterates over the nodes of the fields in their order.
    pub fn values(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().map(|(_, node)| node)
    }

    pub(crate) fn put(&mut self, key: String, node: Node) {
        if node.is_null() {
            self.remove(&key);
        } else {
            self.insert(key, node);
        }
    }

    /// The map of a field, which is added if the field is absent or null; `None` if it is something else.
    pub(crate) fn map_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self.or_insert(key, Node::Map(Self::new())) {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Sets an entry of the map of a field, unless the field is something else.
    pub(crate) fn put_in(&mut self, key: &str, name: impl Into<String>, value: impl Into<Node>) {
        if let Some(map) = self.map_mut(key) {
            map.put(name.into(), value.into());
        }
    }

    /// Adds to the list of a field; a value that is no list becomes its first item.
    pub(crate) fn push(&mut self, key: &str, node: Node) {
        match self.or_insert(key, Node::List(Vec::new())) {
            Node::List(items) => items.push(node),
            other => *other = Node::List(vec![std::mem::replace(other, Node::Null), node]),
        }
    }

    fn or_insert(&mut self, key: &str, empty: Node) -> &mut Node {
        let at = self.0.iter().position(|(known, _)| known == key).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push((key.to_owned(), Node::Null));
        }
        let place = &mut self.0[at].1;
        if place.is_null() {
            *place = empty;
        }
        place
    }
}

impl<K: Into<String>, V: Into<Node>> FromIterator<(K, V)> for Map {
    /// Collects fields; of several with one name the last counts, in the place of the first.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut all: Vec<(String, Node)> = Vec::new();
        for (key, node) in fields {
            let (key, node) = (key.into(), node.into());
            match places.entry(key.clone()) {
                Entry::Occupied(at) => all[*at.get()].1 = node,
                Entry::Vacant(place) => {
                    place.insert(all.len());
                    all.push((key, node));
                }
            }
        }
        Self(all)
    }
}

impl<K: Into<String>, V: Into<Node>, const N: usize> From<[(K, V); N]> for Map {
    fn from(fields: [(K, V); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a str, &'a Node);
    type IntoIter = std::iter::Map<Iter<'a, (String, Node)>, fn(&'a (String, Node)) -> (&'a str, &'a Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, node)| (key.as_str(), node))
    }
}

impl IntoIterator for Map {
    type Item = (String, Node);
    type IntoIter = std::vec::IntoIter<(String, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
