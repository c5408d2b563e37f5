//! Descriptions of flows as doc comments.

use kestra_flow::{Map, Node};

use crate::words::{Block, lines, read};

/// Lines longer than this are broken; those of an input are indented by 16.
const WIDTH: usize = 84;

/// Returns the lines of a doc comment: the name that users see, or else this one, and the description.
pub(super) fn about(map: &Map, or_else: &str) -> Vec<String> {
    let text = |name| map.get_str(name).map(str::trim).filter(|text| !text.is_empty());
    let mut blocks: Vec<Block> = text("displayName").map(sentence).into_iter().collect();
    read(text("description").unwrap_or_default(), &mut blocks);
    if blocks.is_empty() {
        blocks.push(Block::paragraph(or_else));
    }
    if let Some(default) =
        map.get("defaults").filter(|_| map.get_str("type") != Some("SECRET")).and_then(scalar)
    {
        blocks.push(Block::paragraph(format!("Defaults to `{default}`.")));
    }
    lines(&blocks, WIDTH)
}

/// Returns a short scalar as code of Markdown.
fn scalar(node: &Node) -> Option<String> {
    let text = match node {
        Node::Bool(flag) => flag.to_string(),
        Node::Integer(number) => number.to_string(),
        Node::Float(number) => number.to_string(),
        Node::String(text) => text.clone(),
        Node::Null | Node::List(_) | Node::Map(_) => return None,
    };
    (text.len() <= 60 && !text.trim().is_empty() && !text.contains(['\n', '\r', '`'])).then_some(text)
}

fn sentence(text: &str) -> Block {
    Block::paragraph(if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_no_code_link_or_html() {
        let map = Map::new()
            .with("displayName", "The  <day>")
            .with("description", "See [it](a.md).\n\n    indented\n```yaml\na: <b>\n")
            .with("defaults", "2026-01-31");
        let lines = about(&map, "");
        assert_eq!(lines, ["The \\<day\\>.", "", "See it.", "", "indented", "", "Defaults to `2026-01-31`."]);
    }
}
