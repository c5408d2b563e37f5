//! What servers make of text that becomes a URI.

/// The first character that no path of a URI has, with its index.
pub(crate) fn illegal(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(index, character)| match character {
        '%' => !is_escape(&text[index + 1..]),
        '[' | '\\' | ']' | '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}' => true,
        character => character.is_control() || character.is_whitespace(),
    })
}

fn is_escape(rest: &str) -> bool {
    rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
}

/// What stands before query and fragment.
pub(crate) fn before_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default()
}

/// Text with its escapes read.
pub(crate) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
