//! Which page is next, and the call that requests it: everything that doesn't depend on the type of the rows.

use crate::call::Call;
use crate::executor::{CallFuture, Executor, SharedExecutor};

use super::continuation::{Continuation, Place};
use super::{DEFAULT_SIZE, PageResponse};

pub(super) struct PageFetcher {
    template: Call,
    executor: SharedExecutor,
    place: Place,
    size: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) has_shifted: bool,
}

/// What is known of a page without its rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) count: u64,
    pub(super) total: Option<u64>,
    pub(super) cursor: Option<&'a str>,
    pub(super) is_by_cursor: bool,
    pub(super) is_whole: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn of(page: &'a impl PageResponse) -> Self {
        Self {
            count: page.count() as u64,
            total: page.total(),
            cursor: page.next_cursor().filter(|cursor| !cursor.is_empty()),
            is_by_cursor: page.is_by_cursor(),
            is_whole: page.is_whole(),
        }
    }
}

impl PageFetcher {
    pub(super) fn new(executor: SharedExecutor, mut template: Call) -> Self {
        let info = template.info();
        let parameter = |name| parameter(&template, name);
        let number = |name| template.query_value(parameter(name)?)?.parse().ok();
        let place = match parameter("cursor").and_then(|cursor| template.query_value(cursor)) {
            Some(cursor) => Place::Cursor(cursor),
            None => Place::Page(number("page").unwrap_or(1)),
        };
        // Where only some versions page, the others must not be sent what they don't know.
        let pages_always = parameter("page")
            .and_then(|page| info.query_parameters.get(page))
            .is_some_and(|page| page.versions.is_all());
        let size = number("size").or(pages_always.then_some(DEFAULT_SIZE));
        if let Some(sort) = parameter("sort")
            && !template.has_query(sort)
        {
            for key in info.stable_sort {
                template.add_query(sort, *key);
            }
        }
        Self { template, executor, place, size, total: None, has_shifted: false }
    }

    pub(super) fn info(&self) -> &'static crate::operation::OperationInfo {
        self.template.info()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.place == Place::End
    }

    pub(super) fn place(&self) -> Continuation {
        Continuation::new(self.place.clone(), self.size, 0)
    }

    pub(super) fn go_to(&mut self, continuation: &Continuation) {
        self.place = continuation.place.clone();
        self.size = continuation.size.or(self.size);
        if matches!(self.place, Place::Cursor(_)) {
            // A server that gave one reads it.
            self.template.set_enterprise();
        }
    }

    /// Requests the page at the place.
    pub(super) fn request(&mut self) -> CallFuture {
        let mut call = self.template.again();
        let set = |call: &mut Call, name, value: Option<&str>| {
            if let Some(index) = parameter(call, name) {
                match value {
                    Some(value) => call.set_query(index, value),
                    None => call.clear_query(index),
                }
            }
        };
        if let Some(size) = self.size {
            set(&mut call, "size", Some(&size.to_string()));
        }
        match &self.place {
            Place::Page(1) if self.size.is_none() => {}
            Place::Page(page) => set(&mut call, "page", Some(&page.to_string())),
            Place::Cursor(cursor) => {
                set(&mut call, "page", None);
                set(&mut call, "cursor", Some(cursor));
            }
            Place::End => {}
        }
        self.executor.execute(call)
    }

    /// Moves on to the place behind a page.
    pub(super) fn advance(&mut self, facts: Facts<'_>) {
        // A page behind the end says that there are none at all.
        if let Some(total) = facts.total.filter(|total| facts.count > 0 || *total > 0) {
            self.has_shifted |= self.total.is_some_and(|before| before != total);
            self.total = Some(total);
        }
        if facts.cursor.is_some() {
            // Only Enterprise pages so.
            self.template.set_enterprise();
        }
        self.place = match (&self.place, facts.cursor) {
            (Place::End, _) => Place::End,
            _ if facts.is_whole => Place::End,
            (Place::Cursor(before), Some(cursor)) if before == cursor => Place::End,
            (_, Some(cursor)) => Place::Cursor(cursor.to_owned()),
            (Place::Cursor(_), None) => Place::End,
            (Place::Page(_), None) if facts.is_by_cursor => Place::End,
            (Place::Page(page), None) => {
                let size = *self.size.get_or_insert(facts.count.max(1));
                // A total may count rows that no page has, so an empty page is the end whatever the total is.
                let is_last =
                    facts.count == 0 || facts.total.is_some_and(|total| page.saturating_mul(size) >= total);
                match page.checked_add(1) {
                    Some(next) if !is_last => Place::Page(next),
                    _ => Place::End,
                }
            }
        };
    }
}

fn parameter(call: &Call, name: &str) -> Option<usize> {
    call.info().query_parameters.iter().position(|parameter| parameter.name == name)
}
