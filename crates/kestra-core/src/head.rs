//! Method, path and query of a call for one version of the server.

use http::Method;
use http::uri::PathAndQuery;

use crate::encode::{push_query, push_segment};
use crate::error::{Error, ErrorKind};
use crate::guard::check_characters;
use crate::operation::{OperationInfo, QueryParameter, Route};
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

    /// Replaces a path parameter.
    pub(crate) fn change(&mut self, index: usize, write: impl FnOnce(&mut String)) {
        let old = std::mem::take(self);
        let mut write = Some(write);
        for place in 0..old.count {
            match write.take_if(|_| place == index) {
                Some(write) => self.push(write),
                None => self.push(|text| text.push_str(old.get(place).unwrap_or_default())),
            }
        }
    }

    /// The first of them alone.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self { count: count.min(self.count), ..self.clone() }
    }

    /// One of them, encoded.
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
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
            || self.query.misread(info).any(|(value, rule)| value.is_refused_by(rule))
            || self.query.filters().is_some_and(|filters| filters.depends_on_version(info))
    }

    fn limited_parameters<'a>(
        &'a self,
        info: &'static OperationInfo,
    ) -> impl Iterator<Item = &'static QueryParameter> + 'a {
        let parameters = self.query.parameters(info).map(|(_, parameter)| parameter);
        parameters.filter(|parameter| !parameter.versions.is_all())
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
                "the request wasn't made by a builder and has no route",
            ));
        };
        let route = match info.route(version) {
            Some(route) => route,
            None if any_version => {
                let route = info.newest_route();
                return route.ok_or_else(|| Error::new(ErrorKind::Build, "the operation has no route"));
            }
            None => {
                let advice = info.instead.map_or(String::new(), |instead| format!("use {instead}, or "));
                return Err(Error::unsupported(version, "", ranges(info), &advice));
            }
        };
        if !any_version {
            for parameter in self.limited_parameters(info) {
                if !parameter.versions.contains(version) {
                    let what = format_args!("the parameter `{}`", parameter.name);
                    let advice = filter_advice(info, parameter, version);
                    return Err(Error::unsupported(version, what, parameter.versions, advice));
                }
            }
            for (value, rule) in self.query.misread(info).filter(|(value, rule)| value.is_refused_by(rule)) {
                check_characters(rule, value.parameter.name, &value.text, version)?;
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
        let mut target =
            Vec::with_capacity(route.path.len() + self.arguments.text.len() + self.query.encoded_len() + 8);
        for (piece, is_name) in route.pieces.iter(route.path) {
            if !is_name {
                target.extend_from_slice(piece);
            } else if piece == b"tenant" {
                push_tenant(&mut target, tenant.unwrap_or(DEFAULT_TENANT))?;
            } else {
                let names = info.map_or(&[][..], |info| info.path_parameters);
                let position = names.iter().position(|known| known.as_bytes() == piece);
                match position.and_then(|position| self.arguments.get(position)) {
                    Some(value) => target.extend_from_slice(value.as_bytes()),
                    None => {
                        return Err(Error::invalid(
                            &String::from_utf8_lossy(piece),
                            "missing path parameter",
                        ));
                    }
                }
            }
        }
        let mut separator = b'?';
        for (_, pair) in self.query.pairs() {
            target.push(separator);
            target.extend_from_slice(pair.as_bytes());
            separator = b'&';
        }
        if let Some(filters) = self.query.filters() {
            let mut text = String::new();
            filters.write(info, version, |name, value| {
                text.push(separator.into());
                push_query(&mut text, name);
                text.push('=');
                push_query(&mut text, value);
                separator = b'&';
            });
            target.extend_from_slice(text.as_bytes());
        }
        let method = route.method();
        check_request_line(&method, target.len())?;
        let path_and_query =
            PathAndQuery::try_from(target).map_err(|problem| Error::invalid("path", problem.to_string()))?;
        Ok((method, path_and_query))
    }
}

fn push_tenant(target: &mut Vec<u8>, tenant: &str) -> Result<(), Error> {
    if tenant == DEFAULT_TENANT {
        target.extend_from_slice(tenant.as_bytes());
        return Ok(());
    }
    if matches!(tenant, "" | "." | "..") {
        return Err(Error::invalid("tenant", "it is empty or would name another path"));
    }
    let mut encoded = String::new();
    push_segment(&mut encoded, tenant);
    target.extend_from_slice(encoded.as_bytes());
    Ok(())
}

/// Refuses a request line that servers refuse.
pub fn check_request_line(method: &Method, target_len: usize) -> Result<(), Error> {
    let line = method.as_str().len() + target_len + " ".len() + " HTTP/1.1\r\n".len();
    if line > REQUEST_LINE_LIMIT {
        return Err(Error::invalid(
            "request line",
            format_args!(
                "it has {line} bytes, more than the {REQUEST_LINE_LIMIT} that Kestra reads: use fewer or shorter labels, ids or filters in \
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

/// Returns the filter to use in place of a parameter that older versions read, if there is one that isn't sent by itself.
fn filter_advice(info: &OperationInfo, parameter: &QueryParameter, version: Version) -> &'static str {
    let mut parameters = info.query_parameters.iter();
    let reads_filters = parameters.any(|known| known.name == "filters" && known.versions.contains(version));
    // Maps are compared by key, all else is sent as its filter.
    match parameter.name {
        "details" if reads_filters => "use `Filter::detail(key)`, or ",
        _ => "",
    }
}
