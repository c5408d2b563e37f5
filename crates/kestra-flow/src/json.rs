//! Nodes from JSON and back.

use serde_json::{Number, Value};

use crate::{Map, Node};

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => match number.as_i128() {
                Some(whole) => Self::Integer(whole),
                None => number.as_f64().map_or_else(|| Self::String(number.to_string()), Self::Float),
            },
            Value::String(text) => Self::String(text),
            Value::Array(items) => items.into_iter().collect(),
            Value::Object(fields) => Self::Map(fields.into_iter().collect()),
        }
    }
}

impl From<Node> for Value {
    /// A whole number of more than 64 bits becomes a string of its digits, and a float that is not finite null.
    fn from(node: Node) -> Self {
        match node {
            Node::Null => Self::Null,
            Node::Bool(flag) => Self::Bool(flag),
            Node::Integer(number) => {
                Number::from_i128(number).map_or_else(|| Self::String(number.to_string()), Self::Number)
            }
            Node::Float(number) => Number::from_f64(number).map_or(Self::Null, Self::Number),
            Node::String(text) => Self::String(text),
            Node::List(items) => items.into_iter().map(Self::from).collect(),
            Node::Map(map) => map.into(),
        }
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Object(map.into_iter().map(|(key, node)| (key, node.into())).collect())
    }
}
