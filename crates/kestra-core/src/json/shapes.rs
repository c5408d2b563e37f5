//! What has parts: lists, maps, objects and what may be missing.

use std::collections::BTreeMap;

use serde_json::{Map as JsonMap, Value};

use super::{Fields, List, Map, Object, Optional, Read, Shape};

impl<T: Read> Read for Option<T> {
    #[inline]
    fn blank() -> Self {
        None
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        Shape::Optional(self)
    }
}

impl<T: Read> Optional for Option<T> {
    // Compiled once for all crates of a program, as it isn't inlined; so are those below.
    #[inline(never)]
    fn some(&mut self) -> Shape<'_> {
        self.get_or_insert_with(T::blank).shape()
    }

    fn none(&mut self) {
        *self = None;
    }
}

impl<T: Read> Read for Box<T> {
    #[inline]
    fn blank() -> Self {
        Self::new(T::blank())
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        (**self).shape()
    }
}

impl<T: Read> Read for Vec<T> {
    #[inline]
    fn blank() -> Self {
        Self::new()
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        Shape::List(self)
    }
}

impl<T: Read> List for Vec<T> {
    #[inline(never)]
    fn element(&mut self) -> Shape<'_> {
        let at = self.len();
        self.push(T::blank());
        self[at].shape()
    }

    fn take_back(&mut self) {
        self.pop();
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    #[inline]
    fn blank() -> Self {
        Self::new()
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        Shape::Map(self)
    }
}

impl<T: Read> Map for BTreeMap<String, T> {
    #[inline(never)]
    fn entry(&mut self, key: String) -> Shape<'_> {
        self.entry(key).or_insert_with(T::blank).shape()
    }

    fn take_back(&mut self, key: &str) {
        self.remove(key);
    }
}

impl<T: Fields> Object for T {
    fn names(&self) -> &'static [&'static str] {
        T::NAMES
    }

    #[inline(never)]
    fn field(&mut self, place: usize) -> Option<Shape<'_>> {
        Fields::field(self, place)
    }
}

impl Read for Value {
    #[inline]
    fn blank() -> Self {
        Self::Null
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        Shape::Value(self)
    }
}

impl Read for JsonMap<String, Value> {
    #[inline]
    fn blank() -> Self {
        Self::new()
    }

    #[inline]
    fn shape(&mut self) -> Shape<'_> {
        Shape::Fields(self)
    }
}
