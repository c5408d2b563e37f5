use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// One page of a list.
///
/// A page may be shorter than asked for although more follow: [`total`](Self::total) tells, not the length. Where some
/// version answers a plain list, that list is the page.
///
/// ```
/// use kestra_models::Page;
///
/// let page: Page<String> = serde_json::from_str(r#"{"results": ["a", "b"], "total": 7}"#)?;
/// assert_eq!((page.results.len(), page.total), (2, Some(7)));
/// let list: Page<String> = serde_json::from_str(r#"["a", "b"]"#)?;
/// assert_eq!((list.results.len(), list.total), (2, None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows.
    pub results: Vec<T>,
    /// How many rows all pages have together; `None` where the server doesn't count.
    pub total: Option<i64>,
    /// Where the next page starts, on servers that page by cursor.
    pub next_cursor: Option<String>,
    /// How the server pages: `OFFSET` or `CURSOR`, where it says so.
    pub kind: Option<String>,
    /// Whether the rows can only be read, where it says so.
    pub read_only: Option<bool>,
    /// Whether the server answered a plain list.
    plain: bool,
}

impl<T> kestra_core::paging::PageAnswer for Page<T> {
    type Item = T;

    fn count(&self) -> usize {
        self.results.len()
    }

    fn total(&self) -> Option<u64> {
        self.total.and_then(|total| total.try_into().ok())
    }

    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    fn is_by_cursor(&self) -> bool {
        self.kind.as_deref() == Some("CURSOR")
    }

    fn is_whole(&self) -> bool {
        self.plain
    }

    fn into_rows(self) -> Vec<T> {
        self.results
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            results: Vec::new(),
            total: None,
            next_cursor: None,
            kind: None,
            read_only: None,
            plain: false,
        }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.results.into_iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    #[inline(never)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PageVisitor(PhantomData))
    }
}

struct PageVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PageVisitor<T> {
    type Value = Page<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page or a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Page<T>, A::Error> {
        let mut page = Page { plain: true, ..Page::default() };
        while let Some(row) = list.next_element::<Option<T>>()? {
            page.results.extend(row);
        }
        Ok(page)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Page<T>, A::Error> {
        let mut page = Page::default();
        while let Some(name) = fields.next_key::<Field>()? {
            match name {
                Field::Results => page.results = fields.next_value::<crate::lenient::List<T>>()?.0,
                Field::Total => page.total = fields.next_value::<crate::lenient::Integer>()?.0,
                Field::NextCursor => page.next_cursor = fields.next_value()?,
                Field::Kind => page.kind = fields.next_value()?,
                Field::ReadOnly => page.read_only = fields.next_value()?,
                Field::Other => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(page)
    }
}

enum Field {
    Results,
    Total,
    NextCursor,
    Kind,
    ReadOnly,
    Other,
}

impl From<&str> for Field {
    fn from(name: &str) -> Self {
        match name {
            "results" => Self::Results,
            "total" => Self::Total,
            "nextCursor" => Self::NextCursor,
            "type" => Self::Kind,
            "readOnly" => Self::ReadOnly,
            _ => Self::Other,
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::lenient::text(deserializer)
    }
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.plain {
            return self.results.serialize(serializer);
        }
        let mut fields = serializer.serialize_struct("Page", 5)?;
        fields.serialize_field("results", &self.results)?;
        fields.serialize_field("total", &self.total)?;
        fields.serialize_field("nextCursor", &self.next_cursor)?;
        fields.serialize_field("type", &self.kind)?;
        fields.serialize_field("readOnly", &self.read_only)?;
        fields.end()
    }
}
