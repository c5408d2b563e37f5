//! What derived code calls, and no other.

use kestra_flow::{Flow, Input, Node};
use kestra_models::InputValue;
pub use serde_json::Value;

use super::InputSignature;

/// Returns the first word, which types have at least one of.
#[must_use]
pub const fn first(words: &'static [&'static str]) -> &'static str {
    match words {
        [first, ..] => first,
        [] => "",
    }
}

/// Returns whether a word is one of some.
#[must_use]
pub const fn is_one_of(word: &str, words: &[&str]) -> bool {
    let mut rest = words;
    while let [one, others @ ..] = rest {
        if is_same(word.as_bytes(), one.as_bytes()) {
            return true;
        }
        rest = others;
    }
    false
}

/// Returns whether an input takes a string: one of its values, or any if it has none.
#[must_use]
pub const fn takes(text: &str, values: &[&str]) -> bool {
    values.is_empty() || is_one_of(text, values)
}

const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

/// Returns the entry of an input in a signature.
#[must_use]
pub const fn signature(
    id: &'static str,
    type_: &'static str,
    values: &'static [&'static str],
    is_required: bool,
) -> InputSignature {
    let input = InputSignature::new(id, type_).values(values);
    if is_required { input } else { input.optional() }
}

/// Returns the entry of an input in a source.
#[must_use]
pub fn input(id: &str, type_: &str, item_type: Option<&str>, values: &[&str]) -> Input {
    let input = Input::new(id, type_).set("itemType", item_type);
    if values.is_empty() { input } else { input.set("values", values) }
}

/// Returns a value as a source has it.
pub fn node(value: impl Into<InputValue>) -> Node {
    match value.into() {
        InputValue::Int(number) => Node::from(number),
        InputValue::Float(number) => Node::from(number),
        value => Node::from(value.to_json()),
    }
}

/// Sets inputs in a flow; inputs with other ids stay.
#[must_use]
pub fn add_to(flow: Flow, inputs: Vec<Input>) -> Flow {
    let known = flow.get("inputs").and_then(Node::as_list).unwrap_or_default();
    let is_other = |node: &&Node| {
        let id = node.as_map().and_then(|input| input.get_str("id"));
        id.is_none_or(|id| inputs.iter().all(|input| input.id() != id))
    };
    let mut all: Vec<Node> = known.iter().filter(is_other).cloned().collect();
    all.extend(inputs.into_iter().map(Node::from));
    flow.set("inputs", all)
}

/// Returns the string of an output.
#[must_use]
pub fn text(value: &Value) -> Option<&str> {
    value.as_str()
}
