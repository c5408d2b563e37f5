//! Recorded exchanges.

use std::path::PathBuf;

use serde::Deserialize;

/// One recorded exchange.
#[derive(Debug, Deserialize)]
pub struct Recording {
    #[serde(skip)]
    pub area: String,
    /// The file's name without its number.
    #[serde(skip)]
    pub name: String,
    /// The file's name without its ending.
    #[serde(skip)]
    pub file: String,
    pub request: Request,
    pub response: Response,
}

#[derive(Debug, Deserialize)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub target: Option<String>,
    pub headers: Vec<(String, String)>,
    pub auth: String,
    #[serde(default)]
    pub chunked: bool,
    pub body: Option<RequestBody>,
}

#[derive(Debug, Deserialize)]
pub struct RequestBody {
    pub content_type: Option<String>,
    pub kind: String,
    pub value: Option<String>,
    #[serde(default)]
    pub parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub text: Option<String>,
    pub base64: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Response {
    pub status: Option<u16>,
    pub body: Option<ResponseBody>,
}

#[derive(Debug, Deserialize)]
pub struct ResponseBody {
    pub kind: String,
    pub value: Option<String>,
    pub end: Option<String>,
}

impl Recording {
    /// `area/name`, the same in all versions.
    pub fn key(&self) -> String {
        format!("{}/{}", self.area, self.name)
    }
}

/// Where the fixtures are.
pub fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The exchanges of an area in the order they were sent.
pub fn area(version: &str, area: &str) -> Vec<Recording> {
    let folder = fixtures().join("exchanges").join(version).join(area);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("an area").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|path| read(area, path)).collect()
}

fn read(area: &str, path: &std::path::Path) -> Recording {
    let text = std::fs::read_to_string(path).expect("a readable recording");
    let mut recording: Recording =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    recording.area = area.to_owned();
    recording.name = file.split_once('-').map_or(file, |(_, name)| name).to_owned();
    recording.file = file.to_owned();
    recording
}
