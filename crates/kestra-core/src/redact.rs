//! URLs as they may be shown: without credentials and without what a query says.

/// A URL without user, password, query and fragment; text that isn't a URL loses the same as far as it can be told.
///
/// A password that wasn't encoded may hold any character, so what stands before the last `@` is hidden wherever it may be
/// one.
#[must_use]
pub fn url(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => text.split_at(scheme.len() + 3),
        _ => ("", text),
    };
    let end = |text: &str| text.find(['?', '#']).unwrap_or(text.len());
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.rfind('@').filter(|at| *at < path || rest[..*at].contains(':')) {
        // Behind it may be the rest of a query.
        Some(at) if at > end(rest) => format!("{scheme}…"),
        Some(at) => {
            let shown = &rest[at + 1..];
            format!("{scheme}…@{}", &shown[..end(shown)])
        }
        None => format!("{scheme}{}", &rest[..end(rest)]),
    }
}

/// Whether it can be the scheme of a URL, and so is no part of credentials.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn what_may_be_a_secret_is_hidden() {
        for (text, shown) in [
            ("https://kestra.example.com/x?y=secret#z", "https://kestra.example.com/x"),
            ("https://user:secret@host:8080/x", "https://…@host:8080/x"),
            ("http://user:sec/ret@host", "http://…@host"),
            ("https://user:secret#secret@host", "https://…"),
            ("https://user:secret?secret@host", "https://…"),
            ("alice:secret@https://host", "…@https://host"),
            ("user:secret@host", "…@host"),
            ("https://host/x?mail=a@secret", "https://host/x"),
            ("https://host:1/x?mail=a@secret", "https://…"),
            ("localhost:8080", "localhost:8080"),
        ] {
            assert_eq!(url(text), shown, "{text}");
        }
    }
}
