//! The query of a request: values, pages, sorting and filters, with the server's errors for what it can't read.

mod checks;
mod fields;
mod filter;
mod legacy;
mod matching;
mod page;
mod parse;
mod values;

pub(crate) use checks::{LEVELS, parameter as parameter_date};
pub(crate) use fields::{Resource, field_named, operations, shouted};
pub(crate) use filter::{Filter, Filters, Node, Patterns};
pub(crate) use kestra_core::Comparison;
pub(crate) use matching::Subject;
pub(crate) use page::{Sort, check_sort, page_of, sort_by};
pub(crate) use values::{Query, not_convertible};
