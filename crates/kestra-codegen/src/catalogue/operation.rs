//! Operations of the HTTP API: routes, parameters, bodies and answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::class::{Deletion, Edition, Effect, Precheck, Replay, Traffic};
use super::types::Type;
use super::versions::Versions;

fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One operation, whatever its routes and ids are in each version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Name in the client, such as `create_flow`; unique within its area.
    pub name: String,
    /// Module that has it, such as `flows`; filled in from the file that holds it.
    #[serde(skip)]
    pub area: String,
    /// Tag in the documents, such as `Flows`.
    pub tag: String,
    /// Key of the Go client, such as `FlowsAPIService.CreateFlow`.
    pub go_key: String,
    /// Operation ids in the documents, newest first, and names that the client used before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Which servers have it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub edition: Edition,
    /// What repeating it may do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replay: Replay,
    /// Whether a document marks it as deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// Its routes, newest first; together they tell which versions have it.
    pub routes: Vec<Route>,
    /// Path variables in the order of the newest route, the tenant left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<PathParameter>,
    /// Query parameters, sorted by wire name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<QueryParameter>,
    /// Request headers that are parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderParameter>,
    /// The request's body, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The body of a successful answer.
    #[serde(default)]
    pub answer: Answer,
    /// Media types of a successful answer, the operation's own first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub produces: Vec<String>,
    /// Value of the `Accept` header; made from `produces` when the catalogue is loaded.
    #[serde(skip)]
    pub accept: String,
    /// What reading and sending takes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub traffic: Traffic,
    /// Whether a server may answer an error before it has read the body.
    #[serde(default, skip_serializing_if = "is_false")]
    pub early_error: bool,
    /// What is asked before it is sent, for one that may answer an early error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precheck: Option<Precheck>,
    /// For an action by query: the comparisons of its filters, by field, that every version reads alike or refuses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub read_alike: BTreeMap<String, Vec<String>>,
    /// For an action by query: the search of the same area that finds what it acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_by: Option<String>,
    /// For an action by query whose body has the filters: an action by query that has the same in its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_filters: Option<String>,
    /// For a stream of what is stored: the operation of the same area that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_by: Option<String>,
    /// For an action by query: the action by ids of the same area that does the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_ids: Option<String>,
    /// Whether it changes or deletes all that its query finds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub acts_by_query: bool,
    /// What it deletes, if it deletes something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes: Option<Deletion>,
    /// For an action by ids: the type of what names one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_item: Option<String>,
    /// For an action by ids: what can be seen once it was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The query parameter of labels, for a creation that a key among them makes safe to repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_among: Option<String>,
    /// Whether the response shows which inputs of a form the server took.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shows_inputs: bool,
    /// Whether it finds only what is young, unless it is told how far to look back.
    #[serde(default, skip_serializing_if = "is_false")]
    pub looks_back: bool,
    /// A sort that keeps its rows in their places while pages are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stable_sort: Vec<String>,
    /// Whether the server keeps every header that it is sent, so that credentials stay away.
    #[serde(default, skip_serializing_if = "is_false")]
    pub webhook: bool,
    /// The versions whose servers it may stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops_server: Option<Versions>,
    /// What does its work on the versions that lack it or that it may stop, as the end of a sentence that begins with `use`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// What a server does silently with some of its requests: a variant of `kestra_core::Guard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<String>,
    /// Query parameters without any of which it acts on everything, so that it is refused unless that is confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_one_of: Vec<String>,
    /// Whether the server answers with a redirect to the execution that the thing belongs to.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redirects: bool,
    /// Why twice is once, for an operation that writes and is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What it does, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
    /// What its path names, such as `flow`; from the summaries' files.
    #[serde(skip)]
    pub thing: Option<String>,
    /// When a server refuses it; from the summaries' files.
    #[serde(skip)]
    pub problems: Problems,
    /// Lines of code that use it, with a `client` at hand; from the examples' file.
    #[serde(skip)]
    pub example: Option<String>,
}

/// When a server refuses an operation, each as the end of a sentence that begins with `if`; empty where it never does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Problems {
    /// What it is about doesn't exist; made from the path if nothing is said.
    pub not_found: Option<String>,
    /// There is one already.
    pub already_exists: Option<String>,
    /// Its state doesn't allow it.
    pub conflict: Option<String>,
    /// The request is invalid; made from the body if nothing is said.
    pub invalid: Option<String>,
    /// Nobody may do it.
    pub forbidden: Option<String>,
}

impl Operation {
    /// Whether the operation is addressed within a tenant, by its newest route.
    #[must_use]
    pub fn has_tenant(&self) -> bool {
        self.routes.first().is_some_and(|route| route.path.contains("{tenant}"))
    }

