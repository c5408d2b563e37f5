//! Forms of several parts.

use std::convert::Infallible;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use kestra_core::internal::Multipart;
use kestra_core::{Body, FilePart};
use percent_encoding::percent_decode_str;

use super::{fields, run, text};

/// A part, as it is meant or as a server reads it.
#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    file: Option<File>,
    content: Vec<u8>,
}

#[derive(Debug, PartialEq)]
struct File {
    name: String,
    content_type: String,
}

/// A form is refused, or arrives with all of its parts, in their order, each with its name, its file's name and its content; one
/// whose files are read while it is sent is the same, and as long as it says.
///
/// Fields: in turn a name, a file name (empty for a part of text), a content type and the content.
pub fn multipart(data: &[u8]) {
    let mut fields = fields(data);
    let mut meant = Vec::new();
    while let Some(name) = fields.next() {
        let file_name = text(fields.next().unwrap_or_default());
        let content_type = text(fields.next().unwrap_or_default());
        let content = fields.next().unwrap_or_default();
        // Blanks around a header's value are none of it.
        let content_type = content_type.trim_matches([' ', '\t']).to_owned();
        let file = (!file_name.is_empty()).then_some(File { name: file_name, content_type });
        let content = if file.is_some() { content.to_vec() } else { text(content).into_bytes() };
        meant.push(Part { name: text(name), file, content });
    }
    let in_memory = form(&meant, |name, content| FilePart::bytes(name, content.to_vec()));
    let is_sayable =
        |text: &str| !text.contains(|character: char| character.is_control() && !"\r\n".contains(character));
    let Ok((content_type, body)) = in_memory.into_body() else {
        let file = |part: &Part| {
            part.file.as_ref().is_none_or(|file| HeaderValue::from_str(&file.content_type).is_ok())
        };
        assert!(
            !meant.iter().all(|part| is_sayable(&part.name) && !part.name.contains('\\') && file(part)),
            "refused: {meant:?}"
        );
        return;
    };
    let boundary = boundary(&content_type).to_owned();
    let length = body.length();
    let Ok(bytes) = body.into_bytes() else { panic!("a form in memory is no stream") };
    assert_eq!(length, Some(bytes.len() as u64));

    let read_meanwhile = form(&meant, |name, content| {
        let piece = Ok::<_, std::io::Error>(Bytes::copy_from_slice(content));
        FilePart::stream(name, futures_util::stream::iter([piece])).length(content.len() as u64)
    });
    let Ok((content_type, body)) = read_meanwhile.into_body() else { panic!("only streams are refused") };
    assert_eq!(body.length(), length);
    let meant: Vec<Part> = meant.into_iter().map(escaped).collect();
    let streamed = collected(body);
    assert_eq!(streamed.len(), bytes.len());
    assert_eq!(received(streamed, self::boundary(&content_type)), meant);
    assert_eq!(received(bytes, &boundary), meant);
}

fn form(parts: &[Part], file_part: impl Fn(String, &[u8]) -> FilePart) -> Multipart {
    let mut form = Multipart::new();
    for Part { name, file, content } in parts {
        match file {
            Some(file) => {
                let part = file_part(file.name.clone(), content).content_type(file.content_type.clone());
                form.file(name, part)
            }
            None => form.text(name, text(content)),
        };
    }
    form
}

/// The part with the name that servers see, where quotes and line breaks are escaped as browsers do it.
fn escaped(part: Part) -> Part {
    Part { name: part.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"), ..part }
}

fn boundary(content_type: &HeaderValue) -> &str {
    match content_type.to_str().ok().and_then(|text| text.split_once("; boundary=")) {
        Some((_, boundary)) => boundary,
        None => panic!("no boundary in {content_type:?}"),
    }
}

fn collected(body: Body) -> Bytes {
    match run(body.collect()) {
        Ok(collected) => collected.to_bytes(),
        Err(problem) => panic!("{problem}"),
    }
}

/// The parts, read by another reader; names of files are escaped for the URI that a server makes of them.
fn received(form: Bytes, boundary: &str) -> Vec<Part> {
    let stream = futures_util::stream::iter([Ok::<_, Infallible>(form)]);
    let mut form = multer::Multipart::new(stream, boundary);
    run(async {
        let mut parts = Vec::new();
        loop {
            let field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => return parts,
                Err(problem) => panic!("no form: {problem}"),
            };
            let header =
                |name| text(field.headers().get(name).map(HeaderValue::as_bytes).unwrap_or_default());
            // `multer` finds names within names.
            let disposition = header(CONTENT_DISPOSITION);
            let (name, file) = match disposition.split('"').collect::<Vec<_>>().as_slice() {
                ["form-data; name=", name, ""] => (*name, None),
                ["form-data; name=", name, "; filename=", file, ""] => (*name, Some(*file)),
                _ => panic!("{disposition}"),
            };
            let decoded = |name: &str| percent_decode_str(name).decode_utf8_lossy().into_owned();
            let file = file.map(|name| File { name: decoded(name), content_type: header(CONTENT_TYPE) });
            let name = name.to_owned();
            match field.bytes().await {
                Ok(content) => parts.push(Part { name, file, content: content.to_vec() }),
                Err(problem) => panic!("a part breaks off: {problem}"),
            }
        }
    })
}
