use kestra_core::internal::json::{Either, Fields, Read, Shape};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A page of results.
///
/// A page may be shorter than `size` although more pages follow: compare with [`total`](Self::total), not with the
/// length. Where a version returns a plain list, that list is the page.
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
    /// The rows of this page. (`results`)
    pub results: Vec<T>,
    /// How many rows all pages have together. Absent if the server doesn't count. (`total`)
    pub total: Option<i64>,
    /// Where the next page starts. Absent on the last page, and unless the server pages by cursor. (`nextCursor`)
    pub next_cursor: Option<String>,
    /// How the server pages, `OFFSET` or `CURSOR`. Only of logs from Kestra 2.0 on. (`type`)
    pub kind: Option<String>,
    /// Whether the rows can be read but not changed. Only of secrets. (`readOnly`)
    pub read_only: Option<bool>,
    /// Whether the server sent a plain list.
    plain: bool,
}

impl<T> kestra_core::paging::PageResponse for Page<T> {
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

read_by_shape! { Page<T> }

impl<T: Read> Read for Page<T> {
    fn blank() -> Self {
        Self::default()
    }

    fn shape(&mut self) -> Shape<'_> {
        Shape::Either(self)
    }
}

impl<T: Read> Either for Page<T> {
    fn list(&mut self) -> Shape<'_> {
        self.plain = true;
        self.results.shape()
    }

    fn object(&mut self) -> Shape<'_> {
        Shape::Object(self)
    }

    fn expected(&self) -> &'static str {
        "a page or a list"
    }
}

impl<T: Read> Fields for Page<T> {
    const NAMES: &'static [&'static str] = &["results", "total", "nextCursor", "type", "readOnly"];

    fn field(&mut self, place: usize) -> Option<Shape<'_>> {
        Some(match place {
            0 => self.results.shape(),
            1 => self.total.shape(),
            2 => self.next_cursor.shape(),
            3 => self.kind.shape(),
            4 => self.read_only.shape(),
            _ => return None,
        })
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
