//! Parts of forms: recorded ones, and those of a body that was built.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kestra_core::FilePart;

use super::exchange::Part;
use super::obstacle::Obstacle;
use super::values::FromText;

impl Part {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<FilePart> {
        let name = self.filename.as_ref()?;
        let file = FilePart::bytes(name, self.bytes());
        Some(match &self.content_type {
            Some(content_type) => file.content_type(content_type),
            None => file,
        })
    }

    /// The file that it has to be.
    pub(crate) fn required_file(&self) -> Result<FilePart, Obstacle> {
        self.file().ok_or_else(|| Obstacle::new("a part without a file name", &self.name))
    }

    /// The text that it has to be.
    pub(crate) fn text(&self) -> Result<String, Obstacle> {
        if self.content_type.is_some() {
            return Err(Obstacle::new(
                "a part of text with a content type, which some servers take for a file",
                &self.name,
            ));
        }
        String::from_utf8(self.bytes())
            .map_err(|_| Obstacle::new("a part that is neither text nor a file", &self.name))
    }

    /// The value that its text has to be.
    #[allow(dead_code)]
    pub(crate) fn value<T: FromText>(&self) -> Result<T, Obstacle> {
        T::from_text(&self.text()?)
            .ok_or_else(|| Obstacle::new("a part that is no value of its type", &self.name))
    }
}

/// The media type without its parameters.
pub(super) fn media_type(content_type: Option<&str>) -> Option<&str> {
    content_type.and_then(|content_type| content_type.split(';').next()).map(str::trim)
}

/// A part of a form that was built.
#[derive(Debug, PartialEq, Eq)]
pub struct BuiltPart {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: Vec<u8>,
}

impl fmt::Display for BuiltPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = String::from_utf8_lossy(&self.content);
        let content_type = self.content_type.as_deref().unwrap_or("no type");
        match &self.file_name {
            Some(file) => write!(f, "{} {file:?} file of {content_type} {content:?}", self.name),
            None => write!(f, "{} text of {content_type} {content:?}", self.name),
        }
    }
}

impl BuiltPart {
    /// The part as a recording has it.
    #[must_use]
    pub fn recorded(&self) -> serde_json::Value {
        let mut part = serde_json::json!({
            "name": self.name,
            "filename": self.file_name,
            "content_type": self.content_type,
        });
        match std::str::from_utf8(&self.content) {
            Ok(text) => part["text"] = text.into(),
            Err(_) => part["base64"] = STANDARD.encode(&self.content).into(),
        }
        part
    }
}

/// The parts of a form that was built.
#[must_use]
pub fn parse(content_type: &str, body: &[u8]) -> Option<Vec<BuiltPart>> {
    let boundary = content_type.split("boundary=").nth(1)?;
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body.strip_prefix(delimiter.as_bytes())?;
    let next = format!("\r\n{delimiter}");
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = position(part, next.as_bytes())?;
        let (part, after) = (&part[..end], &part[end + next.len()..]);
        let head_end = position(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let parameter = |name: &str| {
            let value = head.split(&format!("; {name}=\"")).nth(1)?;
            Some(value.split('"').next()?.replace("%22", "\""))
        };
        parts.push(BuiltPart {
            name: parameter("name")?,
            file_name: parameter("filename"),
            content_type: head.split("Content-Type: ").nth(1).map(|value| value.trim().to_owned()),
            content: part[head_end + 4..].to_vec(),
        });
        rest = after;
    }
    rest.starts_with(b"--").then_some(parts)
}

fn position(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
