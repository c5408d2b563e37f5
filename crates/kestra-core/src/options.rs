//! Options of one call, or of all calls of a client.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;
use crate::headers::set_header;
use crate::macros::setters;
use crate::retry::Retry;
use crate::timeouts::Timeouts;
use crate::version::Version;

/// Options of a call: on one builder, or on a client for all its calls, where those of the call win.
///
/// Copies are cheap: what is set is shared until it is changed.
///
/// ```
/// use kestra_core::CallOptions;
///
/// let options = CallOptions::new()
///     .tenant("acme")
///     .server_index(1)
///     .server_variable("basePath", "v2")
///     .operation_server_variable("FlowsAPIService.CreateFlow", "port", "8443");
/// # let _ = options;
/// ```
#[derive(Clone, Default)]
pub struct CallOptions(Option<Arc<Options>>);

#[derive(Clone, Default)]
struct Options {
    tenant: Option<String>,
    headers: HeaderMap,
    server_index: Option<usize>,
    server_variables: Option<ServerVariables>,
    operations: Vec<OfOperation>,
    timeouts: Timeouts,
    retry: Option<Retry>,
    idempotent: Option<bool>,
    unchecked: Option<bool>,
    any_version: Option<bool>,
    single_attempt: bool,
    read_only: bool,
    api_version: Option<Version>,
    invalid: Option<String>,
    affinity: Option<ServerAffinity>,
}

/// What is set for the servers of one operation.
#[derive(Clone, Debug)]
struct OfOperation {
    /// Its Go key.
    key: String,
    server_index: Option<usize>,
    server_variables: Option<ServerVariables>,
}

impl Options {
    fn operation(&self, key: &str) -> Option<&OfOperation> {
        self.operations.iter().find(|operation| operation.key == key)
    }

    fn operation_mut(&mut self, key: String) -> &mut OfOperation {
        let known = self.operations.iter().position(|operation| operation.key == key);
        let at = known.unwrap_or(self.operations.len());
        if known.is_none() {
            self.operations.push(OfOperation { key, server_index: None, server_variables: None });
        }
        &mut self.operations[at]
    }
}

impl CallOptions {
    /// Creates options of which none is set.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// What may be shared is copied, by code that isn't compiled once more for each setter.
    #[inline(never)]
    fn inner_mut(&mut self) -> &mut Options {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    fn get<'a, T>(&'a self, get: impl FnOnce(&'a Options) -> Option<T>) -> Option<T> {
        self.0.as_deref().and_then(get)
    }

    setters! {
        /// Sets the tenant. Defaults to `main`, the only tenant of the open-source edition.
        tenant(tenant: impl Into<String>) options => options.tenant = Some(tenant.into());

        /// Selects a server by its index in the list of servers, or in the operation's own list, counted from 0.
        server_index(index: usize) options => options.server_index = Some(index);

        /// Sets a variable of the server's template.
        server_variable(name: impl Into<String>, value: impl Into<String>) options => {
            options.server_variables.get_or_insert_default().insert(name.into(), value.into());
        };

        /// Selects a server for one operation, named by its Go key, such as `FlowsAPIService.CreateFlow`.
        operation_server_index(operation: impl Into<String>, index: usize) options => {
            options.operation_mut(operation.into()).server_index = Some(index);
        };

        /// Sets a variable of the server's template for one operation. If any is set, none of the general variables apply
        /// to the operation.
        operation_server_variable(
            operation: impl Into<String>,
            name: impl Into<String>,
            value: impl Into<String>
        ) options => {
            let variables = &mut options.operation_mut(operation.into()).server_variables;
            variables.get_or_insert_default().insert(name.into(), value.into());
        };

        /// Sets the timeouts; those that are not set in `timeouts` stay as they were.
        timeouts(timeouts: Timeouts) options => options.timeouts = timeouts.or(options.timeouts);

        /// Sets the retry policy.
        retry(retry: Retry) options => options.retry = Some(retry);

        /// Overrides whether the call is idempotent, and so retried after it may have reached the server.
        idempotent(idempotent: bool) options => options.idempotent = Some(idempotent);

        /// Skips the client's checks: the request that finds out first whether the server would refuse the call, where a
        /// refusal would make the server hang, and the refusal of calls that a server would silently misread.
        unchecked() options => options.unchecked = Some(true);

        /// Sends the call even if the server's version lacks the operation or a parameter.
        any_version() options => options.any_version = Some(true);

        /// Refuses every operation that changes something: its error is of kind [`Refused`](crate::ErrorKind::Refused), and
        /// nothing is sent.
        ///
        /// Reads, searches, validations and downloads are sent, whatever their method. Options of a call can't undo it.
        read_only() options => options.read_only = true;

        /// Turns off retries, for a caller that has a retry loop of its own.
        #[doc(hidden)]
        single_attempt() options => options.single_attempt = true;

        /// Makes the calls with copies of these options prefer one member of a cluster: that of the last of them.
        #[doc(hidden)]
        affinity() options => {
            options.affinity.get_or_insert_default();
        };

        /// Sets the server's version, so that it isn't detected.
        api_version(version: Version) options => options.api_version = Some(version);
    }

    /// Sets the timeout of the whole call, retries included: `timeouts(Timeouts::default().total(limit))`.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.timeouts(Timeouts::default().total(limit))
    }

