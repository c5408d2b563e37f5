//! The inputs of an execution: what was given, what the flow declares, and what comes of both.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::expression::{self, Scope};
use super::flow::{InputDefinition, plain_text};
use super::flow_json;
use super::input_convert::{InputValue, convert, unveil_map};
use super::input_error::{Fault, InputError};
use crate::dialect::Dialect;
use crate::http::{ApiError, Part};
use crate::uri;

/// A part of a form: text, or a file.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Text(String),
    File { name: String, body: Bytes },
}

/// What was given, by input; the last of a name wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenInputs {
    entries: Vec<(String, Given)>,
}

impl GivenInputs {
    /// Reads the parts of a form; refuses a file whose name can't stand in an address.
    pub(crate) fn from_parts(parts: Vec<Part>) -> Result<Self, ApiError> {
        let mut given = Self::default();
        for part in parts {
            let text = part.text();
            match part.filename {
                // The old style: the name of the file is the name of the input.
                Some(file) if part.name == "files" => {
                    given.set(&file, Given::File { name: ".upl".to_owned(), body: part.body });
                }
                Some(file) => {
                    address_takes(&file)?;
                    let name = uri::before_query(&file).to_owned();
                    given.set(&part.name, Given::File { name, body: part.body });
                }
                None => given.set(&part.name, Given::Text(text)),
            }
        }
        Ok(given)
    }

    /// Takes JSON values, as a subflow gets them.
    pub(crate) fn from_json(values: &Map<String, Value>) -> Self {
        let mut given = Self::default();
        for (key, value) in values.iter().filter(|(_, value)| !value.is_null()) {
            given.set(key, Given::Text(plain_text(value)));
        }
        given
    }

    fn set(&mut self, id: &str, value: Given) {
        self.entries.retain(|(key, _)| key != id);
        self.entries.push((id.to_owned(), value));
    }

    fn get(&self, id: &str) -> Option<&Given> {
        self.entries.iter().find(|(key, _)| key == id).map(|(_, value)| value)
    }

    /// Everything as text, for a flow that declares nothing and takes all.
    pub(crate) fn as_texts(&self) -> Map<String, Value> {
        let text = |given: &Given| match given {
            Given::Text(text) => json!(text),
            Given::File { body, .. } => json!(String::from_utf8_lossy(body)),
        };
        self.entries.iter().map(|(key, given)| (key.clone(), text(given))).collect()
    }
}

/// The name of a file becomes a part of its address as it is, which ends at a `?` or `#`.
fn address_takes(name: &str) -> Result<(), ApiError> {
    match uri::illegal(name).map(|(index, _)| index).or_else(|| name.find(';')) {
        None => Ok(()),
        Some(index) => Err(ApiError::illegal_argument(format!(
            "java.net.URISyntaxException: Illegal character in path at index {}: ///{name}",
            index + 3
        ))),
    }
}

/// An input and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedInput {
    pub(crate) definition: InputDefinition,
    pub(crate) value: Option<InputValue>,
    /// What was given, as sent.
    pub(crate) given: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) enabled: bool,
    pub(crate) error: Option<InputError>,
}

/// All inputs, and the files among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResolvedInputs {
    pub(crate) inputs: Vec<ResolvedInput>,
    /// Address and content.
    pub(crate) files: Vec<(String, Bytes)>,
}

/// Resolves the inputs in the order of their declaration. `base` is where files of the execution live.
pub(crate) fn resolve(
    declared: &[InputDefinition],
    given: &GivenInputs,
    base: &str,
    scope: &Scope,
    dialect: Dialect,
) -> ResolvedInputs {
    let mut all = ResolvedInputs::default();
    let mut scope = scope.clone();
    for definition in &InputDefinition::leaves(declared) {
        let mut file = None;
        let text = given.get(&definition.id).map(|given| match given {
            Given::Text(text) => text.clone(),
            Given::File { name, body } => {
                let uri = format!("{base}/inputs/{}/{name}", definition.id);
                file = Some((uri.clone(), body.clone()));
                uri
            }
        });
        let enabled = is_enabled(definition, &scope);
        let (definition, is_list) = with_choices(definition, &scope);
        let mut resolved = resolve_one(&definition, text, enabled, &scope, dialect);
        if enabled && !is_list {
            resolved.value = None;
            resolved.error =
                Some(InputError { id: definition.id.clone(), given: None, fault: Fault::NoChoices });
        }
        if enabled {
            all.files.extend(file);
        }
        all.inputs.push(resolved);
        scope.set("inputs", Value::Object(unveil_map(&all.stored())));
    }
    all
}

