//! Pages and sorting.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Query;
use crate::dialect::Dialect;
use crate::http::ApiError;

/// Which page of a list was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) page: usize,
    pub(crate) size: usize,
}

/// One key of a sort order.
#[derive(Clone, Debug)]
pub(crate) struct Sort {
    pub(crate) field: String,
    pub(crate) ascending: bool,
}

impl Query {
    /// `page` and `size`, with the operation's name for the error about a value below 1.
    pub(crate) fn page(&self, operation: &str) -> Result<Page, ApiError> {
        self.page_of(operation, 10)
    }

    /// The same with another default size.
    pub(crate) fn page_of(&self, operation: &str, default_size: i64) -> Result<Page, ApiError> {
        let page = self.number("page")?.unwrap_or(1);
        let size = self.number("size")?.unwrap_or(default_size);
        let mut wrong = Vec::new();
        for (name, value) in [("page", page), ("size", size)] {
            if value < 1 {
                wrong.push((format!("{operation}.{name}"), "must be greater than or equal to 1"));
            }
        }
        if !wrong.is_empty() {
            return Err(ApiError::invalid_entity(wrong));
        }
        Ok(Page {
            page: usize::try_from(page).unwrap_or(usize::MAX),
            size: usize::try_from(size).unwrap_or(usize::MAX),
        })
    }

    /// The keys of `sort`; a key without a direction is 422, any other word than `asc` means descending.
    pub(crate) fn sort(&self) -> Result<Vec<Sort>, ApiError> {
        let mut sorts = Vec::new();
        for value in self.all("sort") {
            for key in value.split(',').filter(|key| !key.is_empty()) {
                let Some((field, direction)) = key.split_once(':') else {
                    return Err(ApiError::unprocessable("Invalid sort parameter"));
                };
                let ascending = direction.eq_ignore_ascii_case("asc");
                sorts.push(Sort { field: field.trim().to_owned(), ascending });
            }
        }
        Ok(sorts)
    }
}

impl Page {
    /// The page's part of all matches.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        let skip = (self.page - 1).saturating_mul(self.size);
        all.into_iter().skip(skip).take(self.size).collect()
    }

    /// `{results, total}` of all matches. Like the server's, the total of a page past the end is 0.
    pub(crate) fn of(self, all: Vec<Value>) -> Value {
        let total = all.len();
        let results = self.cut(all);
        let total = if results.is_empty() { 0 } else { total };
        json!({"results": results, "total": total})
    }
}

/// A page of a size, each at least 1.
pub(crate) fn page_of(page: usize, size: usize) -> Page {
    Page { page: page.max(1), size: size.max(1) }
}

/// Refuses a field that a resource can't be sorted by: 422 on 2.0, a failed statement on 1.x.
pub(crate) fn check_sort(sorts: &[Sort], known: &[&str], dialect: Dialect) -> Result<(), ApiError> {
    let Some(unknown) = sorts.iter().find(|sort| !known.contains(&sort.field.as_str())) else {
        return Ok(());
    };
    let field = &unknown.field;
    Err(if dialect.is_v2() {
        ApiError::illegal_argument(format!("The sort field '{field}' does not exist on this resource."))
    } else {
        ApiError::internal(format!("Column \"{field}\" not found"))
    })
}

/// Sorts by keys; `value_of` gives what an item has for a field.
pub(crate) fn sort_by<T>(items: &mut [T], sorts: &[Sort], value_of: impl Fn(&T, &str) -> Option<String>) {
    items.sort_by(|a, b| {
        sorts.iter().fold(Ordering::Equal, |order, sort| {
            order.then_with(|| {
                let order = value_of(a, &sort.field).cmp(&value_of(b, &sort.field));
                if sort.ascending { order } else { order.reverse() }
            })
        })
    });
}
