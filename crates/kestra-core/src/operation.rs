//! What the catalogue says of an operation: data that every layer can read from the request.

use std::fmt;

use http::Method;

use crate::characters::CharacterRule;
use crate::filter::FilterResource;
use crate::guard::Guard;
use crate::question::{Check, Question};
use crate::version::{Version, Versions};

/// Everything that is known of one operation of Kestra's HTTP API.
///
/// It is data: generated from the catalogue, `'static`, and carried by the request from the builder to the transport,
/// where layers read it through [`CallContext`](crate::CallContext).
#[derive(Debug)]
#[non_exhaustive]
pub struct OperationInfo {
    /// Name in this client, such as `create_flow`.
    pub name: &'static str,
    /// Area of the client that has it, such as `flows`.
    pub area: &'static str,
    /// Key in the Go client, such as `FlowsAPIService.CreateFlow`; it selects servers for one operation.
    pub go_key: &'static str,
    /// Operation ids that the documents of some version use for it.
    pub aliases: &'static [&'static str],
    /// Which servers have it.
    pub edition: Edition,
    /// What repeating it may do.
    pub replay: Replay,
    /// Its routes, newest first; together they tell which versions have it.
    pub routes: &'static [Route],
    /// Names of the path variables in the order of the builder's arguments, the tenant left out.
    pub path_parameters: &'static [&'static str],
    /// Its query parameters; a builder names one by its place in this list.
    pub query_parameters: &'static [QueryParameter],
    /// Whether open-source servers ignore one of them.
    pub reads_edition: bool,
    /// What the answer's body is.
    pub answer: Answer,
    /// Value of the `Accept` header: the operation's own type first, since that is what selects the route.
    pub accept: &'static str,
    /// What reading and sending takes.
    pub traffic: Traffic,
    /// Whether a server may answer an error before it has read the body, which makes it hang. Such a request is sent on a
    /// connection that nothing else was sent on.
    pub early_error: bool,
    /// Whether it calls a webhook: the server stores every header that it is sent, so credentials stay away.
    pub webhook: bool,
    /// What is asked before it is sent.
    pub asks_first: Option<Question>,
    /// What it can be filtered by; `None` for one without filters.
    pub filters: Option<&'static FilterResource>,
    /// For an action by query: the filters that every version reads alike or refuses; `None` if no older version reads them
    /// otherwise.
    pub read_alike: Option<&'static [FilterForms]>,
    /// For an action by query: the search that finds what it acts on.
    pub counted_by: Option<&'static OperationInfo>,
    /// For an action by query: the action by ids that does the same.
    pub by_ids: Option<&'static OperationInfo>,
    /// What a server does silently with some of its requests.
    pub guard: Option<Guard>,
    /// What its rows are sorted by when they are read page by page and nothing else is said.
    pub stable_sort: &'static [&'static str],
    /// What does its work on the versions that lack it, as the end of a sentence that begins with `use`.
    pub instead: Option<&'static str>,
    /// Whether the server answers with a redirect to the execution that the thing belongs to.
    pub redirects: bool,
}

impl OperationInfo {
    /// The start of a definition; the generator sets the rest with the `const` setters below.
    #[must_use]
    pub const fn new(name: &'static str, area: &'static str, routes: &'static [Route]) -> Self {
        Self {
            name,
            area,
            go_key: "",
            aliases: &[],
            edition: Edition::OpenSource,
            replay: Replay::StartsWork,
            routes,
            path_parameters: &[],
            query_parameters: &[],
            reads_edition: false,
            answer: Answer::Json,
            accept: ACCEPT_JSON,
            traffic: Traffic::Quick,
            early_error: false,
            webhook: false,
            asks_first: None,
            filters: None,
            read_alike: None,
            counted_by: None,
            by_ids: None,
            guard: None,
            stable_sort: &[],
            instead: None,
            redirects: false,
        }
    }

