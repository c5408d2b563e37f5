//! The order in which servers send the fields of objects, against the order of the tables that the client reads them by.

use std::collections::BTreeMap;
use std::fmt;

use kestra_core::internal::json::{Read, Shape};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Typed;

/// The orders of the fields of objects, by the names of a table, sorted.
#[derive(Debug, Default)]
pub struct Orders {
    seen: BTreeMap<Vec<&'static str>, Vec<Vec<&'static str>>>,
    /// How many fields were the next of the table after the field before.
    pub guessed: usize,
    /// How many fields had a place in the table.
    pub known: usize,
}

impl Orders {
    /// Adds the objects of a response to an operation.
    pub fn add(&mut self, operation: &str, json: &str) {
        if let Ok(json) = serde_json::from_str(json) {
            crate::generated::answers::with_type(operation, Add { orders: self, json });
        }
    }

    /// Returns the names of each table, sorted, and the order in which servers send them; first those of the longest object.
    pub fn merged(&self) -> impl Iterator<Item = (&[&'static str], Vec<&'static str>)> {
        self.seen.iter().map(|(names, orders)| {
            let mut orders: Vec<_> = orders.iter().collect();
            orders.sort_by_key(|order| std::cmp::Reverse(order.len()));
            let mut merged = Vec::new();
            for order in orders {
                let mut place = 0;
                for name in order {
                    match merged.iter().position(|known| known == name) {
                        Some(known) => place = known + 1,
                        None => {
                            merged.insert(place, *name);
                            place += 1;
                        }
                    }
                }
            }
            (names.as_slice(), merged)
        })
    }

    fn walk(&mut self, json: &Json, shape: Shape<'_>) {
        match (json, shape) {
            (Json::Plain, _) => {}
            (json, Shape::Optional(optional)) => self.walk(json, optional.some()),
            (Json::List(_), Shape::Either(either)) => self.walk(json, either.list()),
            (Json::Object(_), Shape::Either(either)) => self.walk(json, either.object()),
            (Json::List(elements), Shape::List(list)) => {
                elements.iter().for_each(|json| self.walk(json, list.element()));
            }
            (Json::Object(fields), Shape::Map(map)) => {
                fields.iter().for_each(|(key, json)| self.walk(json, map.entry(key.clone())));
            }
            (Json::Object(fields), Shape::Object(object)) => {
                let names = object.names();
                let (mut order, mut next) = (Vec::new(), 0);
                for (key, json) in fields {
                    let Some(place) = names.iter().position(|name| name == key) else { continue };
                    self.known += 1;
                    self.guessed += usize::from(place == next);
                    next = place + 1;
                    order.push(names[place]);
                    if let Some(field) = object.field(place) {
                        self.walk(json, field);
                    }
                }
                let mut names = names.to_vec();
                names.sort_unstable();
                self.seen.entry(names).or_default().push(order);
            }
            _ => {}
        }
    }
}

struct Add<'a> {
    orders: &'a mut Orders,
    json: Json,
}

impl Typed for Add<'_> {
    type Output = ();

    fn with<T: Read + Serialize>(self) {
        self.orders.walk(&self.json, T::blank().shape());
    }
}

/// JSON whose fields keep their order.
enum Json {
    Plain,
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts)
    }
}

struct Parts;

macro_rules! plain {
    ($($visit:ident: $ty:ty,)*) => {$(
        fn $visit<E>(self, _: $ty) -> Result<Json, E> {
            Ok(Json::Plain)
        }
    )*};
}

impl<'de> Visitor<'de> for Parts {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    plain! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str, }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}
