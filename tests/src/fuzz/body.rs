//! What a request carries, and how a response names its file.

use std::convert::Infallible;

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_DISPOSITION, HeaderValue};
use kestra_core::{Body, Download, FilePart, Multipart};
use kestra_operations::GetConfiguration;

use super::{fields, text};

/// A form arrives with all of its parts, in their order, each with its content; names and file names arrive whole where they
/// have nothing that a form can't say.
///
/// Fields: in turn a name, a file name (empty for a part of text) and the content.
pub fn multipart(data: &[u8]) {
    let mut fields = fields(data);
    let mut form = Multipart::new();
    let mut meant = Vec::new();
    while let Some(name) = fields.next() {
        let (name, file) = (text(name), text(fields.next().unwrap_or_default()));
        let content = fields.next().unwrap_or_default();
        if file.is_empty() {
            let content = text(content);
            meant.push((name.clone(), None, content.clone().into_bytes()));
            form.text(name, content);
        } else {
            meant.push((name.clone(), Some(file.clone()), content.to_vec()));
            form.file(name, FilePart::bytes(file, content.to_vec()));
        }
    }
    let Ok((content_type, body)) = form.into_body() else { return };
    let Some(boundary) = content_type.to_str().ok().and_then(|text| text.split_once("boundary=")) else {
        panic!("no boundary in {content_type:?}");
    };
    let Ok(bytes) = body.into_bytes() else { panic!("a form in memory is no stream") };
    let read = received(bytes, boundary.1);
    assert_eq!(read.len(), meant.len());
    for ((name, file, content), (meant_name, meant_file, meant_content)) in read.iter().zip(&meant) {
        assert_eq!(content, meant_content);
        assert_eq!(file.is_some(), meant_file.is_some());
        if is_plain(meant_name) {
            assert_eq!(name.as_deref(), Some(meant_name.as_str()));
        }
        if let (Some(file), Some(meant)) = (file, meant_file)
            && is_plain(meant)
        {
            assert_eq!(file, meant);
        }
    }
}

/// Name, file name and content of each part.
type Received = (Option<String>, Option<String>, Vec<u8>);

fn received(form: Bytes, boundary: &str) -> Vec<Received> {
    let stream = futures_util::stream::iter([Ok::<_, Infallible>(form)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { panic!("no runtime") };
    runtime.block_on(async {
        let mut parts = Vec::new();
        loop {
            match form.next_field().await {
                Ok(Some(field)) => {
                    let name = field.name().map(str::to_owned);
                    let file = field.file_name().map(str::to_owned);
                    match field.bytes().await {
                        Ok(content) => parts.push((name, file, content.to_vec())),
                        Err(problem) => panic!("a part breaks off: {problem}"),
                    }
                }
                Ok(None) => return parts,
                Err(problem) => panic!("no form: {problem}"),
            }
        }
    })
}

/// Whether a header says this text as it is, whoever reads it.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_. ".contains(character))
}

/// The name of a download is the name of a file in one folder, on any system.
pub fn content_disposition(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_DISPOSITION, value);
    let download = Download::new(response, GetConfiguration::INFO);
    if let Some(name) = download.file_name() {
        assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
        assert!(!name.contains(['/', '\\', '\0', ':']) && !name.chars().any(char::is_control), "{name:?}");
        assert!(!name.ends_with(['.', ' ']) && !name.starts_with(' '), "{name:?}");
    }
}