    /// Sets the key of the Go client.
    #[must_use]
    pub const fn go_key(mut self, key: &'static str) -> Self {
        self.go_key = key;
        self
    }

    /// Sets the ids that documents use.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Sets the edition.
    #[must_use]
    pub const fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// Sets the replay class.
    #[must_use]
    pub const fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }

    /// Sets the path variables.
    #[must_use]
    pub const fn path_parameters(mut self, names: &'static [&'static str]) -> Self {
        self.path_parameters = names;
        self
    }

    /// Sets the query parameters.
    #[must_use]
    pub const fn query_parameters(mut self, parameters: &'static [QueryParameter]) -> Self {
        self.query_parameters = parameters;
        let mut index = 0;
        while index < parameters.len() {
            self.reads_edition |= parameters[index].open_source_ignores.is_some();
            index += 1;
        }
        self
    }

    /// Sets what is answered, and the `Accept` header that asks for it.
    #[must_use]
    pub const fn answer(mut self, answer: Answer, accept: &'static str) -> Self {
        self.answer = answer;
        self.accept = accept;
        self
    }

    /// Sets the class of traffic.
    #[must_use]
    pub const fn traffic(mut self, traffic: Traffic) -> Self {
        self.traffic = traffic;
        self
    }

    /// Marks an operation whose errors may come before the body was read.
    #[must_use]
    pub const fn early_error(mut self) -> Self {
        self.early_error = true;
        self
    }

    /// Sets the operation that asks first, and what its response must say.
    #[must_use]
    pub const fn asks_first(mut self, operation: &'static OperationInfo, check: Check) -> Self {
        self.asks_first = Some(Question::new(operation, check));
        self
    }

    /// Sets what it can be filtered by.
    #[must_use]
    pub const fn filters(mut self, resource: &'static FilterResource) -> Self {
        self.filters = Some(resource);
        self
    }

    /// Sets the filters of an action by query that every version reads alike or refuses.
    #[must_use]
    pub const fn read_alike(mut self, forms: &'static [FilterForms]) -> Self {
        self.read_alike = Some(forms);
        self
    }

    /// Sets the search that finds what an action by query acts on.
    #[must_use]
    pub const fn counted_by(mut self, search: &'static OperationInfo) -> Self {
        self.counted_by = Some(search);
        self
    }

    /// Sets the action by ids that does the same as one by query.
    #[must_use]
    pub const fn by_ids(mut self, action: &'static OperationInfo) -> Self {
        self.by_ids = Some(action);
        self
    }

    /// Sets what is refused unless it is meant.
    #[must_use]
    pub const fn guard(mut self, guard: Guard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Sets a sort whose order doesn't change while rows come and go.
    #[must_use]
    pub const fn stable_sort(mut self, keys: &'static [&'static str]) -> Self {
        self.stable_sort = keys;
        self
    }

    /// Sets what does its work on the versions that lack it.
    #[must_use]
    pub const fn instead(mut self, hint: &'static str) -> Self {
        self.instead = Some(hint);
        self
    }

    /// Marks an operation whose server answers with a redirect to another execution.
    #[must_use]
    pub const fn redirects(mut self) -> Self {
        self.redirects = true;
        self
    }

    /// Marks a webhook.
    #[must_use]
    pub const fn webhook(mut self) -> Self {
        self.webhook = true;
        self
    }

    /// The route of a server of this version, if it has the operation.
    #[must_use]
    pub fn route(&self, version: Version) -> Option<&'static Route> {
        self.routes.iter().find(|route| route.versions.contains(version))
    }

    /// The route of the newest server that has the operation.
    ///
    /// `None` only for a definition without routes, which the generator does not write.
    #[must_use]
    pub fn newest_route(&self) -> Option<&'static Route> {
        self.routes.first()
    }

    /// Whether it changes or deletes whatever its filters find.
    #[must_use]
    pub fn acts_by_query(&self) -> bool {
        self.name.ends_with("_by_query") && self.replay != Replay::Safe
    }

    /// Whether it deletes something.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.name.starts_with("delete_")
    }

    /// Whether the route depends on the server's version, or some version lacks the operation.
    #[inline]
    #[must_use]
    pub fn depends_on_version(&self) -> bool {
        !matches!(self.routes, [route] if route.versions.is_all())
    }
}

