//! Descriptions of a schema as doc comments.

use kestra_flowgen::words::{Block, lines, read};
use serde_json::Value;

use super::schema::parts;

/// Where the examples of a plugin begin, which are sources and no Rust.
const EXAMPLES: &str = "##### Examples";

/// Lines longer than this are broken.
const WIDTH: usize = 100;

/// Reads title and description of a definition or a property; without code, tables and links, which doc comments would take for
/// something else.
pub(super) fn blocks(json: &Value) -> Vec<Block> {
    let mut found = Vec::new();
    for key in ["title", "markdownDescription"] {
        let own = json.get(key).and_then(Value::as_str);
        let text = own.or_else(|| parts(json).find_map(|part| part.get(key)?.as_str())).unwrap_or_default();
        read(text.split(EXAMPLES).next().unwrap_or_default(), &mut found);
    }
    found.dedup();
    found
}

/// Adds the lines of a doc comment: what it is, and then the blocks.
pub(super) fn comment(first: &str, blocks: &[Block], indent: usize, code: &mut String) {
    let first = Block::paragraph(first);
    for line in lines([&first].into_iter().chain(blocks), WIDTH.saturating_sub(indent + "/// ".len())) {
        let line = format!("{:indent$}/// {line}", "");
        code.push_str(line.trim_end());
        code.push('\n');
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
