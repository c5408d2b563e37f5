//! What a server's schema says, without its words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;
use std::{fmt, fs};

use serde_json::{Map, Value};

use super::kind::{Definition, Field, Kind, Scalar};

/// The types that a server has, from its schema of flows.
///
/// ```no_run
/// use kestra_flow::Schema;
///
/// // The saved response of `GET /api/v1/plugins/schemas/flow`.
/// let schema = Schema::read("schema.json")?;
/// for finding in schema.check(&std::fs::read_to_string("flow.yaml")?) {
///     println!("flow.yaml:{finding}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The definition of a flow.
    pub(super) root: String,
    pub(super) definitions: BTreeMap<String, Definition>,
    /// Objects that are told apart by their `type`: the definition of each.
    pub(super) groups: Vec<BTreeMap<String, String>>,
    /// Whether every type is here that the server has; else only those of Kestra itself.
    pub(super) is_whole: bool,
    /// Whether types have their names of before Kestra 0.17 as well, which the schema of that version does not list.
    pub(super) has_old_names: bool,
}

/// The error of a file or a string that is not a schema of flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a schema of flows: {}: save the response of GET /api/v1/plugins/schemas/flow", self.0)
    }
}

impl std::error::Error for SchemaError {}

/// More words than this are a list such as that of time zones, which no file should repeat.
const WORDS: usize = 40;

impl Schema {
    /// Reads a file with the schema of one server: the JSON that `GET /api/v1/plugins/schemas/flow` returns. The JSON itself is
    /// read by [`FromStr`].
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read, is not JSON, or defines no flow.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SchemaError> {
        fs::read_to_string(path).map_err(|problem| SchemaError(problem.to_string()))?.parse()
    }

    /// Reads what `Display` writes.
    pub(super) fn condensed(text: &str) -> Option<Self> {
        let mut schema = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let kind = words.next()?;
            match kind {
                "root" => schema.root = words.next()?.to_owned(),
                "old-names" => schema.has_old_names = true,
                "group" => schema.groups.push(words.map(entry).collect::<Option<_>>()?),
                name => {
                    let fields = words.map(field).collect::<Option<_>>()?;
                    schema.definitions.insert(name.to_owned(), as_read(name, fields));
                }
            }
        }
        schema.definitions.contains_key(&schema.root).then_some(schema)
    }
}

impl FromStr for Schema {
    type Err = SchemaError;

    fn from_str(json: &str) -> Result<Self, SchemaError> {
        let json: Value = serde_json::from_str(json).map_err(|problem| SchemaError(problem.to_string()))?;
        let root = json.get("$ref").and_then(Value::as_str).and_then(name_of);
        let (Some(root), Some(all)) = (root, json.get("definitions").and_then(Value::as_object)) else {
            return Err(SchemaError("it has no `$ref` and `definitions`".to_owned()));
        };
        let mut reader = Reader { all, groups: Vec::new(), task: Kind::Any };
        if let Some(tasks) = parts_of(all, root, 0).fields.get("tasks")
            && let Kind::List(task) = reader.kind(tasks)
        {
            reader.task = *task;
        }
        let definitions = all.keys().filter_map(|name| {
            let Parts { fields, required } = parts_of(all, name, 0);
            if fields.is_empty() {
                return None;
            }
            let fields = fields.into_iter().map(|(field, json)| {
                let is_required = required.contains(field);
                (field.to_owned(), Field { kind: reader.kind(json), is_required })
            });
            Some((name.clone(), as_read(name, fields.collect())))
        });
        let definitions: BTreeMap<_, _> = definitions.collect();
        if !definitions.contains_key(root) {
            return Err(SchemaError(format!("it does not define `{root}`")));
        }
        Ok(Self {
            root: root.to_owned(),
            definitions,
            groups: reader.groups,
            is_whole: true,
            has_old_names: false,
        })
    }
}

