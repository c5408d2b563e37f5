//! A download into a file that is there as a whole or not at all.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt as _;

use crate::error::{Error, ErrorKind, RequestSent};

use super::Download;

/// A file that is written under another name, and goes away unless it is kept.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Download {
    /// Saves the file, and tells where. A folder takes it under the name that the server gives.
    ///
    /// It is written next to its place under another name and moved there at the end, in place of a file that was there; a
    /// download that breaks, or is dropped, leaves nothing.
    ///
    /// # Errors
    ///
    /// The download broke, or the file can't be written ([`ErrorKind::File`]).
    pub async fn to_file(mut self, path: impl Into<PathBuf>) -> Result<PathBuf, Error> {
        let info = self.info;
        let mut path = path.into();
        let failed = |path: &Path, problem: std::io::Error| {
            Error::new(ErrorKind::File, format!("{} can't be written", path.display()))
                .with_source(problem)
                .with_request_sent(RequestSent::Yes)
                .with_operation(info)
        };
        if tokio::fs::metadata(&path).await.is_ok_and(|metadata| metadata.is_dir()) {
            let Some(name) = self.file_name() else {
                let message = format!(
                    "{} is a folder, and the response has no file name: add a file name to the path",
                    path.display()
                );
                return Err(Error::new(ErrorKind::File, message)
                    .with_request_sent(RequestSent::Yes)
                    .with_operation(info));
            };
            path.push(name);
        }
        let beside = path.clone();
        // The caller may be dropped before the file exists, so the file comes with a guard that removes it.
        let created = tokio::task::spawn_blocking(move || create_beside(&beside)).await;
        let created = created.unwrap_or_else(|problem| Err(std::io::Error::other(problem)));
        let (mut part, file) = created.map_err(|problem| failed(&path, problem))?;
        let mut file = tokio::fs::File::from_std(file);
        while let Some(piece) = self.next().await {
            file.write_all(&piece?).await.map_err(|problem| failed(&path, problem))?;
        }
        file.flush().await.map_err(|problem| failed(&path, problem))?;
        file.sync_data().await.map_err(|problem| failed(&path, problem))?;
        drop(file);
        if let Some(finished) = &part.0 {
            tokio::fs::rename(finished, &path).await.map_err(|problem| failed(&path, problem))?;
        }
        part.0 = None;
        Ok(path)
    }
}

/// A new file in the folder of another.
fn create_beside(path: &Path) -> std::io::Result<(Unfinished, std::fs::File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The name itself may fill what a name can have.
    let name: String = name.chars().take(40).collect();
    let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    for _ in 0..8 {
        let part = path.with_file_name(format!(".{name}.{:08x}.part", fastrand::u32(..)));
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => return Ok((Unfinished(Some(part)), file)),
            Err(problem) if problem.kind() == std::io::ErrorKind::AlreadyExists => last = problem,
            Err(problem) => return Err(problem),
        }
    }
    Err(last)
}