    #[inline(never)]
    fn set_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        set_header(&mut self.inner_mut().headers, name, value);
        self
    }

    /// Adds to a request the headers that it has none of the name of.
    #[inline(never)]
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let Some(ours) = self.get_headers() else { return };
        for (name, value) in ours {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }

    /// Sets a header, in place of any of that name.
    #[must_use]
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => self.set_header(name, value),
            (Ok(name), Err(_)) => self
                .invalid_header(format!("`{name}`: the value has a line break or another control character")),
            (Err(_), _) => self.invalid_header("invalid header name".to_owned()),
        }
    }

    fn invalid_header(mut self, problem: String) -> Self {
        self.inner_mut().invalid.get_or_insert(problem);
        self
    }

    /// These options, and where one isn't set that of `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let (ours, theirs) = match (&self.0, &other.0) {
            (None, _) => return other.clone(),
            (_, None) => return self.clone(),
            (Some(ours), Some(theirs)) => (ours, theirs),
        };
        if Arc::ptr_eq(ours, theirs) {
            return self.clone();
        }
        let mut merged = Options::clone(theirs);
        let ours = Options::clone(ours);
        merged.tenant = ours.tenant.or(merged.tenant);
        for (name, value) in &ours.headers {
            set_header(&mut merged.headers, name.clone(), value.clone());
        }
        merged.server_index = ours.server_index.or(merged.server_index);
        merged.server_variables = ours.server_variables.or(merged.server_variables);
        for ours in ours.operations {
            let operation = merged.operation_mut(ours.key);
            operation.server_index = ours.server_index.or(operation.server_index);
            operation.server_variables = ours.server_variables.or(operation.server_variables.take());
        }
        merged.timeouts = ours.timeouts.or(merged.timeouts);
        merged.retry = ours.retry.or(merged.retry);
        merged.idempotent = ours.idempotent.or(merged.idempotent);
        merged.unchecked = ours.unchecked.or(merged.unchecked);
        merged.any_version = ours.any_version.or(merged.any_version);
        merged.single_attempt |= ours.single_attempt;
        merged.read_only |= ours.read_only;
        merged.api_version = ours.api_version.or(merged.api_version);
        merged.invalid = ours.invalid.or(merged.invalid);
        merged.affinity = ours.affinity.or(merged.affinity);
        Self(Some(Arc::new(merged)))
    }

    /// Returns the options of a client as they apply to a call that waits for the end of an execution.
    pub(crate) fn for_waiting(&self) -> Self {
        let timeouts = self.get_timeouts();
        let waiting = timeouts.for_waiting();
        if timeouts == waiting {
            return self.clone();
        }
        let mut options = self.clone();
        options.inner_mut().timeouts = waiting;
        options
    }

    /// Checks the options.
    ///
    /// # Errors
    ///
    /// A header that no request can have.
    pub fn check(&self) -> Result<(), Error> {
        match self.get(|options| options.invalid.as_deref()) {
            Some(problem) => Err(Error::invalid("header", problem)),
            None => Ok(()),
        }
    }

    /// The tenant, if one is set.
    #[must_use]
    pub fn get_tenant(&self) -> Option<&str> {
        self.get(|options| options.tenant.as_deref())
    }

    /// The headers, if there are any.
    #[must_use]
    pub fn get_headers(&self) -> Option<&HeaderMap> {
        self.get(|options| (!options.headers.is_empty()).then_some(&options.headers))
    }

    /// The index of the server for an operation: its own, else the general one.
    #[must_use]
    pub fn get_server_index(&self, operation: Option<&str>) -> Option<usize> {
        self.get(|options| {
            operation
                .and_then(|operation| options.operation(operation)?.server_index)
                .or(options.server_index)
        })
    }

    /// Returns whether calls with other options go to the same server, unless a server is selected for one operation only.
    pub(crate) fn selects_server_of(&self, other: &Self) -> bool {
        self.get_server_index(None) == other.get_server_index(None)
            && self.get_server_variables(None) == other.get_server_variables(None)
    }

    /// The variables of the server for an operation: its own as a whole, else the general ones.
    #[doc(hidden)]
    pub fn get_server_variables(&self, operation: Option<&str>) -> Option<&ServerVariables> {
        self.get(|options| {
            operation
                .and_then(|operation| options.operation(operation)?.server_variables.as_ref())
                .or(options.server_variables.as_ref())
        })
    }

    /// Returns the timeouts, if any option is set.
    #[inline]
    pub(crate) fn own_timeouts(&self) -> Option<&Timeouts> {
        self.0.as_deref().map(|options| &options.timeouts)
    }

    /// Returns the timeouts that are set.
    #[inline]
    #[must_use]
    pub fn get_timeouts(&self) -> Timeouts {
        self.0.as_deref().map(|options| options.timeouts).unwrap_or_default()
    }

    /// Returns the retry policy, if one is set.
    #[inline]
    #[must_use]
    pub fn get_retry(&self) -> Option<&Retry> {
        self.get(|options| options.retry.as_ref())
    }

    /// Returns whether the caller makes all attempts but the first.
    #[doc(hidden)]
    #[inline]
    pub fn is_single_attempt(&self) -> bool {
        self.0.as_deref().is_some_and(|options| options.single_attempt)
    }

    /// Returns whether the call is idempotent, if that was overridden.
    #[inline]
    #[must_use]
    pub fn get_idempotent(&self) -> Option<bool> {
        self.get(|options| options.idempotent)
    }

    /// Returns the member of a cluster that the call shares with others.
    #[doc(hidden)]
    #[must_use]
    pub fn get_affinity(&self) -> Option<&ServerAffinity> {
        self.get(|options| options.affinity.as_ref())
    }

    /// Returns whether operations that change something are refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.as_deref().is_some_and(|options| options.read_only)
    }

    /// Returns whether the client's checks are skipped.
    #[inline]
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        self.get(|options| options.unchecked).unwrap_or(false)
    }

    /// Returns whether the call is sent even if the server's version lacks the operation or a parameter.
    #[must_use]
    pub fn is_any_version(&self) -> bool {
        self.get(|options| options.any_version).unwrap_or(false)
    }

    /// The server's version, if it is set.
    #[must_use]
    pub fn get_api_version(&self) -> Option<Version> {
        self.get(|options| options.api_version)
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(options) = self.0.as_deref() else { return f.write_str("CallOptions") };
        // Names of headers only: any value may be a secret.
        let headers: Vec<_> = options.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("CallOptions")
            .field("tenant", &options.tenant)
            .field("headers", &headers)
            .field("server_index", &options.server_index)
            .field("server_variables", &options.server_variables)
            .field("operations", &options.operations)
            .field("timeouts", &options.timeouts)
            .field("retry", &options.retry)
            .field("idempotent", &options.idempotent)
            .field("unchecked", &options.unchecked)
            .field("any_version", &options.any_version)
            .field("read_only", &options.read_only)
            .field("api_version", &options.api_version)
            .finish()
    }
}

/// The member of a cluster that several calls prefer, since one of them found something out for the others. Copies share it.
#[derive(Clone, Debug)]
pub struct ServerAffinity(Arc<AtomicUsize>);

impl Default for ServerAffinity {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }
}

impl ServerAffinity {
    /// Returns the index of the member, if a call went to one.
    #[must_use]
    pub fn get(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|index| *index != usize::MAX)
    }

    /// Sets the member.
    pub fn set(&self, index: usize) {
        self.0.store(index, Ordering::Relaxed);
    }
}

/// Values of a server template's variables, in the order in which they were set first.
///
/// They are few: a list finds one as fast as a map does, and links none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerVariables(Vec<(String, String)>);

impl ServerVariables {
    /// No values.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// Sets a variable; the last value counts.
    pub(crate) fn insert(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(set, _)| *set == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

// The names only, as any value may be a secret.
crate::debug_fields! { ServerVariables, this, f => f.debug_list().entries(this.0.iter().map(|(name, _)| name)).finish() }
