//! The request that a call becomes, and what is wrong with one before it does.

use http::header::ACCEPT;
use http::{HeaderMap, Request};

use super::Call;
use crate::body::{Body, Multipart};
use crate::context::CallContext;
use crate::error::{Error, ErrorKind};
use crate::guard::{self, Guarded};
use crate::head::{DEFAULT_TENANT, Head};
use crate::headers::{set_header, static_value};
use crate::operation::{Deletion, Guard, Replay};
use crate::options::CallOptions;
use crate::target::Target;
use crate::version::Version;

impl Call {
    /// Checks the call without sending it: that it has no mistake, that a call which needs a filter has one, and that no
    /// version would ignore a filter of an action by query.
    #[doc(hidden)]
    pub fn check_narrowed(&mut self) -> Result<(), Error> {
        let info = self.info;
        let mut check = || {
            self.check()?;
            if info.acts_by_query && !self.options.is_unchecked() { self.check_action() } else { Ok(()) }
        };
        check().map_err(|error| error.with_operation(info))
    }

    /// The request for the newest version, in origin form: the path without a server.
    ///
    /// # Errors
    ///
    /// The first thing that was set to what no request can have.
    pub fn into_request(self) -> Result<Request<Body>, Error> {
        self.into_request_with(&CallOptions::new())
    }

    /// The request for a given server, absolute.
    ///
    /// # Errors
    ///
    /// As [`into_request`](Self::into_request); and a version that lacks the operation or a parameter.
    pub fn into_request_for(mut self, target: &Target) -> Result<Request<Body>, Error> {
        self.options = self.options.or(&target.options);
        if let Ok(version) = target.version {
            self.options = std::mem::take(&mut self.options).api_version(version);
        }
        let info = self.info;
        let mut request = self.into_request_with(&CallOptions::new())?;
        target.apply_to(&mut request).map_err(|error| error.or_operation(info))?;
        Ok(request)
    }

    /// The request in origin form, options of the client included.
    #[doc(hidden)]
    pub fn into_request_with(mut self, defaults: &CallOptions) -> Result<Request<Body>, Error> {
        let info = self.info;
        self.prepare(defaults).map_err(|error| error.with_operation(info))
    }

    /// Checks everything that can be checked without a server, with the options of the client.
    #[doc(hidden)]
    pub fn check_with(&mut self, defaults: &CallOptions) -> Result<(), Error> {
        let (info, options) = (self.info, self.options.or(defaults));
        self.check_for(&options).map_err(|error| error.with_operation(info))
    }

    fn check_for(&mut self, options: &CallOptions) -> Result<(), Error> {
        self.check()?;
        options.check()?;
        if options.is_read_only() && self.info.replay != Replay::Safe {
            return Err(guard::read_only());
        }
        if !options.is_unchecked() {
            self.check_names()?;
            if let Some(guard) = self.info.guard {
                self.check_guard(guard, options.get_tenant().unwrap_or(DEFAULT_TENANT))?;
            }
            self.check_values()?;
            if !self.enterprise
                && let Some(parameter) = self.ignored_by_open_source()
            {
                return Err(guard::ignored(parameter));
            }
            if self.info.acts_by_query {
                self.check_action()?;
            }
        }
        if let Some(filters) = self.query.filters() {
            filters.check(self.info, options.is_any_version())?;
        }
        Ok(())
    }

    fn prepare(&mut self, defaults: &CallOptions) -> Result<Request<Body>, Error> {
        let options = match self.waits {
            true => self.options.or(&defaults.for_waiting()),
            false => self.options.or(defaults),
        };
        self.check_for(&options)?;
        if self.info.acts_by_query {
            self.check_sent_as_it_is(options.is_unchecked())?;
        }
        if let Some(guard) = self.info.guard {
            let tenant = options.get_tenant().unwrap_or(DEFAULT_TENANT);
            let version = options.get_api_version();
            self.payload.amend(|body| guard.amended(body, tenant, version));
        }
        // What a call usually has: accept, user agent, auth, trace and host, with a body its type and length, too. The smallest
        // table holds 6, the next one 12.
        let mut headers = HeaderMap::with_capacity(if self.payload.is_empty() { 6 } else { 7 });
        set_header(&mut headers, ACCEPT, static_value(self.info.accept));
        let body = std::mem::take(&mut self.payload).into_body(&mut headers)?;
        if let Some(extra) = options.get_headers() {
            for (name, value) in extra {
                set_header(&mut headers, name.clone(), value.clone());
            }
        }
        let head = Head {
            info: Some(self.info),
            arguments: std::mem::take(&mut self.arguments),
            query: std::mem::take(&mut self.query),
        };
        let (method, path_and_query) = head.newest(options.get_tenant())?;
        // What can't change is not carried along.
        let head = head.depends_on_version().then(|| Box::new(head));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path_and_query.into();
        *request.headers_mut() = headers;
        let waits = self.waits;
        let context = CallContext::new(Some(self.info), head, options, waits, self.needs_fresh_version);
        request.extensions_mut().insert(context);
        Ok(request)
    }

    /// What doesn't depend on options.
    fn check(&mut self) -> Result<(), Error> {
        self.translate_old_parameters();
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        if !self.needs_one_of.is_empty()
            && !self.needs_one_of.iter().any(|index| self.query.narrows(self.info, *index))
        {
            let problem = match self.info.acts_by_query {
                true => {
                    "no filter is set, so this would apply to everything: add a filter, or call `.all()` to confirm"
                }
                false => {
                    "the path names every file of the namespace: name a file or folder, or call `.all()` to confirm"
                }
            };
            return Err(Error::new(ErrorKind::Refused, problem));
        }
        Ok(())
    }

    /// Refuses names that no server reads as they are written.
    fn check_names(&self) -> Result<(), Error> {
        for (value, rule) in self.query.misread(self.info).filter(|(_, rule)| rule.versions.is_none()) {
            guard::check_characters(rule, value.parameter.name, &value.text, Version::NEWEST)?;
        }
        self.payload.form().map_or(Ok(()), Multipart::check_file_names)
    }

    /// Refuses unknown values of parameters for which servers ignore them without an error.
    fn check_values(&self) -> Result<(), Error> {
        if self.info.deletes == Some(Deletion::Named)
            && let Some(name) = self.query.blank()
        {
            let problem =
                "the value is blank; servers treat it as not set and delete more: set a value, or remove it";
            return Err(Error::invalid(&name, problem));
        }
        for (index, parameter) in self.query.parameters(self.info) {
            if let Some(known) = &parameter.known_values
                && let Some(value) = self.query.value(index)
                && !known.values.contains(&value.as_str())
            {
                return Err(guard::unknown_value(parameter.name, &value, known));
            }
        }
        Ok(())
    }

    fn check_guard(&self, guard: Guard, tenant: &str) -> Result<(), Error> {
        let (body, form) = (self.payload.body(), self.payload.form());
        guard.check(&Guarded { value: &|name| self.value(name), body, form, tenant })
    }
}