/// Makes a definition that takes what servers take, where a schema says less.
fn as_read(name: &str, mut fields: BTreeMap<String, Field>) -> Definition {
    if name.contains(".flows.input.") {
        for (name, field) in &mut fields {
            let takes_more = match (name.as_str(), &field.kind) {
                // The default of a list is kept as it is until the flow runs.
                ("defaults" | "prefill", Kind::Dynamic(kind)) => matches!(**kind, Kind::List(_)),
                // So is what stands beside a value.
                ("values", Kind::List(item)) => matches!(**item, Kind::Either(_)),
                _ => false,
            };
            if takes_more {
                field.kind = if name == "values" { Kind::List(Box::new(Kind::Any)) } else { Kind::Any };
            }
        }
    }
    Definition { fields }
}

fn entry(word: &str) -> Option<(String, String)> {
    let (kind, name) = word.split_once('=').unwrap_or((word, word));
    Some((kind.to_owned(), name.to_owned()))
}

fn field(word: &str) -> Option<(String, Field)> {
    let (name, mut kind) = word.split_once(':')?;
    let required = name.strip_prefix('!');
    let field = Field { kind: Kind::read(&mut kind)?, is_required: required.is_some() };
    kind.is_empty().then(|| (required.unwrap_or(name).to_owned(), field))
}

/// Writes the condensed form: a line for each group and each definition.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "root {}", self.root)?;
        for group in &self.groups {
            f.write_str("group")?;
            for (kind, name) in group {
                if kind == name { write!(f, " {kind}")? } else { write!(f, " {kind}={name}")? }
            }
            writeln!(f)?;
        }
        for (name, definition) in &self.definitions {
            f.write_str(name)?;
            for (name, field) in &definition.fields {
                write!(f, " {}{name}:{}", if field.is_required { "!" } else { "" }, field.kind)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn name_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/definitions/")
}

/// The fields of a definition and the names of those that it needs.
#[derive(Default)]
struct Parts<'a> {
    fields: BTreeMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
}

/// Collects what a definition says itself, and what the definitions that it extends say.
fn parts_of<'a>(all: &'a Map<String, Value>, name: &str, depth: u8) -> Parts<'a> {
    let mut parts = Parts::default();
    if let Some(definition) = all.get(name)
        && depth < 5
    {
        let extended = definition.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for json in extended.chain([definition]) {
            if let Some(other) = json.get("$ref").and_then(Value::as_str).and_then(name_of) {
                let other = parts_of(all, other, depth + 1);
                parts.fields.extend(other.fields);
                parts.required.extend(other.required);
            }
            let fields = json.get("properties").and_then(Value::as_object).into_iter().flatten();
            parts.fields.extend(fields.map(|(name, json)| (name.as_str(), json)));
            let required = json.get("required").and_then(Value::as_array).into_iter().flatten();
            parts.required.extend(required.filter_map(Value::as_str));
        }
    }
    parts
}

struct Reader<'a> {
    all: &'a Map<String, Value>,
    groups: Vec<BTreeMap<String, String>>,
    /// Any task.
    task: Kind,
}

