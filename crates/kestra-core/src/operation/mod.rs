//! The definition of an operation from the catalogue, which every layer can read from the request.

mod characters;
mod class;
mod comparison;
mod filters;
mod parameter;
mod route;

pub use characters::CharacterRule;
pub use class::{Check, Deletion, Edition, Effect, Guard, Precheck, Replay, ResponseKind, Traffic};
pub use comparison::{Comparison, Comparisons};
pub use filters::{FilterField, FilterParameter, FilterResource};
pub use parameter::{FilterForms, KnownValues, QueryParameter};
pub use route::Route;

use crate::macros::const_setters;
use crate::version::{Version, Versions};

/// The definition of one operation of Kestra's HTTP API.
///
/// It is data: generated from the catalogue, `'static`, and carried by the request from the builder to the transport,
/// where layers read it through [`CallContext`](crate::CallContext). `Debug` shows the name.
#[non_exhaustive]
pub struct OperationInfo {
    /// Name in this client, such as `create_flow`.
    pub name: &'static str,
    /// Area of the client that has it, such as `flows`.
    pub area: &'static str,
    /// Key in the Go client, such as `FlowsAPIService.CreateFlow`; it selects servers for one operation.
    pub go_key: &'static str,
    /// Operation ids in the OpenAPI documents of all versions.
    pub aliases: &'static [&'static str],
    /// Which servers have it.
    pub edition: Edition,
    /// Whether it is idempotent.
    pub replay: Replay,
    /// Its routes, newest first; their versions are the versions that have the operation.
    pub routes: &'static [Route],
    /// Names of the path parameters in the order of the builder's arguments, without the tenant.
    pub path_parameters: &'static [&'static str],
    /// Its query parameters; a builder refers to one by its index.
    pub query_parameters: &'static [QueryParameter],
    /// Whether open-source servers ignore one of them.
    pub reads_edition: bool,
    /// The kind of the response body.
    pub response: ResponseKind,
    /// Value of the `Accept` header: the operation's own type first, since that is what selects the route.
    pub accept: &'static str,
    /// The class of traffic, which decides the timeouts.
    pub traffic: Traffic,
    /// Whether a server may respond with an error before it has read the body, which makes it hang. Such a request is sent
    /// on a new connection.
    pub early_error: bool,
    /// Whether it calls a webhook: the server stores every header that it is sent, so credentials stay away.
    pub webhook: bool,
    /// The request that is sent first to find out whether the server would carry out the operation.
    pub precheck: Option<Precheck>,
    /// The fields that it can be filtered by; `None` if it has no filters.
    pub filters: Option<&'static FilterResource>,
    /// For an action by query: the filters that every version reads alike or refuses; `None` if it is not known which ones are.
    pub read_alike: Option<&'static [FilterForms]>,
    /// For an action by query: the search that finds what it acts on.
    pub counted_by: Option<&'static OperationInfo>,
    /// For an action by query whose body has the filters: an action by query that has the same in its query.
    pub body_filters: Option<&'static OperationInfo>,
    /// For a stream of what is stored: the operation that lists it.
    pub listed_by: Option<&'static OperationInfo>,
    /// For an action by query: the action by ids that does the same.
    pub by_ids: Option<&'static OperationInfo>,
    /// Whether it changes or deletes everything that its query matches.
    pub acts_by_query: bool,
    /// Whether the server limits it to the last 8 days, unless a filter says when to begin.
    pub looks_back: bool,
    /// What it deletes, if it deletes something.
    pub deletes: Option<Deletion>,
    /// For an action by ids: its visible effect.
    pub effect: Option<Effect>,
    /// The check for requests that a server would silently misread.
    pub guard: Option<Guard>,
    /// The sort of its rows if they are read page by page without a sort of their own.
    pub stable_sort: &'static [&'static str],
    /// The versions whose servers may shut down on this request. It is refused there.
    pub stops_server: Option<Versions>,
    /// What to use on the versions that lack it or that it may shut down, as the end of a sentence that begins with `use`.
    pub instead: Option<&'static str>,
    /// Whether the response has the inputs that the server accepted from a form.
    pub shows_inputs: bool,
    /// Whether the server redirects to the execution that the file belongs to.
    pub redirects: bool,
}

crate::debug_fields! { OperationInfo, this, f => write!(f, "OperationInfo({})", this.name) }

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl OperationInfo {
    /// Creates a definition; the generator sets the rest with the `const` setters below.
    #[must_use]
    pub const fn new(name: &'static str, area: &'static str, routes: &'static [Route]) -> Self {
        Self {
            name,
            area,
            go_key: "",
            aliases: &[],
            edition: Edition::OpenSource,
            replay: Replay::NonIdempotent,
            routes,
            path_parameters: &[],
            query_parameters: &[],
            reads_edition: false,
            response: ResponseKind::Json,
            accept: ACCEPT_JSON,
            traffic: Traffic::Quick,
            early_error: false,
            webhook: false,
            precheck: None,
            filters: None,
            read_alike: None,
            counted_by: None,
            body_filters: None,
            listed_by: None,
            by_ids: None,
            acts_by_query: false,
            looks_back: false,
            deletes: None,
            effect: None,
            guard: None,
            stable_sort: &[],
            stops_server: None,
            instead: None,
            shows_inputs: false,
            redirects: false,
        }
    }

    const_setters! {
        set go_key: &'static str;
        set aliases: &'static [&'static str];
        set edition: Edition;
        set replay: Replay;
        set path_parameters: &'static [&'static str];
        set traffic: Traffic;
        mark early_error;
        some filters: &'static FilterResource;
        some read_alike: &'static [FilterForms];
        some counted_by: &'static OperationInfo;
        some body_filters: &'static OperationInfo;
        some listed_by: &'static OperationInfo;
        some by_ids: &'static OperationInfo;
        mark acts_by_query;
        mark looks_back;
        some deletes: Deletion;
        some effect: Effect;
        some guard: Guard;
        set stable_sort: &'static [&'static str];
        some stops_server: Versions;
        some instead: &'static str;
        mark shows_inputs;
        mark redirects;
        mark webhook;
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

    /// Sets the kind of the response body, and the `Accept` header that requests it.
    #[must_use]
    pub const fn response(mut self, response: ResponseKind, accept: &'static str) -> Self {
        self.response = response;
        self.accept = accept;
        self
    }

    /// Sets the operation to send first, and the check of its response.
    #[must_use]
    pub const fn precheck(mut self, operation: &'static OperationInfo, check: Check) -> Self {
        self.precheck = Some(Precheck::new(operation, check));
        self
    }
}

impl OperationInfo {
    /// Returns the route on a server of this version, or `None` if the version lacks the operation.
    #[must_use]
    pub fn route(&self, version: Version) -> Option<&'static Route> {
        self.routes.iter().find(|route| route.versions.contains(version))
    }

    /// Returns the route on the newest server that has the operation.
    ///
    /// `None` only for a definition without routes, which the generator does not write.
    #[must_use]
    pub fn newest_route(&self) -> Option<&'static Route> {
        self.routes.first()
    }

    /// Returns whether the route depends on the server's version, or some version lacks the operation or may shut down on it.
    #[inline]
    #[must_use]
    pub fn depends_on_version(&self) -> bool {
        self.stops_server.is_some() || !matches!(self.routes, [route] if route.versions.is_all())
    }
}

/// `Accept` of an operation that responds with JSON.
pub const ACCEPT_JSON: &str = "application/json, */*;q=0.1";
