//! Texts of others as doc comments: none of it is code, a link, HTML or more than the lines of the comment.

/// A paragraph, or an item of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    is_item: bool,
    text: String,
}

impl Block {
    /// Returns a paragraph; what stands in backquotes is code.
    #[must_use]
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self { is_item: false, text: text.into() }
    }
}

/// Adds the blocks of a text in Markdown; without code and tables, which doc comments would take for something else.
pub fn read(text: &str, found: &mut Vec<Block>) {
    let (mut fence, mut is_new) = (None::<&str>, true);
    for line in text.lines() {
        let line = line.trim_start();
        let item = item(line);
        let words = item.unwrap_or(line).trim_start_matches(['#', '>', ' ', '\t']);
        let mark = ["```", "~~~"].into_iter().find(|mark| words.starts_with(mark));
        let is_code = fence.is_some() || mark.is_some();
        if fence.is_none() || fence == mark {
            fence = if fence.is_none() { mark } else { None };
        }
        if is_code || line.starts_with('|') || line.trim().is_empty() {
            is_new = true;
            continue;
        }
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

/// Returns the lines of a doc comment of this width: blocks with an empty line between them.
pub fn lines<'a>(blocks: impl IntoIterator<Item = &'a Block>, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut was_item = false;
    for block in blocks {
        if !(lines.is_empty() || block.is_item && was_item) {
            lines.push(String::new());
        }
        was_item = block.is_item;
        let text = escape(&block.text);
        if block.is_item {
            wrap(&text, "- ", "  ", width, &mut lines);
        } else {
            wrap(&text, "", "", width, &mut lines);
        }
    }
    lines
}

fn wrap(text: &str, first: &str, more: &str, width: usize, lines: &mut Vec<String>) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(line);
            line = more.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&if is_empty { first_word(word) } else { word.to_owned() }.replace(FIXED, " "));
        is_empty = false;
    }
    lines.push(line.trim_end().to_owned());
}

/// Writes the first word of a line so that it is no item, heading or rule.
fn first_word(word: &str) -> String {
    for mark in ['.', ')'] {
        if let Some(number) = word.strip_suffix(mark).filter(|number| number.parse::<u64>().is_ok()) {
            return format!("{number}\\{mark}");
        }
    }
    if word.starts_with(['-', '+', '#', '=', '~', '|', ':']) { format!("\\{word}") } else { word.to_owned() }
}

/// Writes text so that a doc comment shows it: as code what stands in backquotes, everything else as words.
fn escape(text: &str) -> String {
    let text = one_line(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backquotes marks nothing.
    let marks_code = pieces.len() % 2 == 1;
    let mut escaped = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at % 2 == 0 || !marks_code {
            words(&without_links(piece), &mut escaped);
        } else if !piece.trim().is_empty() {
            escaped.push_str(&format!("`{}`", piece.trim().replace(char::is_whitespace, &FIXED.to_string())));
        }
    }
    escaped
}

/// Returns a text as one line, which shows all that it has: line breaks, other controls and marks of direction are blanks.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|char| if is_visible(char) { char } else { ' ' }).collect()
}

/// Returns a sentence that shows a value as code, or as words if it has backquotes.
#[must_use]
pub fn value(value: &str) -> String {
    let text: String = value
        .chars()
        .flat_map(|char| if is_visible(char) { vec![char] } else { char.escape_default().collect() })
        .collect();
    if text.trim().is_empty() {
        return "A blank string.".to_owned();
    }
    if !text.contains('`') {
        return format!("`{text}`.");
    }
    let mut escaped = String::new();
    words(&text, &mut escaped);
    format!("{}.", first_word(escaped.trim_start()))
}

/// Whether it is shown, and in its place; other than line breaks and marks of direction, which compilers refuse in comments.
fn is_visible(char: char) -> bool {
    let is_direction =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    !char.is_control() && !is_direction && !matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
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
            // What could end the address early is taken for words.
            if !address.contains(['<', '>', '`', '\\']) {
                escaped.push_str(&format!("<{address}>{rest}"));
                continue;
            }
        }
        for char in word.chars() {
            if matches!(char, '[' | ']' | '<' | '>' | '\\' | '*' | '_' | '`') {
                escaped.push('\\');
            }
            escaped.push(char);
        }
    }
}
