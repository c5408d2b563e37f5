//! Names that servers take, for the check and for `kestra-flowgen`. The crate `kestra-derive` has the same rules, for literals.

/// What [`is_id`] takes, for a message.
pub const ID: &str = "letters, digits, `.`, `-` and `_`, with a letter or digit first";

/// What [`is_namespace`] takes, for a message.
pub const NAMESPACE: &str = "lower-case letters, digits, `.`, `-` and `_`, with a letter or digit first";

/// Returns whether a text can be the id of a flow, an input or an output.
#[must_use]
pub fn is_id(text: &str) -> bool {
    is_name(text, |byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Returns whether a text can be a namespace.
#[must_use]
pub fn is_namespace(text: &str) -> bool {
    is_name(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte))
}

/// Returns whether a text can be the id of a task.
#[must_use]
pub fn is_task_id(text: &str) -> bool {
    is_name(text, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_name(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(is_allowed) && text.starts_with(|char: char| char.is_ascii_alphanumeric())
}
