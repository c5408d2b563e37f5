//! The name in a `Content-Disposition`, made safe.

use std::borrow::Cow;

/// What no file may be called on some systems.
const RESERVED: &[&str] = &["con", "prn", "aux", "nul"];

/// Many file systems take no longer names.
const MAX_BYTES: usize = 255;

/// The name in a header: `filename*` before `filename`, and percent-decoded once more, as servers store names encoded.
pub(super) fn from_header(value: &str) -> Option<String> {
    let mut plain = None;
    for (name, value) in parameters(value) {
        match name.as_str() {
            "filename*" => {
                if let Some(name) = extended(&value).and_then(|name| safe(&decoded(&name))) {
                    return Some(name);
                }
            }
            "filename" => plain = plain.or_else(|| safe(&decoded(&value))),
            _ => {}
        }
    }
    plain
}

/// A stored name, decoded; one that isn't encoded stays as it is.
fn decoded(name: &str) -> Cow<'_, str> {
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !name.split('%').skip(1).all(is_escape) {
        return Cow::Borrowed(name);
    }
    percent_encoding::percent_decode_str(name).decode_utf8().unwrap_or(Cow::Borrowed(name))
}

/// `charset'language'percent-encoded`; UTF-8 is what everyone sends.
fn extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let charset = parts.next()?;
    let (_, encoded) = (parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    if charset.eq_ignore_ascii_case("utf-8") {
        String::from_utf8(bytes).ok()
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.into_iter().map(char::from).collect())
    } else {
        None
    }
}

/// The parameters behind the first word, quotes and escapes taken away.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut characters = value.chars().skip_while(|character| *character != ';').skip(1).peekable();
    while characters.peek().is_some() {
        let name: String = characters.by_ref().take_while(|character| *character != '=').collect();
        let mut value = String::new();
        while characters.next_if(|character| character.is_whitespace()).is_some() {}
        if characters.next_if_eq(&'"').is_some() {
            while let Some(character) = characters.next().filter(|character| *character != '"') {
                value.push(match character {
                    '\\' => characters.next_if(|next| matches!(next, '"' | '\\')).unwrap_or('\\'),
                    character => character,
                });
            }
            for _ in characters.by_ref().take_while(|character| *character != ';') {}
        } else {
            value.extend(characters.by_ref().take_while(|character| *character != ';'));
        }
        found.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    found
}

/// The last part of a path, without what a file name must not have.
fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = last
        .chars()
        .filter(|character| !character.is_control() && !is_invisible(*character))
        .map(
            |character| {
                if matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { character }
            },
        )
        .collect();
    while clean.len() > MAX_BYTES {
        clean.pop();
    }
    let clean = clean.trim().trim_end_matches(['.', ' ']);
    // A name of dots only is a folder, and is nothing by now.
    if clean.is_empty() {
        return None;
    }
    let stem = clean.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = stem.len() == 4
        && (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem.ends_with(|last: char| last.is_ascii_digit());
    Some(match RESERVED.contains(&stem.as_str()) || numbered {
        true => format!("_{clean}"),
        false => clean.to_owned(),
    })
}

/// Marks that turn the direction of text, which can make an ending look like another.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::from_header;

    #[test]
    fn names_are_read_and_made_safe() {
        for (header, name) in [
            ("attachment; filename=\"report.csv\"", Some("report.csv")),
            ("attachment; filename=report.csv", Some("report.csv")),
            ("attachment; filename=\"a;b.csv\"; size=3", Some("a;b.csv")),
            (
                "attachment; filename=\"plain\"; filename*=utf-8''na%C3%AFve%20file.csv",
                Some("naïve file.csv"),
            ),
            ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", Some("passwd")),
            ("attachment; filename=\"..\\\\..\\\\boot.ini\"", Some("boot.ini")),
            ("attachment; filename=\"a\\\"b.txt\"", Some("a_b.txt")),
            ("attachment; filename*=utf-8''%FF; filename=kept", Some("kept")),
            ("attachment; filename=\"..\"", None),
            ("attachment; filename=\"/\"", None),
            ("attachment; filename=\"nul.txt\"", Some("_nul.txt")),
            ("attachment; filename=\"line\u{1}.txt\"", Some("line.txt")),
            ("attachment; filename=\"exe\u{202e}fdp.txt\"", Some("exefdp.txt")),
            (
                "attachment; filename=\"my%20report.csv\"; filename*=utf-8''my%2520report.csv",
                Some("my report.csv"),
            ),
            ("attachment; filename=\"100%2525.txt\"", Some("100%25.txt")),
            ("attachment; filename=\"100%.txt\"", Some("100%.txt")),
            ("attachment; filename=\"%2e%2e%2fpasswd\"", Some("passwd")),
            ("attachment", None),
            ("", None),
            ("attachment; filename=\"open", Some("open")),
        ] {
            assert_eq!(from_header(header).as_deref(), name, "{header}");
        }
        let long = format!("attachment; filename={}", "é".repeat(400));
        assert_eq!(from_header(&long).map(|name| name.len()), Some(254));
    }
}
