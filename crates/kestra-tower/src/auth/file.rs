//! Tokens from a file that something else rotates.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kestra_core::BoxError;

use super::token::{Token, TokenSource};

/// More than any token has, in bytes.
const LIMIT: u64 = 64 * 1024;

pub(super) struct FileSource {
    path: PathBuf,
}

impl FileSource {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl TokenSource for FileSource {
    async fn token(&self) -> Result<Token, BoxError> {
        let path = self.path.clone();
        let token = tokio::task::spawn_blocking(move || read(&path)).await??;
        Ok(Token::of_file(token))
    }
}

fn read(path: &Path) -> Result<String, BoxError> {
    let problem = |problem: String| format!("token file {}: {problem}", path.display());
    let mut text = String::new();
    let file = File::open(path).map_err(|error| problem(error.to_string()))?;
    file.take(LIMIT + 1).read_to_string(&mut text).map_err(|error| problem(error.to_string()))?;
    if text.len() as u64 > LIMIT {
        return Err(problem(format!("it has more than {LIMIT} bytes")).into());
    }
    match text.trim() {
        "" => Err(problem("it is empty".to_owned()).into()),
        token => Ok(token.to_owned()),
    }
}
