//! Expressions of Pebble that refer to values.

use std::fmt::Write as _;

/// The expression `{{ a.b.c }}`; a name that isn't an identifier is written in brackets, as in `{{ a['b-c'] }}`.
pub(crate) fn reference(root: &str, names: &[&str]) -> String {
    let mut text = format!("{{{{ {root}");
    for name in names {
        if is_identifier(name) {
            let _ = write!(text, ".{name}");
        } else {
            let _ = write!(text, "['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"));
        }
    }
    text.push_str(" }}");
    text
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_other_characters_are_in_brackets() {
        assert_eq!(reference("outputs", &["answer", "value"]), "{{ outputs.answer.value }}");
        assert_eq!(reference("outputs", &["my-task", "value"]), "{{ outputs['my-task'].value }}");
        assert_eq!(reference("inputs", &["1st"]), "{{ inputs['1st'] }}");
        assert_eq!(reference("inputs", &["it's"]), "{{ inputs['it\\'s'] }}");
    }
}
