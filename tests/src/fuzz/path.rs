//! What builders write into a path and a query.

use http::Uri;
use kestra_core::{ErrorKind, Target};
use kestra_operations::{DownloadFileFromExecution, GetKeyValue};
use percent_encoding::percent_decode_str;

use super::{fields, text};

/// Any text of a path arrives as one segment of it, and any text of a query as one value; what can't is refused, and nothing else.
///
/// Fields: two variables of a path, a value of a query.
pub fn path(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let (namespace, key) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let target = Target::new("http://localhost:8080/kestra").version("2.0.0").tenant("main");
    match GetKeyValue::new(&namespace, &key).into_request_for(&target) {
        Ok(request) => {
            let read: Vec<String> = request.uri().path().split('/').map(decoded).collect();
            let meant = ["", "kestra", "api", "v1", "main", "namespaces", &namespace, "kv", &key];
            assert_eq!(read, meant);
            is_plain(request.uri());
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Build, "{error}");
            let no_segment = |text: &str| matches!(text, "" | "." | "..");
            assert!(no_segment(&namespace) || no_segment(&key) || data.len() > 1000, "{error}");
        }
    }

    let file = fields.next().unwrap_or_default();
    match DownloadFileFromExecution::new("x", &file).into_request_for(&target) {
        Ok(request) => {
            let query = request.uri().query().unwrap_or_default();
            let values: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("path=")).collect();
            assert_eq!(values.len(), 1, "{query}");
            assert_eq!(decoded(&values[0].replace('+', " ")), file);
            is_plain(request.uri());
        }
        Err(error) => assert!(file.is_empty() || data.len() > 1000, "{error}"),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Whether it has only what every reader of URLs takes for itself.
fn is_plain(uri: &Uri) {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-._~%/:?&=@,*".contains(character);
    let text = uri.to_string();
    assert!(text.chars().all(is_plain), "{text}");
    let read_again: Result<Uri, _> = text.parse();
    assert_eq!(read_again.ok().as_ref(), Some(uri));
}
