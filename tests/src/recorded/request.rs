//! A recorded request, as the builders' tables read it.

use kestra_core::{FilePart, Filter};
use serde::de::DeserializeOwned;

use super::exchange::{Body, Exchange, Part};
use super::obstacle::Obstacle;
use super::route::Match;
use super::values::FromText;
use super::{filters, form};

/// A recorded request whose path fits an operation.
#[derive(Debug)]
pub struct Recorded<'a> {
    exchange: &'a Exchange,
    found: &'a Match,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(exchange: &'a Exchange, found: &'a Match) -> Self {
        Self { exchange, found }
    }

    fn body(&self) -> Option<&'a Body> {
        self.exchange.request.body.as_ref()
    }

    /// A variable of the path.
    pub(crate) fn path<T: FromText>(&self, name: &str) -> Result<T, Obstacle> {
        let value = self.found.variables.iter().find(|(known, _)| *known == name);
        let value = value.and_then(|(_, value)| T::from_text(value));
        value.ok_or_else(|| Obstacle::new("a variable of the path that is no value of its type", name))
    }

    /// Names and values of the query, in order.
    pub(crate) fn query(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.exchange.request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.query().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether a parameter is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// A value of a parameter that has one.
    pub(crate) fn value<T: FromText>(&self, name: &str, value: &str) -> Result<T, Obstacle> {
        if self.values(name).nth(1).is_some() {
            return Err(Obstacle::new("a parameter that has one value, given several times", name));
        }
        self.item(name, value)
    }

    /// A value of a parameter that may have several.
    pub(crate) fn item<T: FromText>(&self, name: &str, value: &str) -> Result<T, Obstacle> {
        T::from_text(value).ok_or_else(|| {
            Obstacle::new("a parameter that is no value of its type", format!("{name}={value}"))
        })
    }

    /// The values of a parameter that are joined by commas.
    pub(crate) fn list<T: FromText>(&self, name: &str, value: &str) -> Result<Vec<T>, Obstacle> {
        if self.values(name).nth(1).is_some() {
            return Err(Obstacle::new("a list in commas, given several times", name));
        }
        value.split(',').map(|value| self.item(name, value)).collect()
    }

    /// Keys and values in turn, joined by commas.
    pub(crate) fn comma_pairs(&self, name: &str, value: &str) -> Result<Vec<(String, String)>, Obstacle> {
        let texts: Vec<String> = self.list(name, value)?;
        match texts.as_chunks() {
            (pairs, []) => Ok(pairs.iter().map(|[key, value]| (key.clone(), value.clone())).collect()),
            _ => Err(Obstacle::new("a map with a key that has no value", format!("{name}={value}"))),
        }
    }

    /// A key and a value that a colon divides.
    pub(crate) fn pair(&self, name: &str, value: &str) -> Result<(String, String), Obstacle> {
        let bad = |rule| Obstacle::new(rule, format!("{name}={value}"));
        let (key, text) = value.split_once(':').ok_or_else(|| bad("a label without a colon"))?;
        if key.trim().is_empty() || text.trim().is_empty() {
            return Err(bad("a label without a key or a value"));
        }
        let same = |other: &&str| other.split_once(':').is_some_and(|(other, _)| other == key);
        if self.values(name).filter(same).nth(1).is_some() {
            return Err(bad("a label that is there twice"));
        }
        Ok((key.to_owned(), text.to_owned()))
    }

    /// The value of a parameter that is an argument.
    pub(crate) fn required<T: FromText>(&self, name: &str) -> Result<T, Obstacle> {
        let value = self.values(name).next().ok_or_else(|| missing(name))?;
        self.value(name, value)
    }

    /// The values of a parameter that is an argument.
    pub(crate) fn all<T: FromText>(&self, name: &str) -> Result<Vec<T>, Obstacle> {
        let values = self.values(name).map(|value| self.item(name, value)).collect::<Result<Vec<T>, _>>()?;
        if values.is_empty() { Err(missing(name)) } else { Ok(values) }
    }

    /// The values, in commas, of a parameter that is an argument.
    #[allow(dead_code)]
    pub(crate) fn required_list<T: FromText>(&self, name: &str) -> Result<Vec<T>, Obstacle> {
        let value = self.values(name).next().ok_or_else(|| missing(name))?;
        self.list(name, value)
    }

    /// What the operation doesn't have.
    pub(crate) fn unknown_parameter(&self, name: &str, value: &str) -> Obstacle {
        Obstacle::new("a parameter that the operation doesn't have", format!("{name}={value}"))
    }

    /// Sees to it that the query has nothing else.
    pub(crate) fn only_query(&self, names: &[&str], filters: bool) -> Result<(), Obstacle> {
        let known = |name: &str| names.contains(&name) || (filters && self.is_filter(name));
        let other = self.query().find(|(name, _)| !known(name));
        other.map_or(Ok(()), |(name, value)| Err(self.unknown_parameter(name, value)))
    }

    /// Whether a parameter is a filter.
    pub(crate) fn is_filter(&self, name: &str) -> bool {
        filters::is_filter(name)
    }

    /// The filters.
    pub(crate) fn filters(&self) -> Result<Vec<Filter>, Obstacle> {
        filters::parse(&self.exchange.request.query)
    }

    /// Whether there is a body.
    pub(crate) fn has_body(&self) -> bool {
        self.body().is_some()
    }

    /// Sees to it that there is no body.
    pub(crate) fn no_body(&self) -> Result<(), Obstacle> {
        match self.body() {
            None => Ok(()),
            Some(_) => Err(Obstacle::new("a body where the operation has none", "body")),
        }
    }

    fn typed(&self, content_type: &str) -> Result<Vec<u8>, Obstacle> {
        let body = self.body().ok_or_else(|| missing("body"))?;
        if form::media_type(body.content_type.as_deref()) != Some(content_type) {
            let what = body.content_type.clone().unwrap_or_else(|| "no content type".to_owned());
            return Err(Obstacle::new(OTHER_CONTENT_TYPE, what));
        }
        body.bytes().ok_or_else(|| Obstacle::new("a body that wasn't kept", body.kind.clone()))
    }

    /// A body of text.
    pub(crate) fn body_text(&self, content_type: &str) -> Result<String, Obstacle> {
        String::from_utf8(self.typed(content_type)?)
            .map_err(|_| Obstacle::new("a body that is no text", content_type))
    }

    /// A body that is the text of a value.
    pub(crate) fn body_value<T: FromText>(&self, content_type: &str) -> Result<T, Obstacle> {
        let text = self.body_text(content_type)?;
        T::from_text(&text).ok_or_else(|| Obstacle::new("a body that is no value of its type", text))
    }

    /// A body of bytes.
    #[allow(dead_code)]
    pub(crate) fn body_bytes(&self, content_type: &str) -> Result<Vec<u8>, Obstacle> {
        self.typed(content_type)
    }

    /// A body of JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, content_type: &str) -> Result<T, Obstacle> {
        serde_json::from_slice(&self.typed(content_type)?)
            .map_err(|error| Obstacle::new("a body that is no value of its type", error.to_string()))
    }

    /// Sees to it that the body, if there is one, is a form.
    pub(crate) fn form(&self) -> Result<(), Obstacle> {
        match self.body() {
            Some(body) if body.kind != "multipart" => {
                let what = body.content_type.clone().unwrap_or_else(|| "no content type".to_owned());
                Err(Obstacle::new(OTHER_CONTENT_TYPE, what))
            }
            _ => Ok(()),
        }
    }

    /// The parts of the form.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'a Part> {
        self.body().into_iter().flat_map(|body| &body.parts)
    }

    /// What the form of the operation doesn't have.
    pub(crate) fn unknown_part(&self, name: &str) -> Obstacle {
        Obstacle::new("a part that the operation doesn't have", name)
    }

    /// Sees to it that the form has no other parts.
    pub(crate) fn only_parts(&self, names: &[&str]) -> Result<(), Obstacle> {
        let other = self.parts().find(|part| !names.contains(&part.name.as_str()));
        other.map_or(Ok(()), |part| Err(self.unknown_part(&part.name)))
    }

    /// The file of a part that is an argument.
    pub(crate) fn file(&self, name: &str) -> Result<FilePart, Obstacle> {
        let part = self.parts().find(|part| part.name == name).ok_or_else(|| missing(name))?;
        part.required_file()
    }

    /// The files of the parts of one name.
    #[allow(dead_code)]
    pub(crate) fn files(&self, name: &str) -> Result<Vec<FilePart>, Obstacle> {
        let files = self.parts().filter(|part| part.name == name).map(Part::required_file);
        let files = files.collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() { Err(missing(name)) } else { Ok(files) }
    }

    /// The text of a part that is an argument.
    #[allow(dead_code)]
    pub(crate) fn text_part<T: FromText>(&self, name: &str) -> Result<T, Obstacle> {
        self.parts().find(|part| part.name == name).ok_or_else(|| missing(name))?.value()
    }
}

/// The rule of a body that another builder of the operation may take.
pub(super) const OTHER_CONTENT_TYPE: &str = "a body of another content type";

fn missing(name: &str) -> Obstacle {
    Obstacle::new("something that our builder can't be without", name)
}
