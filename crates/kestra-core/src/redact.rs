//! URLs for messages: without credentials and query, and of bounded length.

use std::fmt;

/// The most characters of a URL that are shown.
const LIMIT: usize = 200;

/// Returns a URL without user, password, query and fragment, cut after 200 characters; the same parts are removed from text
/// that isn't a URL as far as they can be recognized.
///
/// A password that wasn't encoded may hold any character, so what stands before the last `@` is hidden wherever it may be
/// one, and what stands where a port is expected is shown only if it is one.
pub fn url(text: &str) -> String {
    let shown = without_port_that_is_none(without_credentials(text));
    brief(&shown, LIMIT)
}

/// Returns text cut after `limit` characters, with `…` at the end if it was cut.
pub fn brief(text: impl fmt::Display, limit: usize) -> String {
    let mut brief = Brief { text: String::new(), left: limit };
    // Writing fails where the text is cut; the text up to there is the result.
    let _ = fmt::write(&mut brief, format_args!("{text}"));
    brief.text
}

/// A writer that fails after a number of characters, so that no long text is written only to be cut.
struct Brief {
    text: String,
    left: usize,
}

impl fmt::Write for Brief {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.left) {
            None => {
                self.left -= text.chars().count();
                self.text.push_str(text);
                Ok(())
            }
            Some((end, _)) => {
                self.text.push_str(&text[..end]);
                self.text.push('…');
                self.left = 0;
                Err(fmt::Error)
            }
        }
    }
}

/// Removes a port that is not a number: without an `@`, or with an encoded one, a password stands in its place.
fn without_port_that_is_none(text: String) -> String {
    let start = text.find("://").map_or(0, |scheme| scheme + 3);
    let authority = &text[start..];
    let authority = &authority[..authority.find('/').unwrap_or(authority.len())];
    let host = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[host..].split_once(':') {
        Some((_, port)) if port.bytes().any(|byte| !byte.is_ascii_digit()) || port.len() > 5 => {
            let end = start + host + authority[host..].find(':').unwrap_or_default();
            format!("{}:…", &text[..end])
        }
        _ => text,
    }
}

fn without_credentials(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => text.split_at(scheme.len() + 3),
        _ => ("", text),
    };
    let end = |text: &str| text.find(['?', '#']).unwrap_or(text.len());
    match rest.rfind('@') {
        Some(at) if at < end(rest) => {
            let shown = &rest[at + 1..];
            format!("{scheme}…@{}", &shown[..end(shown)])
        }
        // An `@` belongs to the query only if a host and a path come before it.
        Some(at)
            if rest[..at].contains(':')
                || !matches!(rest.find('/'), Some(path) if 0 < path && path < end(rest)) =>
        {
            format!("{scheme}…")
        }
        _ => format!("{scheme}{}", &rest[..end(rest)]),
    }
}

/// Whether it can be the scheme of a URL, and so is no part of credentials.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LIMIT, url};

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
            ("http://user:secret{1@host", "http://…@host"),
            ("http://us{er:sec}ret@host:8080/{base}", "http://…@host:8080/{base}"),
            ("http://user:secret", "http://user:…"),
            ("http://user:secret%40host/x", "http://user:…"),
            ("http://user:sécret\u{ff20}host", "http://user:…"),
            ("http://user:123secret", "http://user:…"),
            ("http://user:secret@", "http://…@"),
            ("http://[::1]:8080/x:y", "http://[::1]:8080/x:y"),
            ("http://[::1]:secret", "http://[::1]:…"),
            ("http://{host}:{port}/{base}", "http://{host}:…"),
            ("abc:///secret@host", "abc://…@host"),
            ("abc:///secret?@host", "abc://…"),
            ("http://secret?x@host", "http://…"),
            ("http://a:secret@b:secret@host/x@y", "http://…@y"),
        ] {
            assert_eq!(url(text), shown, "{text}");
        }
        assert_eq!(url(&format!("http://{}", "ä".repeat(1000))).chars().count(), LIMIT + 1);
    }

    proptest! {
        #[test]
        fn no_spelling_of_credentials_is_shown(
            user in "[a-z{}%:@/é ]{0,6}",
            before in "[ -~é\u{ff20}]{0,6}",
            after in "[ -~é\u{ff20}]{0,6}",
            scheme in "(http://|https://|HTTP://|ftp://|http:/|http:|//|)",
            host in "(host|host:80|[::1]:80|\\{host\\}|)",
            end in "(/x|/|\\?q=1|#f|)",
        ) {
            let shown = url(&format!("{scheme}{user}:{before}SECRET{after}@{host}{end}"));
            prop_assert!(!shown.contains("SECRET"), "{}", shown);
        }
    }
}