/// One route of an operation and the versions that have it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Route {
    verb: Verb,
    pub(crate) pieces: Pieces,
    /// Path template, such as `/api/v1/{tenant}/flows/{namespace}/{id}`.
    pub path: &'static str,
    /// The versions that have it.
    pub versions: Versions,
}

/// A path template cut at its braces by the compiler, so that no request has to look for them.
///
/// Pieces are in turn text and the name of a variable, and begin and end with text, which may be empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces {
    ends: [u8; MAX_PIECES],
    count: u8,
}

/// Enough for a tenant and six variables.
const MAX_PIECES: usize = 15;

impl Pieces {
    const fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        assert!(bytes.len() < 256, "a path template is shorter than 256 bytes");
        let mut pieces = Self { ends: [0; MAX_PIECES], count: 0 };
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'{' || bytes[at] == b'}' {
                pieces.ends[pieces.count as usize] = at as u8;
                pieces.count += 1;
            }
            at += 1;
        }
        pieces.ends[pieces.count as usize] = at as u8;
        pieces.count += 1;
        assert!(pieces.count % 2 == 1, "every brace of a path template has its counterpart");
        pieces
    }

    /// Gives the pieces of the template that this was made of, and whether each is the name of a variable.
    pub(crate) fn iter(&self, path: &'static str) -> impl Iterator<Item = (&'static [u8], bool)> {
        let mut start = 0;
        let mut is_name = true;
        self.ends[..usize::from(self.count)].iter().map(move |end| {
            let end = usize::from(*end);
            let piece = path.as_bytes().get(start..end).unwrap_or_default();
            start = end + 1;
            is_name = !is_name;
            (piece, is_name)
        })
    }
}

/// The methods that the API uses, in a form that static tables can hold.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

macro_rules! routes {
    ($($name:ident $verb:ident),*) => {$(
        #[doc = concat!("A route with the method `", stringify!($verb), "`, as HTTP writes it in capitals.")]
        #[must_use]
        pub const fn $name(path: &'static str, versions: Versions) -> Self {
            Self { verb: Verb::$verb, pieces: Pieces::of(path), path, versions }
        }
    )*};
}

impl Route {
    routes!(get Get, post Post, put Put, patch Patch, delete Delete);

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        }
    }
}

/// Method and path template.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path)
    }
}

/// A query parameter and the versions that read it; other versions ignore it without a word.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct QueryParameter {
    /// Name on the wire.
    pub name: &'static str,
    /// The versions that read it.
    pub versions: Versions,
    /// What open-source servers do that ignore it, where only Enterprise reads it.
    pub open_source_ignores: Option<&'static str>,
    /// What some versions read a value's characters as.
    pub characters: &'static [CharacterRule],
    /// Whether the server parses the value as a URI, so that it is percent-encoded before it becomes part of the query.
    pub is_uri: bool,
    /// The value that is sent for an empty one.
    pub empty_as: Option<&'static str>,
    /// The values that servers know, where they ignore others without a word.
    pub known_values: Option<KnownValues>,
    /// The versions that read a date only without a fraction of a second or with one of three digits; `None` for values that are
    /// no dates, and for dates of any fraction.
    pub milliseconds: Option<Versions>,
    /// For an action by query: the field and the comparison of the filter that says the same to every version.
    pub filter: Option<(&'static str, &'static str)>,
}

/// The values of a parameter that servers know; see [`QueryParameter::known_values`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KnownValues {
    /// The values on the wire.
    pub values: &'static [&'static str],
    /// What servers do with another value, beside ignoring it.
    pub otherwise: &'static str,
}

