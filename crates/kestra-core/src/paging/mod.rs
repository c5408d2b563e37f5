//! Lists that come a page at a time, read as streams.
//!
//! One engine serves all operations: [`Pages`] gives whole pages, [`Items`] their rows. Both ask for nothing until they are
//! polled.
//!
//! A page that is shorter than requested is not necessarily the last one: servers leave out rows that they have
//! counted. What ends a stream is the total, or an empty page whatever the total is. There is no snapshot on the
//! server: rows that come or go while a list is read shift the rows behind them, so that one may be seen twice or not
//! at all. A sort by something that doesn't change, oldest first, keeps what was read in its place; where none is set
//! and a good one is known, that one is sent. [`Items::has_shifted`] tells when the total changed on the way.

mod continuation;
mod items;
mod page_fetcher;
mod pages;

pub use continuation::{BadContinuation, Continuation};
pub use items::Items;
pub use pages::Pages;

/// How many rows a page has when nothing is said.
pub const DEFAULT_SIZE: u64 = 100;

/// A response that is one page of a list.
pub trait PageResponse {
    /// A row.
    type Item;

    /// How many rows the page has.
    fn count(&self) -> usize;

    /// How many rows all pages have together, if the server counts.
    fn total(&self) -> Option<u64>;

    /// Where the next page starts, on servers that page by cursor.
    fn next_cursor(&self) -> Option<&str>;

    /// Whether the server pages by cursor, so that a page without one is the last.
    fn is_by_cursor(&self) -> bool;

    /// Whether this is the whole list.
    fn is_whole(&self) -> bool;

    /// The rows.
    fn into_rows(self) -> Vec<Self::Item>;
}