/// The same input with the values that its `expression` gives, and whether they are a list: text that looks like one isn't.
fn with_choices(definition: &InputDefinition, scope: &Scope) -> (InputDefinition, bool) {
    let mut definition = definition.clone();
    let Some(template) = definition.properties.get("expression").map(plain_text) else {
        return (definition, true);
    };
    let rendered =
        template.trim().starts_with("{{").then(|| expression::render(&template, scope).ok()).flatten();
    let values = rendered.and_then(|text| serde_json::from_str::<Vec<Value>>(&text).ok());
    let is_list = values.is_some();
    definition.properties.insert("values".to_owned(), values.unwrap_or_default().into());
    (definition, is_list)
}

fn resolve_one(
    definition: &InputDefinition,
    text: Option<String>,
    enabled: bool,
    scope: &Scope,
    dialect: Dialect,
) -> ResolvedInput {
    let mut resolved = ResolvedInput {
        definition: definition.clone(),
        value: None,
        given: text.clone(),
        is_default: false,
        enabled,
        error: None,
    };
    if !enabled {
        return resolved;
    }
    let fault = |fault, given: Option<String>| Some(InputError { id: definition.id.clone(), given, fault });
    let text = match text {
        Some(text) => text,
        None => match default_text(definition, scope) {
            None if definition.required => {
                resolved.error = fault(Fault::Missing, None);
                return resolved;
            }
            None => return resolved,
            Some(Err(cause)) => {
                resolved.error = fault(Fault::Value(cause), None);
                return resolved;
            }
            Some(Ok(text)) => {
                resolved.is_default = true;
                text
            }
        },
    };
    match convert(definition, &text, dialect) {
        Ok(value) => resolved.value = Some(value),
        Err(cause) => resolved.error = fault(cause, Some(text)),
    }
    resolved
}

fn default_text(definition: &InputDefinition, scope: &Scope) -> Option<Result<String, String>> {
    let defaults = definition.properties.get("defaults").filter(|value| !value.is_null())?;
    let text = plain_text(defaults);
    Some(if text.contains("{{") {
        expression::render(&text, scope).map_err(|error| error.to_string())
    } else {
        Ok(text)
    })
}

/// Whether the condition of `dependsOn` holds.
fn is_enabled(definition: &InputDefinition, scope: &Scope) -> bool {
    let condition = definition.properties.get("dependsOn").and_then(|depends| depends.get("condition"));
    let Some(condition) = condition.and_then(Value::as_str) else { return true };
    expression::render(condition, scope).is_ok_and(|text| expression::is_true(&text))
}

impl ResolvedInputs {
    /// The first fault.
    pub(crate) fn first_error(&self) -> Option<InputError> {
        self.inputs.iter().find_map(|input| input.error.clone())
    }

    /// The values as they are stored; ids with dots are nested.
    pub(crate) fn stored(&self) -> Map<String, Value> {
        self.nested(|value| value.stored.clone())
    }

    /// The values as the answer to a creation shows them on 1.x.
    pub(crate) fn fresh(&self) -> Map<String, Value> {
        self.nested(|value| value.fresh.clone())
    }

    fn nested(&self, pick: impl Fn(&InputValue) -> Value) -> Map<String, Value> {
        let mut map = Map::new();
        for input in self.inputs.iter().filter(|input| input.enabled) {
            put(&mut map, &input.definition.id, input.value.as_ref().map_or(Value::Null, &pick));
        }
        map
    }

    /// What the validation of inputs answers for each.
    pub(crate) fn report(&self, dialect: Dialect) -> Value {
        let one = |input: &ResolvedInput| {
            let errors: Vec<Value> = input
                .error
                .iter()
                .map(|error| {
                    let mut entry = json!({"message": error.message(dialect)});
                    if dialect > Dialect::V1_0 {
                        entry["renderError"] = json!(false);
                    }
                    entry
                })
                .collect();
            let mut entry = json!({
                "input": flow_json::input(&input.definition),
                "enabled": input.enabled,
                "isDefault": input.is_default,
                "errors": errors,
            });
            let value = match (&input.value, &input.given) {
                (Some(value), _) => Some(value.fresh.clone()),
                (None, Some(given)) => Some(json!(given)),
                (None, None) => None,
            };
            if let Some(value) = value {
                entry["value"] = value;
            }
            entry
        };
        self.inputs.iter().map(one).collect()
    }
}

/// Reads a rendered output of a flow as its type.
pub(crate) fn convert_output(kind: &str, value: Value, dialect: Dialect) -> Result<Value, String> {
    let Value::String(text) = &value else { return Ok(value) };
    if kind == "STRING" || kind.is_empty() {
        return Ok(value);
    }
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let definition =
        InputDefinition { id: String::new(), kind: kind.to_owned(), required: true, properties: Map::new() };
    match convert(&definition, text, dialect) {
        Ok(value) => Ok(value.stored),
        Err(fault) => {
            let error = InputError { id: String::new(), given: Some(text.clone()), fault };
            Err(error.message(dialect))
        }
    }
}

/// Puts a value under a path of dots.
fn put(map: &mut Map<String, Value>, id: &str, value: Value) {
    match id.split_once('.') {
        None => {
            map.insert(id.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = map.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
