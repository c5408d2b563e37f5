//! Places in the text of a source, in bytes.

use std::ops::Range;

/// What separates the tokens of a source. Other blanks of Unicode are text.
const BLANK: [char; 5] = [' ', '\t', '\n', '\r', '\u{feff}'];

/// The end of the line of a place, before its line break.
pub(super) fn line_end(source: &str, place: usize) -> usize {
    let end = source[place..].find('\n').map_or(source.len(), |length| place + length);
    if source[place..end].ends_with('\r') { end - 1 } else { end }
}

/// The start of the line of a place.
pub(super) fn line_start(source: &str, place: usize) -> usize {
    source[..place].rfind('\n').map_or(0, |end| end + 1)
}

/// The start of the line after that of a place; the end of the text if there is none.
pub(super) fn next_line(source: &str, place: usize) -> usize {
    source[place..].find('\n').map_or(source.len(), |length| place + length + 1)
}

/// How many characters are before a place in its line.
pub(super) fn column(source: &str, place: usize) -> usize {
    source[line_start(source, place)..place].chars().count()
}

/// The first place from here on that is neither blank nor comment.
pub(super) fn skip_blank(source: &str, mut place: usize) -> usize {
    loop {
        let rest = &source[place..];
        place += rest.len() - rest.trim_start_matches(BLANK).len();
        let is_comment = source[place..].starts_with('#') && (place == 0 || source[..place].ends_with(BLANK));
        if !is_comment {
            return place;
        }
        place = line_end(source, place);
    }
}

/// The first place from here on that is neither blank nor comment nor the tag or anchor of a value.
pub(super) fn skip_properties(source: &str, place: usize) -> usize {
    let place = skip_blank(source, place);
    if !source[place..].starts_with(['&', '!']) {
        return place;
    }
    let length = source[place..].find(BLANK).unwrap_or(source.len() - place);
    skip_properties(source, place + length)
}

/// Replaces ranges by texts, which get the line breaks of the source. An error if ranges overlap, as what is to be changed is
/// entangled with something else.
pub(super) fn splice(source: &str, mut changes: Vec<(Range<usize>, String)>) -> Result<String, String> {
    changes.sort_by_key(|(range, _)| range.start);
    let has_carriage_returns = source.contains("\r\n");
    let mut out = String::with_capacity(source.len());
    let mut done = 0;
    for (range, text) in changes {
        let kept = source.get(done..range.start).filter(|_| range.start <= range.end);
        out.push_str(kept.ok_or("the text around it is entangled with it: change the source by hand")?);
        out.push_str(&if has_carriage_returns { text.replace('\n', "\r\n") } else { text });
        done = range.end;
    }
    out.push_str(source.get(done..).unwrap_or_default());
    Ok(out)
}
