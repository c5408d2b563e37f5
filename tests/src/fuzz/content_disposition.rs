//! The name of a download.

use http::Response;
use http::header::{CONTENT_DISPOSITION, HeaderValue};
use kestra_core::{Body, Download};
use kestra_operations::DownloadFileFromExecution;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::text;

/// The name of a download is the name of a file in one folder, on any system; one that already is, and was stored as uploads are,
/// comes back as it was.
pub fn content_disposition(data: &[u8]) {
    if let Ok(header) = HeaderValue::from_bytes(data)
        && let Some(name) = file_name(header)
    {
        assert!(is_portable(&name), "{name:?}");
    }
    let name = text(data);
    let stored = utf8_percent_encode(&name, NON_ALPHANUMERIC).to_string();
    let again = utf8_percent_encode(&stored, NON_ALPHANUMERIC);
    for header in
        [format!("attachment; filename=\"{stored}\""), format!("attachment; filename*=utf-8''{again}")]
    {
        let Ok(header) = HeaderValue::try_from(header) else { panic!("{stored} is no header") };
        let read = file_name(header);
        if is_portable(&name) {
            assert_eq!(read.as_deref(), Some(name.as_str()));
        } else if let Some(read) = read {
            assert!(is_portable(&read), "{read:?}");
        }
    }
}

fn file_name(header: HeaderValue) -> Option<String> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_DISPOSITION, header);
    Download::new(response, DownloadFileFromExecution::INFO).file_name().map(str::to_owned)
}

/// Whether any system takes a name for that of a file, and shows it as it is.
fn is_portable(name: &str) -> bool {
    // Where Windows looks for its devices: up to the first dot, without blanks at the end.
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|number| {
            number.chars().count() == 1
                && number.chars().all(|digit| "0123456789\u{b9}\u{b2}\u{b3}".contains(digit))
        })
    });
    // Bidi_Control of Unicode, and what is as wide as nothing.
    let is_invisible = |character| matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    (1..=255).contains(&name.len())
        && !name.contains(|character: char| {
            character.is_control() || is_invisible(character) || "/\\:*?\"<>|".contains(character)
        })
        && name.trim() == name
        && !name.ends_with('.')
        && !is_port
        && !["con", "prn", "aux", "nul", "conin$", "conout$"].contains(&stem.as_str())
}
