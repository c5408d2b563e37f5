//! Names of Java as names of Rust.

use std::collections::BTreeSet;

/// Words that can't be names of Rust.
const KEYWORDS: [&str; 53] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield", "_",
];

/// Methods that every type has.
pub(super) const METHODS: [&str; 2] = ["new", "set"];

/// Types that the code of every module names.
pub(super) const TYPES: [&str; 3] = ["From", "Into", "String"];

/// Names that are taken within a module or a type.
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn new(taken: &[&str]) -> Self {
        Self(taken.iter().map(|&name| name.to_owned()).collect())
    }

    /// Returns the name, with a `_` for each that has it already.
    pub(super) fn take(&mut self, mut name: String) -> String {
        while KEYWORDS.contains(&name.as_str()) || self.0.contains(&name) {
            name.push('_');
        }
        self.0.insert(name.clone());
        name
    }
}

/// Writes a name in snake case: `httpMethod` and `HTTPMethod` as `http_method`.
pub(super) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, &char) in chars.iter().enumerate() {
        if !char.is_ascii_alphanumeric() {
            push_break(&mut snake);
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let is_lower = |char: Option<&char>| char.is_some_and(char::is_ascii_lowercase);
        let begins_word = char.is_ascii_uppercase()
            && (before.is_some_and(|before| !before.is_ascii_uppercase())
                || (is_lower(chars.get(at + 1)) && before.is_some()));
        if begins_word {
            push_break(&mut snake);
        }
        snake.push(char.to_ascii_lowercase());
    }
    begin_with_letter(snake.trim_end_matches('_').to_owned())
}

/// Writes the name of a class as the name of a type; what Java has within another class follows its name.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split(|char: char| !char.is_ascii_alphanumeric());
    let upper = words.map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    });
    begin_with_letter(upper.collect())
}

/// Returns the module and the name of a plugin's type. Those of Kestra are below `io.kestra.plugin`, which no module repeats.
pub(super) fn path(kind: &str) -> (Vec<String>, String) {
    let (package, class) = kind.rsplit_once('.').unwrap_or(("", kind));
    let package = package.strip_prefix("io.kestra.plugin.").unwrap_or(package);
    let modules = package.split('.').map(|module| Names::new(&[]).take(snake(module)));
    (modules.collect(), pascal(class))
}

fn push_break(name: &mut String) {
    if !name.is_empty() && !name.ends_with('_') {
        name.push('_');
    }
}

fn begin_with_letter(name: String) -> String {
    if name.starts_with(|char: char| char.is_ascii_alphabetic()) { name } else { format!("_{name}") }
}

#[cfg(test)]
mod tests {
    use super::{Names, pascal, path, snake};

    #[test]
    fn names_of_java() {
        for (java, rust) in [
            ("message", "message"),
            ("allowFailure", "allow_failure"),
            ("sqlURI", "sql_uri"),
            ("URIPath", "uri_path"),
            ("s3Key", "s3_key"),
            ("base64Encoded", "base64_encoded"),
            ("with-dash", "with_dash"),
            ("$schema", "schema"),
            ("1st", "_1st"),
            ("ÄÖ", "_"),
        ] {
            assert_eq!(snake(java), rust, "{java}");
        }
        assert_eq!((pascal("Log"), pascal("Outer$inner")), ("Log".to_owned(), "OuterInner".to_owned()));
        let modules = |kind| path(kind).0.join("::");
        assert_eq!(modules("io.kestra.plugin.core.log.Log"), "core::log");
        assert_eq!(modules("com.company.match.Play"), "com::company::match_");
        let mut names = Names::new(&["set"]);
        assert_eq!(
            ["set", "type", "a", "a"].map(|name| names.take(name.to_owned())),
            ["set_", "type_", "a", "a_"]
        );
    }
}
