//! The entries of the route table.

use futures_util::future::BoxFuture;
use http::Method;

use super::{Answer, Context};
use crate::dialect::Dialect;

/// The function behind a route.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Answers at once.
    Now(fn(&Context) -> Answer),
    /// May wait.
    Later(fn(Context) -> BoxFuture<'static, Answer>),
}

/// A handler that answers at once: `fn(&Context) -> Answer`.
macro_rules! now {
    ($function:path) => {
        $crate::http::Handler::Now($function)
    };
}

/// A handler that may wait: `async fn(Context) -> Answer`.
macro_rules! later {
    ($function:path) => {
        $crate::http::Handler::Later(|context| ::std::boxed::Box::pin($function(context)))
    };
}

pub(crate) use {later, now};

/// One operation: method, path template, what it reads and writes, who has it.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    pub(crate) consumes: &'static [&'static str],
    pub(crate) produces: &'static [&'static str],
    pub(crate) since: Dialect,
    pub(crate) until: Dialect,
    pub(crate) handler: Handler,
    /// The last dialect whose real servers may answer an error before they have read the body, and then hang.
    pub(crate) early: Option<Dialect>,
}

impl Route {
    /// A route of a method; reads and writes JSON, in every dialect.
    pub(crate) fn new(method: Method, template: &'static str, handler: Handler) -> Self {
        Self {
            method,
            template,
            consumes: &["application/json"],
            produces: &["application/json"],
            since: Dialect::V1_0,
            until: Dialect::V2_0,
            handler,
            early: None,
        }
    }

    pub(crate) fn get(template: &'static str, handler: Handler) -> Self {
        Self::new(Method::GET, template, handler)
    }

    pub(crate) fn post(template: &'static str, handler: Handler) -> Self {
        Self::new(Method::POST, template, handler)
    }

    pub(crate) fn put(template: &'static str, handler: Handler) -> Self {
        Self::new(Method::PUT, template, handler)
    }

    pub(crate) fn patch(template: &'static str, handler: Handler) -> Self {
        Self::new(Method::PATCH, template, handler)
    }

    pub(crate) fn delete(template: &'static str, handler: Handler) -> Self {
        Self::new(Method::DELETE, template, handler)
    }

    /// The media types of bodies it takes; `*/*` takes all.
    #[must_use]
    pub(crate) fn consumes(mut self, types: &'static [&'static str]) -> Self {
        self.consumes = types;
        self
    }

    /// The media types it answers with.
    #[must_use]
    pub(crate) fn produces(mut self, types: &'static [&'static str]) -> Self {
        self.produces = types;
        self
    }

    /// Marks a route that on a real server answers an error before it has read the body.
    #[must_use]
    pub(crate) fn answers_early(self) -> Self {
        self.answers_early_until(Dialect::V2_0)
    }

    /// The same, up to this dialect.
    #[must_use]
    pub(crate) fn answers_early_until(mut self, last: Dialect) -> Self {
        self.early = Some(last);
        self
    }

    /// The first dialect that has it.
    #[must_use]
    pub(crate) fn since(mut self, dialect: Dialect) -> Self {
        self.since = dialect;
        self
    }

    /// The last dialect that has it.
    #[must_use]
    pub(crate) fn until(mut self, dialect: Dialect) -> Self {
        self.until = dialect;
        self
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}