impl QueryParameter {
    /// A parameter that every version reads.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self::of(name, Versions::ALL)
    }

    /// A parameter that these versions read.
    #[must_use]
    pub const fn of(name: &'static str, versions: Versions) -> Self {
        Self {
            name,
            versions,
            open_source_ignores: None,
            characters: &[],
            is_uri: false,
            empty_as: None,
            known_values: None,
            milliseconds: None,
            filter: None,
        }
    }

    /// Marks a parameter that open-source servers ignore, and says what they do instead.
    #[must_use]
    pub const fn open_source_ignores(mut self, consequence: &'static str) -> Self {
        self.open_source_ignores = Some(consequence);
        self
    }

    /// Marks a date that these versions read only without a fraction of a second or with one of three digits.
    #[must_use]
    pub const fn milliseconds(mut self, versions: Versions) -> Self {
        self.milliseconds = Some(versions);
        self
    }

    /// Sets the filter that an action by query sends in place of the parameter.
    #[must_use]
    pub const fn filter(mut self, field: &'static str, comparison: &'static str) -> Self {
        self.filter = Some((field, comparison));
        self
    }

    /// Sets what some versions read a value's characters as.
    #[must_use]
    pub const fn characters(mut self, rules: &'static [CharacterRule]) -> Self {
        self.characters = rules;
        self
    }

    /// Marks a parameter whose value the server parses as a URI.
    #[must_use]
    pub const fn uri(mut self) -> Self {
        self.is_uri = true;
        self
    }

    /// Sets the value that is sent for an empty one.
    #[must_use]
    pub const fn empty_as(mut self, value: &'static str) -> Self {
        self.empty_as = Some(value);
        self
    }

    /// Marks a parameter of which servers ignore all but these values, and says what they do then.
    #[must_use]
    pub const fn known_values(mut self, values: &'static [&'static str], otherwise: &'static str) -> Self {
        self.known_values = Some(KnownValues { values, otherwise });
        self
    }
}

/// A field and the ways to compare it that every version reads alike or refuses.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FilterForms {
    /// Name of the field on the wire.
    pub field: &'static str,
    /// Names of the comparisons on the wire.
    pub comparisons: &'static [&'static str],
}

impl FilterForms {
    /// A field and the ways to compare it.
    #[must_use]
    pub const fn new(field: &'static str, comparisons: &'static [&'static str]) -> Self {
        Self { field, comparisons }
    }
}

/// Which servers have an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// Open source and Enterprise.
    OpenSource,
    /// Enterprise only.
    Enterprise,
}

/// What repeating an operation may do; stated by the catalogue, not derived from the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// It only reads.
    Safe,
    /// It changes something, and doing it twice is the same as doing it once.
    Idempotent,
    /// It may start work, so it is repeated only when the request provably wasn't sent, or was answered with a 429.
    StartsWork,
}

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// JSON.
    Json,
    /// Text of any kind: logs, CSV, YAML.
    Text,
    /// Nothing, or nothing that tells anything.
    Empty,
    /// A file, read as a stream.
    Download,
    /// Server-sent events, read as a stream.
    Events,
}

impl Answer {
    /// Whether the transport collects the body within the attempt.
    #[must_use]
    pub const fn is_buffered(self) -> bool {
        matches!(self, Self::Json | Self::Text | Self::Empty)
    }
}

/// How long an operation may take and which timeouts fit it; the table is in [`Timeouts`](crate::Timeouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Traffic {
    /// Answered in seconds.
    Quick,
    /// Sends a body that may be large.
    Upload,
    /// Reads a body that may be large.
    Download,
    /// Reads events for as long as they come.
    Follow,
    /// Reads events, on a stream that isn't kept open while it is silent.
    FollowBriefly,
}

/// `Accept` of an operation that answers JSON.
pub const ACCEPT_JSON: &str = "application/json, */*;q=0.1";
