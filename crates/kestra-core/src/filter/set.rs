//! The filters of one call.

use super::action::{self, Way};
use super::form::{self, Form};
use super::{Condition, Filter, Kind, write};
use crate::error::{Error, ErrorKind};
use crate::operation::{Comparison, FilterField, FilterResource, OperationInfo, QueryParameter};
use crate::version::{Version, Versions};

/// How to send it anyway.
const INSIST: &str = "call `.any_version()` to send it anyway";

/// Filters, all of which hold, and the parameter of the operation that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct FilterSet {
    index: usize,
    filters: Vec<Filter>,
    /// How many of them say only how far back to look.
    look_backs: usize,
}

impl FilterSet {
    pub(crate) const fn new(index: usize) -> Self {
        Self { index, filters: Vec::new(), look_backs: 0 }
    }

    /// The same filters for another parameter.
    pub(crate) fn for_parameter(&self, index: usize) -> Self {
        Self { index, ..self.clone() }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn add(&mut self, filter: Filter) {
        self.filters.push(filter);
    }

    pub(crate) fn add_look_back(&mut self, filter: Filter) {
        self.filters.push(filter);
        self.look_backs += 1;
    }

    /// Refuses filters that an action by query must not have, or can be sent with neither by query nor by ids.
    pub(crate) fn check_action(&self, info: &OperationInfo) -> Result<(), Error> {
        self.filters.iter().try_for_each(action::check)?;
        let single = self.flat().filter_map(|filter| match &filter.0 {
            Kind::Condition(condition) => Some(condition),
            Kind::Group { .. } => None,
        });
        if let Some(condition) = write::repeated(single) {
            return Err(repeated(condition));
        }
        match self.flat().find(|filter| action::way(info, filter).is_none()) {
            Some(filter) => Err(action::refused(info, filter)),
            None => Ok(()),
        }
    }

    /// Returns whether every version reads the filters alike or refuses them.
    pub(crate) fn is_read_alike(&self, info: &OperationInfo) -> bool {
        self.flat().all(|filter| action::way(info, filter) == Some(Way::Query))
    }

    /// Returns the filters that are matched against the rows of a search.
    pub(crate) fn of_rows(&self, info: &OperationInfo) -> Vec<Filter> {
        self.flat().filter(|filter| action::way(info, filter) == Some(Way::Rows)).cloned().collect()
    }

    /// Returns the filters that are sent with the search.
    pub(crate) fn of_search(&self, info: &OperationInfo) -> Self {
        let is_said = |filter: &&Filter| {
            action::way(info, filter) != Some(Way::Rows) || action::is_found_by(info, filter)
        };
        let filters = self.flat().filter(is_said);
        Self { filters: filters.cloned().collect(), ..*self }
    }

    fn flat(&self) -> impl Iterator<Item = &Filter> {
        write::flat(&self.filters).into_iter()
    }

    /// Returns the namespaces that the filters limit the result to, as text.
    pub(crate) fn namespace(&self) -> Option<String> {
        let mut conditions = self.flat().filter_map(|filter| match &filter.0 {
            Kind::Condition(condition) if condition.field == "namespace" => Some(condition),
            _ => None,
        });
        let is_named =
            |comparison| matches!(comparison, Comparison::EQUALS | Comparison::PREFIX | Comparison::IN);
        conditions
            .find(|condition| is_named(condition.comparison))
            .map(|condition| condition.values.join(","))
    }

    /// Returns names and values as the newest server reads them, as text for messages.
    pub(crate) fn text(&self) -> String {
        let pairs = self.filters.iter().flat_map(Filter::pairs);
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    /// Whether they do more than look back.
    pub(crate) fn narrows(&self) -> bool {
        self.filters.len() > self.look_backs
    }

    /// The versions that read filters for this operation at all.
    fn reads_filters(&self, info: &OperationInfo) -> Versions {
        info.query_parameters.get(self.index).map_or(Versions::ALL, |parameter| parameter.versions)
    }

    /// The parameter that says one of them to older servers, if open source ignores it.
    pub(crate) fn ignored_by_open_source(
        &self,
        info: &'static OperationInfo,
    ) -> Option<&'static QueryParameter> {
        let ignored = |parameter: &&QueryParameter| parameter.open_source_ignores.is_some();
        self.conditions()
            .filter(|(condition, _)| condition.values.as_slice() != ["false"])
            .find_map(|(condition, _)| form::parameter(info, condition, Version::OLDEST).filter(ignored))
    }

    /// Returns each condition, and whether it is in a group.
    fn conditions(&self) -> impl Iterator<Item = (&Condition, bool)> {
        write::conditions(&self.filters).into_iter()
    }

    /// Whether another version needs another form, or lacks something.
    pub(crate) fn depends_on_version(&self, info: &OperationInfo) -> bool {
        let Some(resource) = info.filters else { return !self.reads_filters(info).is_all() };
        let is_read_alike = |condition: &Condition| match condition.field_of(resource) {
            Some(field) => field.renamed.is_none() && field.is_known_everywhere(condition.comparison),
            None => resource.fields.is_none(),
        };
        !self.reads_filters(info).is_all()
            || self.conditions().any(|(condition, grouped)| {
                (grouped && !resource.groups.is_all()) || !is_read_alike(condition)
            })
    }

    /// Refuses what is wrong on every version.
    pub(crate) fn check(&self, info: &OperationInfo, any_version: bool) -> Result<(), Error> {
        self.check_dates()?;
        self.check_labels()?;
        let (depth, width) = write::extent(&self.filters);
        if depth > write::MAX_DEPTH || width > write::MAX_WIDTH {
            return Err(Error::invalid(
                "filters",
                format_args!(
                    "groups may be nested {} deep and have {} filters each, these are {depth} deep and {width} wide",
                    write::MAX_DEPTH,
                    write::MAX_WIDTH
                ),
            ));
        }
        if any_version {
            Ok(())
        } else {
            self.conditions().try_for_each(|(condition, _)| known(info, condition))
        }
    }

    /// Returns whether they say when to begin, so that the server doesn't look at the last 8 days only.
    pub(crate) fn say_since(&self) -> bool {
        self.conditions().any(|(condition, _)| matches!(condition.field.as_str(), "startDate" | "timeRange"))
    }

    /// The server refuses a range beside dates with a 422 that names neither.
    fn check_dates(&self) -> Result<(), Error> {
        let has = |field: &str| self.conditions().any(|(condition, _)| condition.field == field);
        if has("timeRange") && (has("startDate") || has("endDate")) {
            return Err(Error::invalid(
                "filter on `timeRange`",
                "it can't be combined with `startDate` or `endDate`, nor `look_back` with `since` or a date: use \
                 `since`, such as `Timestamp::UNIX_EPOCH` for all time",
            ));
        }
        Ok(())
    }

    /// Servers keep the first of two conditions on one label and drop the other without a word.
    fn check_labels(&self) -> Result<(), Error> {
        let mut seen: Vec<&Condition> = Vec::new();
        for (condition, _) in self.conditions().filter(|(_, grouped)| !grouped) {
            let same =
                |known: &&Condition| known.is_of_the_same_key(condition) && known.values != condition.values;
            if seen.iter().any(same) {
                return Err(repeated(condition));
            }
            seen.push(condition);
        }
        Ok(())
    }

    /// Refuses what a server of this version doesn't know or would ignore.
    pub(crate) fn check_for(&self, info: &OperationInfo, version: Version) -> Result<(), Error> {
        let groups = info.filters.map_or(Versions::ALL, |resource| resource.groups);
        let reads = self.reads_filters(info);
        let mut parameters: Vec<&str> = Vec::new();
        self.conditions().try_for_each(|(condition, grouped)| {
            if grouped && !groups.contains(version) {
                return Err(Error::unsupported(version, "a group of filters", groups, ""));
            }
            let form = form::of(info, reads, condition, version).filter(|form| match form {
                // What is said by a parameter of its own can be said once, and not within a group.
                Form::Parameter(name) => !grouped && !parameters.contains(name),
                Form::Filter(_) => true,
            });
            let known = info.filters.and_then(|resource| Some((resource, condition.field_of(resource)?)));
            let instead = known.and_then(|(_, field)| field.instead);
            let advice = instead.map(|hint| format!("{hint}; ")).unwrap_or_default();
            match form {
                None => {
                    let what = format!("the filter on `{}` of `{}`", shown(condition), info.name);
                    Err(Error::unsupported(version, what, reads, &advice))
                }
                Some(Form::Parameter(name)) => {
                    parameters.push(name);
                    Ok(())
                }
                Some(Form::Filter(_)) => match known {
                    Some((resource, field)) if !field.is_known(condition.comparison, version) => {
                        let what = format!("the filter on `{}` of {}", shown(condition), resource.title);
                        Err(Error::unsupported(version, what, ranges(field, condition), &advice))
                    }
                    _ => Ok(()),
                },
            }
        })
    }

    /// Whether a server of this version reads them as the newest does.
    pub(crate) fn reads_as_newest(&self, info: &OperationInfo, version: Version) -> bool {
        let reads = self.reads_filters(info);
        self.conditions().all(|(condition, _)| {
            form::of(info, reads, condition, version) == form::of(info, reads, condition, Version::NEWEST)
        })
    }

    /// Names and values for a server of this version, not yet percent-encoded.
    pub(crate) fn write(
        &self,
        info: Option<&OperationInfo>,
        version: Version,
        mut pair: impl FnMut(&str, &str),
    ) {
        write::all(&self.filters, &mut |condition, path| {
            let form = info.and_then(|info| form::of(info, self.reads_filters(info), condition, version));
            match form {
                // The parameter of a list is repeated, and servers decode its values once.
                Some(Form::Parameter(name)) if condition.comparison.is_list() => {
                    condition.values.iter().for_each(|value| pair(name, value));
                }
                Some(Form::Parameter(name)) => pair(name, &condition.value()),
                Some(Form::Filter(comparison)) => pair(&condition.name(path, comparison), &condition.value()),
                None => pair(&condition.name(path, condition.comparison), &condition.value()),
            }
        });
    }
}

/// Refuses a field or comparison that no version knows.
fn known(info: &OperationInfo, condition: &Condition) -> Result<(), Error> {
    let Some((resource, fields)) = info.filters.and_then(|resource| Some((resource, resource.fields?)))
    else {
        return Ok(());
    };
    let FilterResource { title, .. } = resource;
    let problem = match condition.field_of(resource) {
        None => {
            let names: Vec<&str> =
                fields.iter().filter(|field| !field.any_entry).map(|field| field.name).collect();
            let (name, names) = (&condition.field, names.join(", "));
            format!("{title} can't be filtered by `{name}`: use one of {names}, or {INSIST}")
        }
        Some(field) if field.versions(condition.comparison).next().is_none() => {
            let instead = field.instead.map(|hint| format!(": {hint}")).unwrap_or_default();
            let (name, comparison) = (&condition.field, condition.comparison.name());
            format!("`{name}` of {title} can't be compared by {comparison}{instead}; {INSIST}")
        }
        Some(_) => return Ok(()),
    };
    Err(Error::new(ErrorKind::Unsupported, problem))
}

fn repeated(condition: &Condition) -> Error {
    Error::invalid(
        &format!("filter on `{}`", condition.key.as_deref().unwrap_or_default()),
        "two filters compare it in the same way, and servers read only the first: use `is_in`, `not_in` or `Filter::all` (2.0)",
    )
}

fn shown(condition: &Condition) -> String {
    format!("{} {}", condition.field, condition.comparison.name())
}

fn ranges(field: &FilterField, condition: &Condition) -> String {
    let ranges: Vec<String> = field.versions(condition.comparison).map(|range| range.to_string()).collect();
    ranges.join("; ")
}
