//! URLs as they may be shown: without credentials and without what a query says.

/// A URL without user, password, query and fragment; text that isn't a URL loses the same as far as it can be told.
#[must_use]
pub fn url(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let cut = &text[..end];
    let (scheme, rest) = match cut.find("://") {
        Some(at) => cut.split_at(at + 3),
        None => ("", cut),
    };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    // The last @ of the text: a password that wasn't encoded may hold a slash.
    match rest.rfind('@').filter(|at| *at < authority_end || rest[..*at].contains(':')) {
        Some(at) => format!("{scheme}…@{}", &rest[at + 1..]),
        None => format!("{scheme}{rest}"),
    }
}
