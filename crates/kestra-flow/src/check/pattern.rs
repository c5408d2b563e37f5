//! Patterns of validators. Servers take the regular expressions of Java; what no form of these has is found.

/// What comes before a character.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// The begin of the pattern, a group or a branch.
    Nothing,
    Atom,
    /// `*`, `+`, `?` or `{2}`, which `?` or `+` may follow.
    Quantifier,
    /// A quantifier with its `?` or `+`.
    Modified,
}

/// The letters that mean something after a backslash.
const ESCAPES: &str = "tnrfaecxuUNdDhHsSvVwWbBAGZzpPRXkQE";

/// How many classes of characters may be in each other before a pattern is left to the server.
const DEEPEST: usize = 100;

/// Returns what is wrong with a pattern. One that is not understood to the end is taken.
pub(super) fn problem(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern;
    let mut depth = 0_usize;
    let mut before = Before::Nothing;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        before = match char {
            '\\' => match rest.chars().next() {
                None => return Some("it ends with a backslash"),
                Some('Q') => {
                    rest = rest.split_once("\\E").map_or("", |(_, rest)| rest);
                    Before::Atom
                }
                Some(escaped) if is_unknown(escaped) => {
                    return Some("unknown escape sequence: a backslash before this letter has no meaning");
                }
                Some(escaped) => {
                    rest = &rest[escaped.len_utf8()..];
                    // A name or a code point in braces.
                    if "pPxN".contains(escaped) && rest.starts_with('{') {
                        rest = rest.split_once('}').map_or("", |(_, rest)| rest);
                    }
                    Before::Atom
                }
            },
            '[' => match class(rest, 0) {
                Ok(after) => {
                    rest = after?;
                    Before::Atom
                }
                Err(problem) => return Some(problem),
            },
            '(' => match rest.strip_prefix('?') {
                None => {
                    depth += 1;
                    Before::Nothing
                }
                Some(kind) => {
                    let flags = kind.trim_start_matches(|char: char| "idmsuxU-".contains(char));
                    if kind[..kind.len() - flags.len()].contains('x') {
                        // Blanks and comments mean nothing then.
                        return None;
                    }
                    if flags.starts_with(')') && flags.len() < kind.len() {
                        rest = &flags[1..];
                        Before::Atom
                    } else {
                        let begins = [":", "=", "!", ">", "<=", "<!", "<"];
                        let Some(after) = begins.iter().find_map(|begin| flags.strip_prefix(begin)) else {
                            return Some("unknown group syntax after `(?`");
                        };
                        rest = after;
                        depth += 1;
                        Before::Nothing
                    }
                }
            },
            ')' if depth == 0 => return Some("a `)` has no `(`"),
            ')' => {
                depth -= 1;
                Before::Atom
            }
            '|' => Before::Nothing,
            '*' | '+' | '?' => match before {
                Before::Atom => Before::Quantifier,
                Before::Quantifier if char != '*' => Before::Modified,
                _ => return Some("a `*`, `+` or `?` has nothing to repeat"),
            },
            '{' => {
                let (range, after) = rest.split_once('}').unwrap_or((" ", ""));
                let (least, most) = range.split_once(',').unwrap_or((range, range));
                let most = if most.is_empty() { Ok(u64::MAX) } else { most.parse() };
                match (least.parse::<u64>(), most) {
                    (Ok(least), Ok(most)) if least <= most => rest = after,
                    _ => {
                        return Some(
                            "a `{` is not followed by a repetition count such as `{2}` or `{1,3}`: write `\\{` for the character",
                        );
                    }
                }
                Before::Quantifier
            }
            _ => Before::Atom,
        };
    }
    (depth > 0).then_some("a `(` is not closed")
}

fn is_unknown(escaped: char) -> bool {
    escaped.is_ascii_alphabetic() && !ESCAPES.contains(escaped)
}

/// Reads a class of characters after its `[`, and returns what comes after it; `None` if it is not understood.
fn class(inside: &str, depth: usize) -> Result<Option<&str>, &'static str> {
    if depth > DEEPEST {
        return Ok(None);
    }
    let mut rest = inside.strip_prefix('^').unwrap_or(inside);
    // The character before, where a range may begin.
    let mut from = None;
    let mut is_first = true;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        match char {
            ']' if !is_first => return Ok(Some(rest)),
            '[' => {
                match class(rest, depth + 1)? {
                    Some(after) => rest = after,
                    None => return Ok(None),
                }
                from = None;
            }
            '\\' => match rest.chars().next() {
                Some('Q') => return Ok(None),
                Some(escaped) if is_unknown(escaped) => {
                    return Err("unknown escape sequence: a backslash before this letter has no meaning");
                }
                escaped => {
                    rest = &rest[escaped.map_or(0, char::len_utf8)..];
                    from = None;
                }
            },
            '-' => {
                let to = rest.chars().next().filter(|to| !"]\\[&".contains(*to));
                match (from, to) {
                    (Some(from), Some(to)) if to < from => {
                        return Err("a range such as `a-z` begins after its end");
                    }
                    (Some(_), Some(to)) => {
                        rest = &rest[to.len_utf8()..];
                        from = None;
                    }
                    _ => from = Some(char),
                }
            }
            _ => from = Some(char),
        }
        is_first = false;
    }
    Err("a `[` is not closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_any_depth_are_read_or_left_to_the_server() {
        for depth in [1, DEEPEST, 200_000] {
            let pattern = format!("{}a{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(problem(&pattern), None, "{depth}");
        }
        assert_eq!(problem("[[a]"), Some("a `[` is not closed"));
        assert_eq!(problem("(?~a)"), Some("unknown group syntax after `(?`"));
    }
}