    /// The smallest range that covers all routes.
    #[must_use]
    pub fn versions(&self) -> Versions {
        self.routes.iter().map(|route| route.versions).reduce(Versions::union).unwrap_or_default()
    }
}

/// A route and the versions that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Method in upper case.
    pub method: String,
    /// Path template, such as `/api/v1/{tenant}/flows/{namespace}/{id}`; variables are named alike in all routes.
    pub path: String,
    /// The versions that have it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
}

/// A variable of the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathParameter {
    /// Name in the path template.
    pub name: String,
    /// Name of the argument.
    pub rust: String,
    /// Type of the value.
    #[serde(rename = "type")]
    pub ty: Type,
    /// What it names, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// A parameter of the query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryParameter {
    /// Name on the wire.
    pub name: String,
    /// Name of the setter (or of the argument, if required).
    pub rust: String,
    /// For lists and maps: name of a setter that adds one value, if there is a good one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Type of the value.
    #[serde(rename = "type")]
    pub ty: Type,
    /// How a list or a map is written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub style: Style,
    /// Whether our call cannot be made without it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Whether a document marks it as deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// The versions that read it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
    /// What open-source servers do that ignore it, where only Enterprise reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_source_ignores: Option<String>,
    /// Kind of name whose characters some versions read as something else, as `characters.yaml` calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<String>,
    /// Whether the server parses the value as a URI.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uri: bool,
    /// What is sent for an empty value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_as: Option<String>,
    /// The values that servers know, where they ignore others without a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_values: Option<KnownValues>,
    /// The field and comparison of the filter that is sent in its place to servers that read filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The code of the value that is sent where the caller sets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Whether a list of values may be sent in several requests, one after the other.
    #[serde(default, skip_serializing_if = "is_false")]
    pub split: bool,
    /// Whether the value names tasks of a flow, of which servers ignore unknown ones.
    #[serde(default, skip_serializing_if = "is_false")]
    pub names_tasks: bool,
    /// The versions that read a date only without a fraction of a second or with one of three digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<Versions>,
    /// What else its documentation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it does, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// The values of a parameter that servers know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownValues {
    /// The values on the wire.
    pub values: Vec<String>,
    /// What servers do with another value, beside ignoring it.
    pub otherwise: String,
}

/// How a query parameter of several values is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The name once a value: `a=1&a=2`.
    #[default]
    Repeat,
    /// One value, joined by commas: `a=1,2`.
    Comma,
    /// A map, the name once an entry: `a=key:value`.
    Pairs,
}

/// A request header that is a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderParameter {
    /// Name on the wire.
    pub name: String,
    /// Name of the setter.
    pub rust: String,
    /// Type of the value.
    #[serde(rename = "type")]
    pub ty: Type,
    /// The versions that read it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
    /// What it does, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// What a request carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Whether our call cannot be made without one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The forms it may have, the one to use first.
    pub variants: Vec<BodyVariant>,
}

/// One form of a request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyVariant {
    /// Value of the `Content-Type` header (the boundary of a multipart body apart).
    pub content_type: String,
    /// What it is made of.
    pub content: Content,
    /// The versions that read it.
    #[serde(default, skip_serializing_if = "Versions::is_all")]
    pub versions: Versions,
}

/// What a request's body is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A value as JSON.
    Json(Type),
    /// YAML source, as text.
    Yaml,
    /// Other text.
    Text,
    /// The text that a value of a hand-written type is sent as.
    Typed(Type),
    /// Bytes of any kind.
    Bytes,
    /// Fields of a form, from the schema.
    Form(Type),
    /// Parts.
    Multipart(Multipart),
}

/// The parts of a multipart body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multipart {
    /// Parts with a fixed name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Whether parts of any other name are taken: inputs of a flow, by their ids.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inputs: bool,
}

/// A part with a fixed name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name on the wire.
    pub name: String,
    /// Name of the setter or argument.
    pub rust: String,
    /// `bytes` for a file, `list<bytes>` for several of one name, else text of that type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether our call cannot be made without it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// What it does, in our own words; from the summaries' files.
    #[serde(skip)]
    pub summary: Option<String>,
}

/// The body of a successful answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nothing, or nothing that tells anything.
    #[default]
    Empty,
    /// JSON.
    Json(Type),
    /// JSON, or nothing from some versions.
    OptionalJson(Type),
    /// Text of any kind: logs, CSV, YAML.
    Text,
    /// A file, read as a stream.
    Download,
    /// Server-sent events whose data are of the type.
    Events(Type),
}

impl Answer {
    /// The type that the answer is decoded into, if there is one.
    #[must_use]
    pub const fn ty(&self) -> Option<&Type> {
        match self {
            Self::Json(ty) | Self::OptionalJson(ty) | Self::Events(ty) => Some(ty),
            Self::Empty | Self::Text | Self::Download => None,
        }
    }
}
