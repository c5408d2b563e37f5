//! Descriptions of a schema as doc comments.

use serde_json::Value;

use super::schema::parts;

/// A paragraph, or an item of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    is_item: bool,
    text: String,
}

/// Where the examples of a plugin begin, which are sources and no Rust.
const EXAMPLES: &str = "##### Examples";

/// Reads title and description of a definition or a property; without code, tables and links, which doc comments would take for
/// something else.
pub(super) fn blocks(json: &Value) -> Vec<Block> {
    let mut found = Vec::new();
    for key in ["title", "markdownDescription"] {
        let own = json.get(key).and_then(Value::as_str);
        let text = own.or_else(|| parts(json).find_map(|part| part.get(key)?.as_str()));
        read(text.unwrap_or_default(), &mut found);
    }
    found.dedup();
    found
}

fn read(text: &str, found: &mut Vec<Block>) {
    let text = text.split(EXAMPLES).next().unwrap_or_default();
    let (mut is_code, mut is_new) = (false, true);
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let is_code = is_code || line.starts_with("```");
        if is_code || line.starts_with('|') || line.trim().is_empty() {
            is_new = true;
            continue;
        }
        let item = item(line);
        let words = item.unwrap_or(line).trim_start_matches(['#', '>', ' ', '\t']);
        match found.last_mut().filter(|_| !is_new && item.is_none()) {
            Some(block) => block.text = format!("{} {words}", block.text),
            None => found.push(Block { is_item: item.is_some(), text: words.to_owned() }),
        }
        is_new = false;
    }
    found.retain(|block| block.text.split_whitespace().next().is_some());
}

/// Returns the text of an item of a list.
fn item(line: &str) -> Option<&str> {
    let number = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let numbered = if number.len() < line.len() { number.strip_prefix(". ") } else { None };
    numbered.or_else(|| ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)))
}

/// A space that no line ends with.
const FIXED: char = '\u{1}';

/// Adds the lines of a doc comment: what it is, and then the blocks.
pub(super) fn comment(first: &str, blocks: &[Block], indent: usize, code: &mut String) {
    let mut add = |text: &str, first: &str, more: &str| {
        let start = format!("{:indent$}///", "");
        let mut line = format!("{start} {first}");
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > 100 {
                code.push_str(&line);
                code.push('\n');
                line = format!("{start} {more}");
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(&if is_empty { first_word(word) } else { word.to_owned() }.replace(FIXED, " "));
            is_empty = false;
        }
        code.push_str(line.trim_end());
        code.push('\n');
    };
    add(first, "", "");
    let mut was_item = false;
    for block in blocks {
        if !(block.is_item && was_item) {
            add("", "", "");
        }
        was_item = block.is_item;
        let text = escape(&block.text);
        if block.is_item { add(&text, "- ", "  ") } else { add(&text, "", "") }
    }
}

/// Writes the first word of a line so that it is no item, heading or rule.
fn first_word(word: &str) -> String {
    match word.strip_suffix('.').filter(|number| number.parse::<u64>().is_ok()) {
        Some(number) => format!("{number}\\."),
        None if word.starts_with(['-', '+', '#', '=', '~', '|']) => format!("\\{word}"),
        None => word.to_owned(),
    }
}

/// Writes text so that a doc comment shows it: as code what stands in backquotes, everything else as words.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|char| if is_visible(char) { char } else { ' ' }).collect();
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backquotes marks nothing.
    let marks_code = pieces.len() % 2 == 1;
    let mut escaped = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at % 2 == 0 || !marks_code {
            words(&without_links(piece), &mut escaped);
        } else if !piece.trim().is_empty() {
            escaped.push_str(&format!("`{}`", piece.trim().replace(' ', &FIXED.to_string())));
        }
    }
    escaped
}

fn is_visible(char: char) -> bool {
    let is_direction =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    !char.is_control() && !is_direction && char != '\u{feff}'
}

/// Replaces `[text](address)` by the text, as most addresses are relative to the user interface.
fn without_links(text: &str) -> String {
    let (mut rest, mut plain) = (text, String::new());
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let parts = link.split_once("](").and_then(|(name, more)| Some((name, more.split_once(')')?.1)));
        match parts.filter(|(name, _)| !name.contains(['[', ']'])) {
            Some((name, more)) => {
                plain.push_str(name);
                rest = more;
            }
            None => {
                plain.push('[');
                rest = link;
            }
        }
    }
    plain + rest
}

fn words(text: &str, escaped: &mut String) {
    for word in text.split_inclusive(char::is_whitespace) {
        if word.starts_with("http://") || word.starts_with("https://") {
            let address = word.trim_end_matches(|char: char| char.is_whitespace() || ".,;:)".contains(char));
            let rest = word.get(address.len()..).unwrap_or_default();
            escaped.push_str(&format!("<{address}>{rest}"));
            continue;
        }
        for char in word.chars() {
            if matches!(char, '[' | ']' | '<' | '>' | '\\' | '*' | '_' | '`') {
                escaped.push('\\');
            }
            escaped.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{blocks, comment};

    fn of(title: &str, description: &str) -> String {
        let mut code = String::new();
        comment(
            "Sets `a`.",
            &blocks(&json!({"title": title, "markdownDescription": description})),
            0,
            &mut code,
        );
        code
    }

    #[test]
    fn descriptions_are_text() {
        assert_eq!(of("", ""), "/// Sets `a`.\n");
        assert_eq!(
            of(
                "The [zone](https://example.com/zones)",
                "One\nof:\n* `a[0]`\n- b\n\nSee https://example.com."
            ),
            "/// Sets `a`.\n///\n/// The zone\n///\n/// One of:\n///\n/// - `a[0]`\n/// - b\n///\n/// See <https://example.com>.\n"
        );
        assert_eq!(
            of("A <b> of [x] and `odd", "before\n```yaml\nid: a\n```\nafter\n##### Examples\nnone"),
            "/// Sets `a`.\n///\n/// A \\<b\\> of \\[x\\] and odd\n///\n/// before\n///\n/// after\n"
        );
    }

    #[test]
    fn long_text_is_wrapped() {
        let code = of(&"word ".repeat(60), &format!("- {}", "item ".repeat(40)));
        assert!(code.lines().all(|line| line.chars().count() <= 100), "{code}");
        assert!(code.contains("\n///   item"), "{code}");
        for (word, shown) in [("-", "\\-"), ("3.", "3\\."), ("#a", "\\#a")] {
            let code = of(&format!("{} {word} end", "x".repeat(95)), "");
            assert!(code.ends_with(&format!("\n/// {shown} end\n")), "{code}");
        }
    }
}
