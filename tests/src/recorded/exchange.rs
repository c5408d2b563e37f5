//! The files of the recordings.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A request and its answer.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    /// `VERSION/AREA/NAME`, without the ending.
    #[serde(skip)]
    pub name: String,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// About the server.
    pub recorded: About,
}

/// About the server that answered.
#[derive(Debug, Deserialize)]
pub struct About {
    /// Its version.
    pub server_version: String,
}

/// What was asked.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// Names and values of the query, before percent-encoding.
    #[serde(default)]
    pub query: Vec<(String, String)>,
    /// Path and query, where they were sent exactly so.
    #[serde(default)]
    pub target: Option<String>,
    /// The body.
    #[serde(default)]
    pub body: Option<Body>,
}

/// What was answered.
#[derive(Debug, Deserialize)]
pub struct Response {
    /// The status, if there was an answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// Names and values of the headers.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: Option<Body>,
}

/// A body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Body {
    /// Its media type, of a request.
    pub content_type: Option<String>,
    /// `json`, `text`, `base64`, `multipart`, `sse`, `empty` or `omitted`.
    pub kind: String,
    /// Text, or bytes in base64.
    pub value: Option<String>,
    /// The text of a compressed body.
    pub decoded: Option<String>,
    /// The parts of a form.
    pub parts: Vec<Part>,
}

/// A part of a form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub filename: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
    /// What it holds, as text.
    pub text: Option<String>,
    /// What it holds, in base64.
    pub base64: Option<String>,
}

impl Body {
    /// The bytes; `None` for a form and for one that is too large to be kept.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match (self.kind.as_str(), &self.value) {
            ("empty", _) => Some(Vec::new()),
            ("base64", Some(value)) => STANDARD.decode(value).ok(),
            ("json" | "text" | "sse", Some(value)) => Some(value.clone().into_bytes()),
            _ => None,
        }
    }
}

impl Part {
    /// What it holds.
    pub fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(base64)) => STANDARD.decode(base64).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }
}

/// All recordings, in order of version, area and number; from `KESTRA_EXCHANGES` if that names a folder.
///
/// # Errors
///
/// A file that can't be read, or is no recording.
pub fn load() -> io::Result<Vec<Exchange>> {
    let folder = match env::var_os("KESTRA_EXCHANGES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges"),
    };
    let mut exchanges = Vec::new();
    for version in sorted(&folder)? {
        for area in sorted(&version)? {
            for file in sorted(&area)? {
                if file.extension().is_some_and(|extension| extension == "json") {
                    exchanges.push(read(&folder, &file)?);
                }
            }
        }
    }
    Ok(exchanges)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(folder: &Path, file: &Path) -> io::Result<Exchange> {
    let mut exchange: Exchange = serde_json::from_slice(&fs::read(file)?).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.display()))
    })?;
    let name = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    exchange.name = name.to_string_lossy().into_owned();
    Ok(exchange)
}
