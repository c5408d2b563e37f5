//! Whether a file is the same on both sides.

use std::path::Path;

use kestra_core::Error;
use tokio::io::AsyncReadExt as _;

use crate::Files;
use crate::folder::failure;

/// Reads both as they come; the first difference ends it.
pub(super) async fn is_same(
    files: &Files,
    namespace: &str,
    remote: &str,
    local: &Path,
) -> Result<bool, Error> {
    let mut file = tokio::fs::File::open(local).await.map_err(|problem| failure("read", local, problem))?;
    let mut download = files.get_file_content(namespace, format!("/{remote}")).await?;
    let mut buffer = Vec::new();
    while let Some(piece) = download.next().await {
        let piece = piece?;
        buffer.resize(piece.len(), 0);
        match file.read_exact(&mut buffer).await {
            Ok(_) if buffer == piece => {}
            Ok(_) => return Ok(false),
            Err(problem) if problem.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(problem) => return Err(failure("read", local, problem)),
        }
    }
    let mut rest = [0];
    let read = file.read(&mut rest).await.map_err(|problem| failure("read", local, problem))?;
    Ok(read == 0)
}
