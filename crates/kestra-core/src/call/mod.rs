//! A call before it is a request: the operation, what was set for it, and its options.

mod action;
mod look_back;
mod request;

use action::FoundBy;
pub use action::FoundRows;

use crate::body::{Body, Multipart};
use crate::encode::{ParameterValue, push_segment};
use crate::error::Error;
use crate::filter::Filter;
use crate::head::Arguments;
use crate::headers::static_value;
use crate::json;
use crate::key::IdempotencyKey;
use crate::operation::{OperationInfo, QueryParameter};
use crate::options::CallOptions;
use crate::payload::Payload;
use crate::query::{Extras, Query};

/// An operation with its parameters, body and options, before it becomes a request. The first mistake of a builder is
/// the error of sending the call.
pub struct Call {
    info: &'static OperationInfo,
    arguments: Arguments,
    query: Query,
    payload: Payload,
    options: CallOptions,
    waits: bool,
    needs_fresh_version: bool,
    needs_one_of: &'static [usize],
    at_most: Option<u64>,
    found_by: Option<Box<FoundBy>>,
    enterprise: bool,
    // Boxed, as few calls have one.
    key: Option<Box<IdempotencyKey>>,
    problem: Option<Error>,
}

impl Call {
    /// The operation.
    #[inline]
    #[must_use]
    pub fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// The options.
    #[inline]
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        &self.options
    }
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl Call {
    /// A call of an operation, nothing set.
    #[inline]
    #[must_use]
    pub fn new(info: &'static OperationInfo) -> Self {
        Self {
            info,
            arguments: Arguments::default(),
            query: Query::default(),
            payload: Payload::default(),
            options: CallOptions::new(),
            waits: false,
            needs_fresh_version: false,
            needs_one_of: &[],
            at_most: None,
            found_by: None,
            enterprise: false,
            key: None,
            problem: None,
        }
    }

    /// Changes the options.
    pub fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        self.options = change(std::mem::take(&mut self.options));
    }

    /// Keeps a mistake, if it is the first.
    pub fn fail(&mut self, problem: Error) {
        self.problem.get_or_insert(problem);
    }

    /// Takes the first mistake out, named after the operation.
    pub fn take_problem(&mut self) -> Option<Error> {
        self.problem.take().map(|problem| problem.with_operation(self.info))
    }

    /// Sets the next variable of the path.
    #[inline]
    #[must_use]
    pub fn path(mut self, value: impl ParameterValue) -> Self {
        self.add_path(value);
        self
    }

    fn add_path(&mut self, value: impl ParameterValue) {
        let name = self.info.path_parameters.get(self.arguments.len()).copied().unwrap_or("path");
        let problem = value.with_text(|value| match value {
            "" => Some("it is empty: set it"),
            "." | ".." => Some("`.` and `..` would name another path"),
            value => {
                self.arguments.push(|text| push_segment(text, value));
                None
            }
        });
        if let Some(problem) = problem {
            self.arguments.push(|_| {});
            self.fail(Error::invalid(name, problem));
        }
    }

    /// Sets a query parameter, in place of what was set for it before.
    #[inline]
    pub fn set_query(&mut self, index: usize, value: impl ParameterValue) {
        self.query.remove(index);
        self.query.add(self.info, index, &value);
    }

    /// Takes back what was set for a query parameter.
    pub fn clear_query(&mut self, index: usize) {
        self.query.remove(index);
    }

    /// Adds a value of a query parameter.
    #[inline]
    pub fn add_query(&mut self, index: usize, value: impl ParameterValue) {
        self.query.add(self.info, index, &value);
    }

    /// The key that a creation is to be looked up by; made if there is none yet.
    pub fn key_mut(&mut self) -> &mut IdempotencyKey {
        self.key.get_or_insert_default()
    }

    /// Returns whether the call has an idempotency key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Takes the key out, for the sender to look it up.
    pub fn take_key(&mut self) -> Option<IdempotencyKey> {
        self.key.take().map(|key| *key)
    }

    /// A variable of the path, as it was given.
    #[must_use]
    pub fn path_value(&self, index: usize) -> Option<String> {
        let encoded = self.arguments.get(index)?;
        Some(percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned())
    }

    /// Replaces a path parameter.
    pub fn change_path(&mut self, index: usize, value: &str) {
        self.arguments.change(index, |text| push_segment(text, value));
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query_value(&self, index: usize) -> Option<String> {
        self.query.value(index)
    }

    /// Returns the call for another request. A body that can be read only once goes with the first that is taken.
    #[must_use]
    pub fn again(&mut self) -> Self {
        let payload = self.payload.again();
        self.with_payload(payload)
    }

    /// Returns a copy, or `None` if the body can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(self.with_payload(self.payload.try_clone()?))
    }

    /// Returns a copy of a call whose body is in memory.
    #[must_use]
    pub fn copy(&self) -> Self {
        self.try_clone().unwrap_or_else(|| {
            let mut copy = self.with_payload(Payload::default());
            copy.fail(Error::invalid("body", "it can be read only once: build the call again"));
            copy
        })
    }

    fn with_payload(&self, payload: Payload) -> Self {
        Self {
            info: self.info,
            arguments: self.arguments.clone(),
            query: self.query.clone(),
            payload,
            options: self.options.clone(),
            waits: self.waits,
            needs_fresh_version: self.needs_fresh_version,
            needs_one_of: self.needs_one_of,
            at_most: self.at_most,
            found_by: self.found_by.clone(),
            enterprise: self.enterprise,
            key: self.key.clone(),
            problem: self.problem.as_ref().map(Error::copy),
        }
    }

    /// The same call in as many pieces as it takes for the values of one query parameter not to have more than
    /// `limit` bytes in each; none of them if they fit into one.
    #[must_use]
    pub fn split_query(&mut self, index: usize, limit: usize) -> Vec<Self> {
        let pieces = self.query.split(index, limit);
        if pieces.len() < 2 {
            return Vec::new();
        }
        pieces.into_iter().map(|query| Self { query, ..self.again() }).collect()
    }

    /// Whether a query parameter has a value.
    #[must_use]
    pub fn has_query(&self, index: usize) -> bool {
        self.query.has(index)
    }

    /// Whether a query parameter has a value that starts so.
    #[must_use]
    pub fn has_query_value(&self, index: usize, start: &str) -> bool {
        self.query.has_value(self.info, index, start)
    }

    /// Refuses to be sent as long as none of these query parameters has a value, since without them the operation acts on
    /// everything.
    pub fn set_needs_one_of(&mut self, indices: &'static [usize]) {
        self.needs_one_of = indices;
    }

    /// Adds a pair to the query that the catalogue doesn't know.
    pub fn add_extra_query(&mut self, name: &str, value: &str) {
        self.query.add_extra(name, value);
    }

    /// Adds a filter, which belongs to this query parameter.
    pub fn add_filter(&mut self, index: usize, filter: &Filter) {
        match filter.check() {
            Ok(()) => self.query.add_filter(index, filter.clone()),
            Err(problem) => self.fail(problem),
        }
    }

    /// Says how far back to look, by a filter of this query parameter, which isn't one that narrows.
    pub fn add_look_back(&mut self, index: usize, filter: &Filter) {
        match filter.check() {
            Ok(()) => self.query.add_look_back(index, filter.clone()),
            Err(problem) => self.fail(problem),
        }
    }

    /// Whether it depends on the server's edition what it does: open source ignores a part of it.
    #[must_use]
    pub fn depends_on_edition(&self) -> bool {
        !self.enterprise && self.ignored_by_open_source().is_some()
    }

    /// Returns whether a query parameter that is set matches `predicate`.
    pub fn has_parameter(&self, predicate: impl Fn(&QueryParameter) -> bool) -> bool {
        self.query.parameters(self.info).any(|(_, parameter)| predicate(parameter))
    }

    /// Returns the tasks that a parameter names of which servers ignore unknown ones.
    #[must_use]
    pub fn named_tasks(&self) -> Vec<String> {
        let place = self.info.query_parameters.iter().position(|parameter| parameter.names_tasks);
        let tasks = place.and_then(|place| self.query.value(place)).unwrap_or_default();
        tasks.split(',').filter(|task| !task.is_empty()).map(str::to_owned).collect()
    }

    /// Says that the server is an Enterprise one.
    pub fn set_enterprise(&mut self) {
        self.enterprise = true;
    }

    /// The first parameter that says something and that only Enterprise reads.
    fn ignored_by_open_source(&self) -> Option<&'static QueryParameter> {
        if !self.info.reads_edition {
            return None;
        }
        let parameters = self.info.query_parameters;
        let set = self.query.pairs().filter(|(_, pair)| !pair.ends_with("=false"));
        let mut set = set.filter_map(|(index, _)| parameters.get(index?));
        set.find(|parameter| parameter.open_source_ignores.is_some())
            .or_else(|| self.query.filters()?.ignored_by_open_source(self.info))
    }

    /// The first value of a query parameter.
    fn value(&self, name: &str) -> Option<String> {
        let index = self.info.query_parameters.iter().position(|parameter| parameter.name == name)?;
        self.query.value(index)
    }

    /// Sets a body of this media type.
    pub fn set_body(&mut self, content_type: &'static str, body: Body) {
        self.payload.set(Some(static_value(content_type)), body);
    }

    /// The form, made if there is none yet.
    pub fn multipart(&mut self) -> &mut Multipart {
        self.payload.make_form()
    }

    /// The names of the form's parts, in the order in which they were set, with the values of those that are text.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.payload.form().into_iter().flat_map(Multipart::parts)
    }

    /// The body, if it is there already and in memory.
    #[must_use]
    pub fn body_bytes(&self) -> Option<&bytes::Bytes> {
        self.payload.body().and_then(Body::as_bytes)
    }

    /// A call of another operation whose path begins with the same variables, with the same options.
    #[must_use]
    pub fn related(&self, info: &'static OperationInfo) -> Self {
        let mut related = Self::new(info);
        related.arguments = self.arguments.first(info.path_parameters.len());
        related.options = self.options.clone();
        related
    }

    /// As [`related`](Self::related), with the parameters of the query that both operations have.
    #[must_use]
    pub fn related_query(&self, info: &'static OperationInfo) -> Self {
        let mut related = self.related(info);
        related.query = self.query.of_other(self.info, info, Extras::Drop);
        related
    }

    /// Returns a search like [`related_query`](Self::related_query) whose matches will be acted on. It keeps the parameters
    /// that the catalogue doesn't know, so that it matches no more than this call would act on, and detects the version
    /// again. It leaves out the filters that some version reads otherwise, which [`found_rows`](Self::found_rows) applies.
    #[must_use]
    pub fn related_search(&self, info: &'static OperationInfo) -> Self {
        let mut search = self.related(info);
        let mut query = self.query.clone();
        if !self.options.is_unchecked() {
            query.keep_filters_of_search(self.info);
        }
        search.query = query.of_other(self.info, info, Extras::Keep);
        search.needs_fresh_version = true;
        search
    }

    /// Returns the call to send first, with the same options, or `None` if the catalogue has no precheck for the operation.
    #[must_use]
    pub fn precheck(&self) -> Option<Self> {
        let operation = self.info.precheck?.operation;
        let mut precheck = Self::new(operation);
        precheck.change_options(|_| self.options().clone());
        for name in operation.path_parameters {
            precheck = precheck.path(self.argument(name)?);
        }
        Some(precheck)
    }

    /// Returns the value of a path parameter, else of a string field of the JSON body, by its name on the wire.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<String> {
        if let Some(index) = self.info.path_parameters.iter().position(|own| *own == name) {
            return self.path_value(index);
        }
        let body: serde_json::Value = json::from_slice(self.body_bytes()?).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }

    /// Returns whether the server responds only when an execution has ended.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Sets whether the server responds only when an execution has ended, so that no default timeout applies.
    pub fn set_waits(&mut self, waits: bool) {
        self.waits = waits;
    }
}

crate::debug_fields! { Call, this => { operation: this.info.name, options: this.options } }
