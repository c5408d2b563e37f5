//! Names of flows, inputs and values as names of Rust.
//!
//! Everything that is neither a letter nor a digit separates words. A name that would begin with a digit gets an `n` before it, and a
//! keyword an `_` behind it.

/// Words that can't be names, and the constructor, beside which there is no setter of its name.
const TAKEN: [&str; 54] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "new", "override", "priv", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized",
    "use", "virtual", "where", "while", "yield",
];

/// Types that the code names without a path.
const TYPES: [&str; 7] = ["Into", "IntoIterator", "Option", "Result", "Self", "String", "Vec"];

/// Returns the name of a module, a method or a field; an empty one if there is no letter or digit.
pub(super) fn snake(text: &str) -> String {
    let mut name = words(text).join("_").to_lowercase();
    if name.starts_with(|first| !unicode_ident::is_xid_start(first)) {
        name.insert(0, 'n');
    }
    if TAKEN.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// Returns the name of a type; an empty one if there is no letter or digit.
pub(super) fn pascal(text: &str) -> String {
    let mut name = String::new();
    for word in words(text) {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(&letters.as_str().to_lowercase());
    }
    if name.starts_with(|first| !unicode_ident::is_xid_start(first)) {
        name.insert(0, 'N');
    }
    name
}

/// Returns the name of the type of a flow.
pub(super) fn flow(id: &str) -> String {
    let name = pascal(id);
    if TYPES.contains(&name.as_str()) { format!("{name}Flow") } else { name }
}

/// Returns the name of a value of an enum, at this position counted from 0.
pub(super) fn value(text: &str, position: usize) -> String {
    match pascal(text) {
        name if name.is_empty() => format!("Value{}", position + 1),
        name if name == "Self" => "Self_".to_owned(),
        name => name,
    }
}

/// Whether it is a letter of any script, or a digit, that names of Rust have.
fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() && unicode_ident::is_xid_continue(letter)
}

/// Splits a text into words: at what is neither a letter nor a digit, and before a capital letter that follows a small one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in text.chars() {
        if is_part(letter) {
            let begins = !is_part(before) || (before.is_lowercase() && letter.is_uppercase());
            match words.last_mut() {
                Some(word) if !begins => word.push(letter),
                _ => words.push(letter.to_string()),
            }
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rules() {
        for (text, name) in [
            ("dry_run", "dry_run"),
            ("dryRun", "dry_run"),
            ("dry-run", "dry_run"),
            ("form.child", "form_child"),
            ("HTTP", "http"),
            ("type", "type_"),
            ("new", "new_"),
            ("2024", "n2024"),
            ("größe", "größe"),
            ("-", ""),
        ] {
            assert_eq!(snake(text), name);
        }
        for (text, name) in [
            ("very-slow", "VerySlow"),
            ("VERY_SLOW", "VerySlow"),
            ("2nd", "N2nd"),
            ("a b", "AB"),
            ("éa", "Éa"),
            ("ß", "SS"),
            ("²", "Value1"),
            ("", "Value1"),
            ("self", "Self_"),
        ] {
            assert_eq!(value(text, 0), name);
        }
        assert_eq!(flow("string"), "StringFlow");
    }
}
