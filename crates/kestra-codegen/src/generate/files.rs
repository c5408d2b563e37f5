//! The generated files, to be written or compared with those that are there.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use super::format;
use crate::error::{Error, Result};

/// Generated files by their path from the workspace's root.
#[derive(Debug)]
pub struct Files {
    folders: Vec<&'static str>,
    texts: BTreeMap<String, String>,
}

impl Files {
    pub(super) fn new(folders: impl IntoIterator<Item = &'static str>) -> Self {
        Self { folders: folders.into_iter().collect(), texts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, path: String, text: String) {
        self.texts.insert(path, text);
    }

    /// Paths and texts, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Formats all code with rustfmt, under the settings of the workspace.
    ///
    /// # Errors
    ///
    /// rustfmt is missing or rejects a file.
    pub fn format(&mut self, root: &Path) -> Result<()> {
        for (path, text) in self.texts.iter_mut().filter(|(path, _)| path.ends_with(".rs")) {
            *text = format::rust(root, path, text)?;
        }
        Ok(())
    }

    /// Writes what differs from the files that are there, and removes files that are no longer generated; answers how
    /// many were touched.
    ///
    /// # Errors
    ///
    /// A file can't be read, written or removed.
    pub fn write(&self, root: &Path) -> Result<usize> {
        let stale = self.stale(root)?;
        for path in &stale {
            let target = root.join(path);
            let done = match self.texts.get(path) {
                Some(text) => create(&target, text),
                None => fs::remove_file(&target),
            };
            done.map_err(|source| Error::io(&target, source))?;
        }
        Ok(stale.len())
    }

    /// Paths of the files that are not what they should be: different, missing, or left over.
    ///
    /// # Errors
    ///
    /// A file can't be read.
    pub fn stale(&self, root: &Path) -> Result<Vec<String>> {
        let mut stale = Vec::new();
        for (path, text) in &self.texts {
            match fs::read(root.join(path)) {
                Ok(bytes) if bytes == text.as_bytes() => {}
                Ok(_) => stale.push(path.clone()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(path.clone()),
                Err(source) => return Err(Error::io(Path::new(path), source)),
            }
        }
        for folder in &self.folders {
            self.left_over(root, folder, &mut stale)
                .map_err(|source| Error::io(Path::new(folder), source))?;
        }
        stale.sort();
        Ok(stale)
    }

    fn left_over(&self, root: &Path, folder: &str, stale: &mut Vec<String>) -> io::Result<()> {
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.left_over(root, &path, stale)?;
            } else if !self.texts.contains_key(&path) {
                stale.push(path);
            }
        }
        Ok(())
    }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
