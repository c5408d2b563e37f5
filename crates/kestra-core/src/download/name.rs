//! The name in a `Content-Disposition`, made safe.

use std::borrow::Cow;

/// Names that no file may have on Windows, besides numbered ports.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Characters that count as numbers of ports, besides digits.
const SUPERSCRIPTS: [char; 3] = ['\u{b9}', '\u{b2}', '\u{b3}'];

/// Many file systems take no longer names.
const MAX_BYTES: usize = 255;

/// Returns the name in a header: `filename*` before `filename`, percent-decoded once more, as servers store names encoded.
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

/// Decodes a stored name; a name that isn't encoded stays as it is.
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
    let clean = last.chars().filter(|character| !character.is_control() && !is_invisible(*character)).map(
        |character| {
            if matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { character }
        },
    );
    let clean = cut(clean.collect());
    // A name of dots only is a folder, and is nothing by now.
    match clean.as_str() {
        "" => None,
        name if is_device(name) => Some(cut(format!("_{name}"))),
        _ => Some(clean),
    }
}

/// Cuts a name to the length that file systems allow, and removes spaces around it and dots at its end.
fn cut(mut name: String) -> String {
    while name.len() > MAX_BYTES {
        name.pop();
    }
    name.trim_start().trim_end_matches(|last: char| last == '.' || last.is_whitespace()).to_owned()
}

/// Returns whether the part before the first dot, without spaces at its end, is the name of a Windows device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_number = |last: char| last.is_ascii_digit() || SUPERSCRIPTS.contains(&last);
    let is_port = |device| {
        stem.strip_prefix(device).and_then(|number| number.strip_suffix(is_number)).is_some_and(str::is_empty)
    };
    DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

/// Returns whether a character changes the direction of text, which can disguise a file's extension, ends a line, or has no
/// width.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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
            ("attachment; filename=\"COM1 .txt\"", Some("_COM1 .txt")),
            ("attachment; filename=\"lpt\u{b2}\"", Some("_lpt\u{b2}")),
            ("attachment; filename=\"com\u{b2}1\"", Some("com\u{b2}1")),
            ("attachment; filename=\"conin$\"", Some("_conin$")),
            ("attachment; filename=\"a\u{a0}.\"", Some("a")),
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
        let long = format!("attachment; filename=con.{}", "n".repeat(400));
        assert_eq!(from_header(&long).map(|name| name.len()), Some(255));
    }
}
