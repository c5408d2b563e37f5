//! Recorded exchanges.

use std::path::PathBuf;

use serde::Deserialize;

/// One recorded exchange.
#[derive(Debug, Deserialize)]
pub(crate) struct Recording {
    #[serde(skip)]
    pub(crate) area: String,
    /// The file's name without its number.
    #[serde(skip)]
    pub(crate) name: String,
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) file: String,
    pub(crate) request: Request,
    pub(crate) response: Response,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) target: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) auth: String,
    #[serde(default)]
    pub(crate) chunked: bool,
    pub(crate) body: Option<RequestBody>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RequestBody {
    pub(crate) content_type: Option<String>,
    pub(crate) kind: String,
    pub(crate) value: Option<String>,
    #[serde(default)]
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) base64: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: Option<u16>,
    pub(crate) body: Option<ResponseBody>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ResponseBody {
    pub(crate) kind: String,
    pub(crate) value: Option<String>,
}

impl Recording {
    /// `area/name`, the same in all versions.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.area, self.name)
    }
}

/// Where the fixtures are.
pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The exchanges of an area in the order they were sent.
pub(crate) fn area(version: &str, area: &str) -> Vec<Recording> {
    let folder = fixtures().join("exchanges").join(version).join(area);
    if !folder.exists() {
        // A version may lack an area.
        return Vec::new();
    }
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
