//! Actions by query: calls that act on all rows that their filters match.

use serde_json::Value;

use super::Call;
use crate::error::{Error, ErrorKind};
use crate::filter::{self, Filter, FilterSet};
use crate::operation::OperationInfo;

/// The filters of an action by query that some version reads otherwise, matched against the rows of a search instead.
#[derive(Clone)]
pub struct FoundRows {
    info: &'static OperationInfo,
    filters: Vec<Filter>,
}

/// The query that found the ids of an action by ids.
#[derive(Clone)]
pub(super) struct FoundBy {
    namespace: Option<String>,
    filters: String,
}

impl FoundRows {
    /// Returns whether all rows of the search match.
    pub fn are_all(&self) -> bool {
        self.filters.is_empty()
    }

    /// Returns whether a row matches.
    pub fn have(&self, row: &Value) -> bool {
        self.filters.iter().all(|filter| filter.holds(self.info, row))
    }
}

crate::debug_fields! { FoundRows, this, f => f.debug_tuple("FoundRows").field(&this.filters).finish() }

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl Call {
    /// Sets how many rows an action by query may act on.
    ///
    /// The sender has to count the rows first; a request that is sent without a count is refused.
    pub fn set_at_most(&mut self, most: u64) {
        self.at_most = Some(most);
    }

    /// Takes and returns how many rows an action by query may act on, for the sender to count them.
    pub fn take_at_most(&mut self) -> Option<u64> {
        self.at_most.take()
    }

    /// Returns whether every version reads the filters of an action by query alike or refuses them, so that it can be sent
    /// as it is.
    ///
    /// Call [`check_narrowed`](Self::check_narrowed) before.
    pub fn is_read_alike(&self) -> bool {
        self.info.body_filters.is_none()
            && self.query.filters().is_none_or(|filters| filters.is_read_alike(self.info))
    }

    /// Returns which rows of [`related_search`](Self::related_search) an action by query acts on.
    ///
    /// Call [`check_narrowed`](Self::check_narrowed) before.
    pub fn found_rows(&self) -> FoundRows {
        let filters = self.query.filters().filter(|_| !self.options.is_unchecked());
        FoundRows { info: self.info, filters: filters.map_or_else(Vec::new, |it| it.of_rows(self.info)) }
    }

    /// Returns an action by query with the filters that this action has in its body, or `None` if its body has none.
    pub fn query_of_body(&self) -> Result<Option<Self>, Error> {
        let Some(info) = self.info.body_filters else { return Ok(None) };
        let place = info.query_parameters.iter().position(|parameter| parameter.name == "filters");
        let body = self.body_bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let filters = body.as_ref().and_then(|body| body.get("filters")?.as_array());
        let (Some(place), Some(filters)) = (place, filters.filter(|filters| !filters.is_empty())) else {
            let problem = "the body has no filter, so this would apply to everything: add a filter";
            return Err(Error::new(ErrorKind::Refused, problem).with_operation(self.info));
        };
        let mut query = self.related(info);
        for filter in filters {
            let Some(read) = filter::of_body(filter) else {
                let problem = format!(
                    "unknown form of the filter {filter}, and a server that ignores it would act on more: change the \
                     filter, or call `.unchecked()` to send it anyway"
                );
                return Err(Error::new(ErrorKind::Refused, problem).with_operation(self.info));
            };
            read.iter().for_each(|filter| query.add_filter(place, filter));
        }
        Ok(Some(query))
    }

    /// Sets the query that found the ids of this action.
    pub fn set_found_by(&mut self, query: &Self) {
        let filters = query.filters_text().unwrap_or_default();
        self.found_by = Some(Box::new(FoundBy { namespace: query.namespace(), filters }));
    }

    /// Returns whether the call acts on the rows of a query, or on ids that a query found.
    pub fn is_of_query(&self) -> bool {
        self.info.acts_by_query || self.found_by.is_some()
    }

    /// Returns whether the number of rows that may be acted on is limited.
    pub fn has_at_most(&self) -> bool {
        self.at_most.is_some()
    }

    /// Returns the namespace that the path or a filter names.
    pub fn namespace(&self) -> Option<String> {
        if let Some(found_by) = &self.found_by {
            return found_by.namespace.clone();
        }
        let place = self.info.path_parameters.iter().position(|name| *name == "namespace");
        place.and_then(|place| self.path_value(place)).or_else(|| self.query.filters()?.namespace())
    }

    /// Returns the filters as text for messages.
    pub fn filters_text(&self) -> Option<String> {
        if let Some(found_by) = &self.found_by {
            return Some(found_by.filters.clone());
        }
        self.query.filters().map(FilterSet::text)
    }

    /// Replaces old parameters by filters, which every version reads.
    pub(super) fn translate_old_parameters(&mut self) {
        let parameters = self.info.query_parameters;
        if parameters.iter().all(|parameter| parameter.filter.is_none()) {
            return;
        }
        let Some(place) = parameters.iter().position(|parameter| parameter.name == "filters") else { return };
        for (index, parameter) in parameters.iter().enumerate() {
            let Some(form) = parameter.filter else { continue };
            let values = self.query.values(index);
            if values.is_empty() {
                continue;
            }
            self.query.remove(index);
            match filter::of_parameter(form, values) {
                Ok(filters) => filters.iter().for_each(|filter| self.add_filter(place, filter)),
                Err(problem) => self.fail(problem),
            }
        }
    }

    /// Refuses an action that some version would apply to everything.
    pub(super) fn check_action(&self) -> Result<(), Error> {
        if let Some(mut query) = self.query_of_body()? {
            return query.check_narrowed();
        }
        if self.info.query_parameters.is_empty() && self.body_bytes().is_some() {
            let search = self.info.counted_by.map_or("a search", |search| search.name);
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "not every server may apply the limits in the body, and one that ignores them would act on more: \
                     find the resources with `{search}` and act on each, or call `.unchecked()` to send it anyway"
                ),
            ));
        }
        if let Some(filters) = self.query.filters() {
            filters.check_action(self.info)?;
        }
        // After `all()` nothing has to narrow the action.
        let mut extras = self.query.extras().filter(|_| !self.needs_one_of.is_empty());
        match extras.find(|(name, _)| filter::is_deceptive(self.info, name)) {
            Some((name, _)) => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "some version of Kestra ignores the parameter `{name}`: add a filter, or call `.unchecked()` to send it \
                     anyway"
                ),
            )),
            None => Ok(()),
        }
    }

    /// Refuses a call that must not be sent before a search.
    pub(super) fn check_sent_as_it_is(&self, is_unchecked: bool) -> Result<(), Error> {
        if let Some(most) = self.at_most {
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "`at_most({most})` requires a search before the action: send it with a `Client`, or remove `at_most`"
                ),
            ));
        }
        if is_unchecked || self.is_read_alike() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Refused,
            "some version of Kestra interprets one of the filters differently, so the action must be sent by ids: \
             send it with a `Client`, call `.by_ids()`, or call `.unchecked()` to send it anyway",
        ))
    }
}
