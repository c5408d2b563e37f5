//! The query of a call: encoded as it is set, and still known by parameter until it is sent.

use std::borrow::Cow;

use crate::encode::{ParameterValue, push_query, uri_path};
use crate::filter::{Filter, FilterSet};
use crate::guard::is_root;
use crate::instant;
use crate::operation::{CharacterRule, OperationInfo, QueryParameter};

#[derive(Clone, Copy, Debug)]
struct Pair {
    /// The place of its parameter in the operation's list, if the catalogue knows it.
    parameter: Option<usize>,
    start: u32,
    end: u32,
}

/// What happens to the pairs that the catalogue doesn't know when another operation takes a query over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extras {
    Keep,
    Drop,
}

/// A value of a parameter, as it was given.
#[derive(Clone, Debug)]
pub(crate) struct NamedValue {
    pub(crate) parameter: &'static QueryParameter,
    pub(crate) text: String,
}

/// Pairs in the order in which they were set.
#[derive(Clone, Default)]
pub(crate) struct Query {
    text: String,
    pairs: Vec<Pair>,
    /// How they are written depends on the version, so they are kept as they are meant.
    filters: Option<Box<FilterSet>>,
}

impl Query {
    pub(crate) fn has(&self, index: usize) -> bool {
        self.pairs.iter().any(|pair| pair.parameter == Some(index))
            || self.filters().is_some_and(|filters| filters.index() == index)
    }

    /// Returns whether a parameter limits the result: neither a look back alone nor the root of files does.
    pub(crate) fn narrows(&self, info: &'static OperationInfo, index: usize) -> bool {
        match self.names(info).find(|(known, _)| *known == index) {
            Some((_, value)) => !is_root(&value.text),
            None => {
                self.pairs.iter().any(|pair| pair.parameter == Some(index))
                    || self.filters().is_some_and(|filters| filters.index() == index && filters.narrows())
            }
        }
    }

    /// The first value of a parameter, decoded.
    pub(crate) fn value(&self, index: usize) -> Option<String> {
        let pair = self.pairs().find(|(known, _)| *known == Some(index))?.1;
        Some(decoded(pair.split_once('=')?.1))
    }

    /// Returns all values of a parameter, decoded, in their order.
    pub(crate) fn values(&self, index: usize) -> Vec<String> {
        let pairs = self.pairs().filter(|(known, _)| *known == Some(index));
        let values = pairs.filter_map(|(_, pair)| pair.split_once('='));
        values.map(|(_, value)| decoded(value)).collect()
    }

    /// Returns the name of the first parameter whose value is blank, decoded.
    pub(crate) fn blank(&self) -> Option<String> {
        let mut pairs = self.pairs().map(|(_, pair)| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(_, value)| decoded(value).trim().is_empty()).map(|(name, _)| decoded(name))
    }

