//! Method, path and query of a call for one version of the server.

use http::Method;
use http::uri::PathAndQuery;

use crate::encode::{push_query, push_segment};
use crate::error::{Error, ErrorKind};
use crate::operation::{OperationInfo, Route};
use crate::query::Query;
use crate::version::Version;

/// The tenant of open source, and the default everywhere.
pub(crate) const DEFAULT_TENANT: &str = "main";

/// The longest request line that a server reads, in bytes: method, target, version and the blanks between.
pub const REQUEST_LINE_LIMIT: usize = 4096;

/// Values of a path's variables, encoded, in the order of the operation's list.
#[derive(Clone, Default)]
pub(crate) struct Arguments {
    text: String,
    ends: [u32; MAX_ARGUMENTS],
    count: usize,
}

/// More than any route has; the generator holds its catalogue to it.
pub const MAX_ARGUMENTS: usize = 6;

impl Arguments {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn push(&mut self, write: impl FnOnce(&mut String)) {
        if self.text.capacity() == 0 {
            self.text.reserve(48);
        }
        write(&mut self.text);
        if let Some(end) = self.ends.get_mut(self.count) {
            *end = self.text.len() as u32;
            self.count += 1;
        }
    }

    /// The first of them alone.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self { count: count.min(self.count), ..self.clone() }
    }

    fn get(&self, index: usize) -> Option<&str> {
        if index >= self.count {
            return None;
        }
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start as usize..self.ends[index] as usize)
    }
}

/// Everything that a path and a query are made of.
#[derive(Clone, Default)]
pub(crate) struct Head {
    pub(crate) info: Option<&'static OperationInfo>,
    pub(crate) arguments: Arguments,
    pub(crate) query: Query,
}

impl Head {
    /// Whether another version may need another head, or refuse this one.
    pub(crate) fn depends_on_version(&self) -> bool {
        let Some(info) = self.info else { return false };
        info.depends_on_version()
            || self.limited_parameters(info).next().is_some()
            || self.query.filters().is_some_and(|filters| filters.depends_on_version(info))
    }

    fn limited_parameters<'a>(
        &'a self,
        info: &'static OperationInfo,
    ) -> impl Iterator<Item = &'static crate::operation::QueryParameter> + 'a {
        self.query
            .pairs()
            .filter_map(|(index, _)| info.query_parameters.get(index?))
            .filter(|parameter| !parameter.versions.is_all())
    }

    /// For the newest version that has the operation.
    pub(crate) fn newest(&self, tenant: Option<&str>) -> Result<(Method, PathAndQuery), Error> {
        let route = self.info.and_then(OperationInfo::newest_route);
        let route = route.ok_or_else(|| Error::new(ErrorKind::Build, "the operation has no route"))?;
        self.render(route, tenant, Version::NEWEST)
    }

    /// For this version.
    pub(crate) fn for_version(
        &self,
        version: Version,
        tenant: Option<&str>,
        any_version: bool,
    ) -> Result<(Method, PathAndQuery), Error> {
        self.render(self.route_for(version, any_version)?, tenant, version)
    }

    /// The route of this version, which reads all parameters that are set.
    pub(crate) fn route_for(&self, version: Version, any_version: bool) -> Result<&'static Route, Error> {
        let Some(info) = self.info else {
            return Err(Error::new(
                ErrorKind::Build,
                "a request that no builder made has no route of its own",
            ));
        };
        let route = match info.route(version) {
            Some(route) => route,
            None if any_version => {
                let route = info.newest_route();
                return route.ok_or_else(|| Error::new(ErrorKind::Build, "the operation has no route"));
            }
            None => return Err(unsupported(version, format_args!("`{}`", info.name), &ranges(info))),
        };
        if !any_version {
            for parameter in self.limited_parameters(info) {
                if !parameter.versions.contains(version) {
                    let what = format_args!("the parameter `{}`", parameter.name);
                    return Err(unsupported(version, what, &parameter.versions.to_string()));
                }
            }
            if let Some(filters) = self.query.filters() {
                filters.check_for(info, version)?;
            }
        }
        Ok(route)
    }

    /// Whether the head for the newest version is that for this one, whose route it is.
    pub(crate) fn is_newest(&self, route: &'static Route, version: Version) -> bool {
        let Some(info) = self.info else { return false };
        info.newest_route().is_some_and(|newest| std::ptr::eq(newest, route))
            && self.query.filters().is_none_or(|filters| filters.reads_as_newest(info, version))
    }

    fn render(
        &self,
        route: &Route,
        tenant: Option<&str>,
        version: Version,
    ) -> Result<(Method, PathAndQuery), Error> {
        let info = self.info;
        let mut target = String::with_capacity(
            route.path.len() + self.arguments.text.len() + self.query.encoded_len() + 8,
        );
        let mut rest = route.path;
        // Templates are short: a plain loop finds a brace sooner than a search that is made for long texts.
        while let Some(open) = rest.bytes().position(|byte| byte == b'{') {
            target.push_str(&rest[..open]);
            let after = &rest[open + 1..];
            let close = after.bytes().position(|byte| byte == b'}').unwrap_or(after.len());
            let name = &after[..close];
            if name == "tenant" {
                match tenant.unwrap_or(DEFAULT_TENANT) {
                    "" | "." | ".." => {
                        return Err(Error::invalid("tenant", "it is empty or would name another path"));
                    }
                    tenant => push_segment(&mut target, tenant),
                }
            } else {
                let position =
                    info.and_then(|info| info.path_parameters.iter().position(|known| *known == name));
                match position.and_then(|position| self.arguments.get(position)) {
                    Some(value) => target.push_str(value),
                    None => return Err(Error::invalid(name, "the path needs it")),
                }
            }
            rest = after.get(close + 1..).unwrap_or_default();
        }
        target.push_str(rest);
        let mut separator = '?';
        for (_, pair) in self.query.pairs() {
            target.push(separator);
            target.push_str(pair);
            separator = '&';
        }
        if let Some(filters) = self.query.filters() {
            filters.write(info, version, |name, value| {
                target.push(separator);
                push_query(&mut target, name);
                target.push('=');
                push_query(&mut target, value);
                separator = '&';
            });
        }
        let method = route.method();
        check_request_line(&method, target.len())?;
        let path_and_query =
            PathAndQuery::try_from(target).map_err(|problem| Error::invalid("path", problem.to_string()))?;
        Ok((method, path_and_query))
    }
}

/// Refuses a request line that servers refuse.
///
/// # Errors
///
/// A line over [`REQUEST_LINE_LIMIT`].
pub fn check_request_line(method: &Method, target_len: usize) -> Result<(), Error> {
    let line = method.as_str().len() + target_len + " ".len() + " HTTP/1.1\r\n".len();
    if line > REQUEST_LINE_LIMIT {
        return Err(Error::invalid(
            "request line",
            format_args!(
                "it has {line} bytes and Kestra reads {REQUEST_LINE_LIMIT}: use fewer or shorter labels, ids or filters in \
                 one call"
            ),
        ));
    }
    Ok(())
}

fn ranges(info: &OperationInfo) -> String {
    let mut text = String::new();
    for route in info.routes.iter().rev() {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&route.versions.to_string());
    }
    text
}

fn unsupported(version: Version, what: std::fmt::Arguments<'_>, has: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{what} is of {has}, the server is {version}; send it all the same with any_version()"),
    )
}
