//! Descriptions of flows as doc comments.

use kestra_flow::{Map, Node};

/// Returns the lines of a doc comment: the name that users see, or else this one, and the description.
pub(super) fn about(map: &Map, or_else: &str) -> Vec<String> {
    let text = |name| map.get_str(name).map(str::trim).filter(|text| !text.is_empty());
    let mut lines = match (text("displayName"), text("description")) {
        (Some(name), description) => {
            let mut lines = vec![sentence(name)];
            if let Some(description) = description {
                lines.push(String::new());
                lines.extend(markdown(description));
            }
            lines
        }
        (None, Some(description)) => markdown(description),
        (None, None) => vec![or_else.to_owned()],
    };
    if let Some(default) =
        map.get("defaults").filter(|_| map.get_str("type") != Some("SECRET")).and_then(scalar)
    {
        lines.extend([String::new(), format!("Defaults to `{default}`.")]);
    }
    lines
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

fn sentence(text: &str) -> String {
    let line = escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.ends_with(['.', '!', '?', ':']) { line } else { format!("{line}.") }
}

/// Returns a description so that rustdoc takes none of it for code that is to be compiled, a link to an item or HTML.
fn markdown(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let fence = line.trim_start();
        if fence.starts_with("```") || fence.starts_with("~~~") {
            is_code = !is_code;
            lines.push(if is_code { "```text" } else { "```" }.to_owned());
        } else if is_code {
            lines.push(line.trim_end().to_owned());
        } else {
            // Four blanks would begin code.
            let indent = (line.len() - fence.len()).min(3);
            lines.push(format!("{:indent$}{}", "", escaped(fence.trim_end())).trim_end().to_owned());
        }
    }
    if is_code {
        lines.push("```".to_owned());
    }
    lines
}

fn escaped(text: &str) -> String {
    // A carriage return alone is refused in a doc comment.
    text.replace('\r', " ").replace('<', "\\<").replace('[', "\\[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_no_code_link_or_html() {
        let map = Map::new()
            .with("displayName", "The  <day>")
            .with("description", "See [it].\n\n    indented\n```yaml\na: <b>\n")
            .with("defaults", "2026-01-31");
        let lines = about(&map, "");
        let wanted = [
            "The \\<day>.",
            "",
            "See \\[it].",
            "",
            "   indented",
            "```text",
            "a: <b>",
            "```",
            "",
            "Defaults to `2026-01-31`.",
        ];
        assert_eq!(lines, wanted);
    }
}