    /// Returns the parameters that the catalogue doesn't know, decoded.
    pub(crate) fn extras(&self) -> impl Iterator<Item = (String, String)> {
        let extras = self.pairs().filter(|(index, _)| index.is_none());
        extras
            .filter_map(|(_, pair)| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value)))
    }

    /// Removes the filters that are matched against the rows of a search.
    pub(crate) fn keep_filters_of_search(&mut self, action: &OperationInfo) {
        if let Some(filters) = &mut self.filters {
            **filters = filters.of_search(action);
        }
    }

    /// Returns the values with rules about their characters in the catalogue.
    fn names<'a>(&'a self, info: &'static OperationInfo) -> impl Iterator<Item = (usize, NamedValue)> + 'a {
        self.pairs.iter().filter_map(|pair| {
            let index = pair.parameter?;
            let parameter = info.query_parameters.get(index).filter(|known| !known.characters.is_empty())?;
            Some((index, NamedValue::decode(parameter, self.text_of(pair).split_once('=')?.1)))
        })
    }

    /// Returns the names that some version misreads, with the rules about them.
    pub(crate) fn misread<'a>(
        &'a self,
        info: &'static OperationInfo,
    ) -> impl Iterator<Item = (NamedValue, &'static CharacterRule)> + 'a {
        self.names(info).flat_map(|(_, value)| {
            let rules = value.parameter.characters.iter();
            let misread: Vec<_> = rules.filter(|rule| rule.find(&value.text).is_some()).collect();
            misread.into_iter().map(move |rule| (value.clone(), rule))
        })
    }

    pub(crate) fn filters(&self) -> Option<&FilterSet> {
        self.filters.as_deref()
    }

    pub(crate) fn add_filter(&mut self, index: usize, filter: Filter) {
        self.filters.get_or_insert_with(|| Box::new(FilterSet::new(index))).add(filter);
    }

    pub(crate) fn add_look_back(&mut self, index: usize, filter: Filter) {
        self.filters.get_or_insert_with(|| Box::new(FilterSet::new(index))).add_look_back(filter);
    }

    /// What another operation has of it, by the names of the parameters.
    pub(crate) fn of_other(&self, info: &OperationInfo, other: &OperationInfo, extras: Extras) -> Self {
        let place = |index: usize| {
            let name = info.query_parameters.get(index)?.name;
            other.query_parameters.iter().position(|parameter| parameter.name == name)
        };
        let mut found = Self::default();
        for (index, pair) in self.pairs() {
            let parameter = index.and_then(place);
            if parameter.is_none() && (index.is_some() || extras == Extras::Drop) {
                continue;
            }
            let start = found.text.len() as u32;
            found.text.push_str(pair);
            found.pairs.push(Pair { parameter, start, end: found.text.len() as u32 });
        }
        found.filters = self
            .filters
            .as_ref()
            .and_then(|filters| place(filters.index()).map(|index| Box::new(filters.for_parameter(index))));
        found
    }

    /// Whether a parameter has a value that starts so.
    pub(crate) fn has_value(&self, info: &OperationInfo, index: usize, start: &str) -> bool {
        let mut encoded = String::new();
        push_query(&mut encoded, info.query_parameters.get(index).map_or("", |parameter| parameter.name));
        encoded.push('=');
        push_query(&mut encoded, start);
        self.pairs().any(|(known, pair)| known == Some(index) && pair.starts_with(&encoded))
    }

    /// Several queries that have the values of one parameter between them, in their order, and all else each.
    pub(crate) fn split(&self, index: usize, limit: usize) -> Vec<Self> {
        if self.text.len() <= limit {
            return Vec::new();
        }
        let mut pieces: Vec<(usize, Self)> = Vec::new();
        let others = self.pairs.iter().filter(|pair| pair.parameter != Some(index));
        let rest = Self { pairs: others.copied().collect(), ..self.clone() };
        for pair in self.pairs.iter().filter(|pair| pair.parameter == Some(index)) {
            let length = (pair.end - pair.start) as usize + 1;
            match pieces.last_mut() {
                Some((taken, piece)) if *taken + length <= limit => {
                    *taken += length;
                    piece.pairs.push(*pair);
                }
                _ => {
                    let mut piece = rest.clone();
                    piece.pairs.push(*pair);
                    pieces.push((length, piece));
                }
            }
        }
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    pub(crate) fn remove(&mut self, index: usize) {
        self.pairs.retain(|pair| pair.parameter != Some(index));
        self.filters.take_if(|filters| filters.index() == index);
    }

    pub(crate) fn add(&mut self, info: &OperationInfo, index: usize, value: &(impl ParameterValue + ?Sized)) {
        let parameter = info.query_parameters.get(index);
        let name = parameter.map_or("", |parameter| parameter.name);
        value.with_text(|value| {
            let value = parameter.map_or(Cow::Borrowed(value), |parameter| as_sent(parameter, value));
            self.push(Some(index), &value, |text| text.push_str(name), name.len());
        });
    }

    pub(crate) fn add_extra(&mut self, name: &str, value: &str) {
        self.push(None, value, |text| push_query(text, name), name.len());
    }

    /// Names of the catalogue need no encoding, those of other people may.
    fn push(
        &mut self,
        parameter: Option<usize>,
        value: &str,
        push_name: impl FnOnce(&mut String),
        name_length: usize,
    ) {
        // Enough for what most calls set, at once.
        let least = if self.pairs.is_empty() { 64 } else { 0 };
        self.text.reserve(least.max(name_length + value.len() + 1));
        let start = self.text.len() as u32;
        push_name(&mut self.text);
        self.text.push('=');
        push_query(&mut self.text, value);
        self.pairs.push(Pair { parameter, start, end: self.text.len() as u32 });
    }

    /// The encoded pairs with the place of their parameter in the operation's list.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        self.pairs.iter().map(|pair| (pair.parameter, self.text_of(pair)))
    }

    fn text_of(&self, pair: &Pair) -> &str {
        &self.text[pair.start as usize..pair.end as usize]
    }

    /// Returns the parameters of the catalogue that have a value, once for each value, with their indices.
    pub(crate) fn parameters(
        &self,
        info: &'static OperationInfo,
    ) -> impl Iterator<Item = (usize, &'static QueryParameter)> {
        self.pairs.iter().filter_map(|pair| {
            let index = pair.parameter?;
            Some((index, info.query_parameters.get(index)?))
        })
    }

    pub(crate) fn encoded_len(&self) -> usize {
        self.text.len() + self.pairs.len()
    }
}

impl NamedValue {
    /// Returns whether a rule makes calls refuse the name. If servers store other characters in its place, calls find the
    /// file under either name, except calls for which the server parses the name as a URI.
    pub(crate) fn is_refused_by(&self, rule: &CharacterRule) -> bool {
        rule.versions.is_some() && (rule.stored_as.is_none() || self.parameter.is_uri)
    }

    /// Decodes a value of the query.
    fn decode(parameter: &'static QueryParameter, encoded: &str) -> Self {
        let text = decoded(encoded);
        Self { parameter, text: if parameter.is_uri { decoded(&text) } else { text } }
    }
}

/// Returns the value as the server has to read it.
fn as_sent<'a>(parameter: &QueryParameter, value: &'a str) -> Cow<'a, str> {
    match parameter.empty_as {
        Some(text) if value.is_empty() => Cow::Borrowed(text),
        _ if parameter.is_uri => Cow::Owned(uri_path(value)),
        _ if parameter.milliseconds.is_some() => {
            instant::to_milliseconds(value).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        _ => Cow::Borrowed(value),
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
