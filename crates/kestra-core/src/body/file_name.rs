//! Names of uploaded files, which servers make a part of a URI.

use bytes::{BufMut as _, BytesMut};

use crate::error::{Error, ErrorKind};

/// The longest name, in bytes: the server adds a number to it and stores it in a file system.
const MAX_BYTES: usize = 200;

/// The longest name as it is sent, in bytes.
const MAX_ENCODED_BYTES: usize = 230;

/// Characters that the server reads as something else, or refuses, unless they are percent-encoded.
const ENCODED: &str = " #?%[]{}^;|\"<>\\`";

/// Refuses names that no server stores as they are.
pub(super) fn check(part: &str, name: &str) -> Result<(), Error> {
    let encoded: usize = name.chars().map(encoded_len).sum();
    let problem = match name {
        "" => "the file's name is empty: set one with `FilePart::file_name`",
        "." => "the file's name is `.`, which names a folder: set another with `FilePart::file_name`",
        _ if name.starts_with("..") => {
            "the file's name begins with `..`, which servers read as the folder above: set another with \
             `FilePart::file_name`"
        }
        _ if name.contains(['/', '\\']) => {
            "the file's name has a `/` or `\\`, at which servers cut it: set one without with `FilePart::file_name`"
        }
        _ if name.len() > MAX_BYTES || encoded > MAX_ENCODED_BYTES => {
            "the file's name has more than 200 bytes: set a shorter one with `FilePart::file_name`"
        }
        _ => return Ok(()),
    };
    Err(Error::new(
        ErrorKind::Refused,
        format!("{part}: {problem}, or call `.unchecked()` to send it anyway"),
    ))
}

/// Writes a name so that every version stores it as it is: once percent-encoded where a URI needs it, and nowhere else.
pub(super) fn put(text: &mut BytesMut, name: &str) {
    let mut buffer = [0; 4];
    for character in name.chars() {
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        if is_encoded(character) {
            bytes
                .iter()
                .for_each(|byte| text.put_slice(percent_encoding::percent_encode_byte(*byte).as_bytes()));
        } else {
            text.put_slice(bytes);
        }
    }
}

fn encoded_len(character: char) -> usize {
    if is_encoded(character) { 3 * character.len_utf8() } else { character.len_utf8() }
}

/// Returns whether a URI can't hold a character, such as a space or control character beyond ASCII.
fn is_encoded(character: char) -> bool {
    ENCODED.contains(character) || character.is_control() || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str) -> String {
        let mut text = BytesMut::new();
        put(&mut text, name);
        String::from_utf8(text.to_vec()).unwrap()
    }

    #[test]
    fn only_what_a_uri_cannot_hold_is_encoded() {
        assert_eq!(written("report.csv"), "report.csv");
        assert_eq!(written("Über+uns&'x'(1)=~,@$!.csv"), "Über+uns&'x'(1)=~,@$!.csv");
        assert_eq!(
            written(" #?%[]{}^;|\"<>\\`\r\n\u{7f}"),
            "%20%23%3F%25%5B%5D%7B%7D%5E%3B%7C%22%3C%3E%5C%60%0D%0A%7F"
        );
        assert_eq!(written("3.45\u{202f}PM.png"), "3.45%E2%80%AFPM.png");
        assert_eq!(written("100%25.txt"), "100%2525.txt");
    }

    #[test]
    fn names_that_no_server_stores_are_refused() {
        let long = "n".repeat(201);
        for name in ["", ".", "..", "../a", "..a", "a/b", "a\\b", &long, &" ".repeat(80)] {
            let error = check("files", name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{name}");
            assert!(error.to_string().contains("file_name"), "{error}");
        }
        for name in ["a", "a..b.csv", ".env", "a b.csv", &"n".repeat(200)] {
            assert!(check("files", name).is_ok(), "{name}");
        }
    }
}