impl Reader<'_> {
    fn kind(&mut self, json: &Value) -> Kind {
        let kind = self.plain_kind(json);
        match json.get("$dynamic") {
            Some(Value::Bool(true)) if !matches!(kind, Kind::Any | Kind::Dynamic(_)) => {
                Kind::Dynamic(Box::new(kind))
            }
            _ => kind,
        }
    }

    fn plain_kind(&mut self, json: &Value) -> Kind {
        if let Some(name) = json.get("$ref").and_then(Value::as_str).and_then(name_of) {
            return self.object(name);
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            if let Some(parts) = json.get(key).and_then(Value::as_array) {
                return if key == "allOf" { self.all_of(parts) } else { self.any_of(parts) };
            }
        }
        if let Some(words) = json.get("enum").and_then(Value::as_array) {
            let words: Vec<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let is_known = words.len() <= WORDS && words.iter().all(|word| !word.contains([' ', ',', '>']));
            return Kind::Scalar(if is_known { Scalar::Enum(words) } else { Scalar::String });
        }
        if let Some(word) = json.get("const").and_then(Value::as_str) {
            return Kind::Scalar(Scalar::Enum(vec![word.to_owned()]));
        }
        match json.get("type").and_then(Value::as_str) {
            Some("array") => {
                let items = json.get("items").map_or(Kind::Any, |items| self.kind(items));
                Kind::List(Box::new(items))
            }
            Some("object") => {
                let values = json.get("additionalProperties").filter(|values| values.is_object());
                Kind::Map(Box::new(values.map_or(Kind::Any, |values| self.kind(values))))
            }
            Some("string") => Kind::Scalar(string(json)),
            Some("integer") => Kind::Scalar(Scalar::Integer),
            Some("number") => Kind::Scalar(Scalar::Number),
            Some("boolean") => Kind::Scalar(Scalar::Boolean),
            _ => Kind::Any,
        }
    }

    /// An object, unless the definition says nothing of its fields.
    fn object(&self, name: &str) -> Kind {
        match parts_of(self.all, name, 0).fields.is_empty() {
            true if name.ends_with(".models.tasks.Task") => self.task.clone(),
            true => Kind::Any,
            false => Kind::Object(name.to_owned()),
        }
    }

    /// The first part that says something; the others add words.
    fn all_of(&mut self, parts: &[Value]) -> Kind {
        parts.iter().map(|part| self.kind(part)).find(|kind| *kind != Kind::Any).unwrap_or(Kind::Any)
    }

    fn any_of(&mut self, parts: &[Value]) -> Kind {
        let kinds: Vec<Kind> = parts.iter().map(|part| self.kind(part)).collect();
        let mut group = BTreeMap::new();
        let mut others = Vec::new();
        for kind in kinds {
            match &kind {
                Kind::Object(name) => {
                    let words = self.types(name);
                    if words.is_empty() {
                        others.push(kind);
                        continue;
                    }
                    for word in &words {
                        // The schema has some objects twice, once with all types that there are.
                        if words.len() == 1 || word.contains('.') {
                            group.insert(word.clone(), name.clone());
                        } else {
                            group.entry(word.clone()).or_insert_with(|| name.clone());
                        }
                    }
                }
                _ => others.push(kind),
            }
        }
        if group.is_empty() {
            if others.contains(&Kind::Any) {
                return Kind::Any;
            }
        } else {
            // A definition without fields is one that no server of open source has.
            others.retain(|kind| *kind != Kind::Any);
            others.push(Kind::Group(self.group(group)));
        }
        if others.len() == 1 { others.swap_remove(0) } else { Kind::Either(others) }
    }

    /// The values of the field `type` of an object.
    fn types(&self, name: &str) -> Vec<String> {
        let Some(kind) = parts_of(self.all, name, 0).fields.remove("type") else { return Vec::new() };
        match (kind.get("const"), kind.get("enum")) {
            (Some(Value::String(word)), _) => vec![word.clone()],
            (_, Some(Value::Array(words))) => {
                words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    fn group(&mut self, group: BTreeMap<String, String>) -> usize {
        self.groups.iter().position(|known| *known == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        })
    }
}

/// The kind of a string, by its format or its pattern.
fn string(json: &Value) -> Scalar {
    let text = |key| json.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("format"), text("pattern")) {
        ("duration", _) => Scalar::Duration,
        (_, "^[a-zA-Z0-9][a-zA-Z0-9_-]*") => Scalar::TaskId,
        (_, "^[a-zA-Z0-9][a-zA-Z0-9._-]*" | "^[a-zA-Z0-9][.a-zA-Z0-9_-]*") => Scalar::FlowId,
        (_, "^[a-z0-9][a-z0-9._-]*") => Scalar::Namespace,
        _ => Scalar::String,
    }
}
