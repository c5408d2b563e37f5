//! Bodies of type `multipart/form-data`.

use bytes::Bytes;
use futures_util::stream;
use http::header;

use super::{ApiError, Request};

/// One part of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) body: Bytes,
}

impl Part {
    /// The part as text; what isn't UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Request {
    /// The parts of a multipart body, in order. Like the server it takes what it can read: without a boundary, or where
    /// the body breaks off, there are no more parts.
    pub(crate) async fn parts(&self) -> Vec<Part> {
        let boundary = self.header(header::CONTENT_TYPE).and_then(|value| multer::parse_boundary(value).ok());
        let Some(boundary) = boundary else { return Vec::new() };
        let body = self.body.clone();
        let source = stream::once(async move { Ok::<_, std::io::Error>(body) });
        let mut reader = multer::Multipart::new(source, boundary);
        let mut parts = Vec::new();
        while let Ok(Some(field)) = reader.next_field().await {
            let name = field.name().unwrap_or_default().to_owned();
            let filename = field.file_name().map(ToOwned::to_owned);
            let Ok(body) = field.bytes().await else { break };
            parts.push(Part { name, filename, body });
        }
        parts
    }

    /// The parts, of which one of a given name must be there.
    pub(crate) async fn parts_with(&self, required: &str) -> Result<Vec<Part>, ApiError> {
        let parts = self.parts().await;
        if parts.iter().any(|part| part.name == required) {
            return Ok(parts);
        }
        Err(ApiError::internal(format!("Required Part [{required}] not specified")))
    }
}
