//! Recordings that a test knows to fail, each with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

/// Exceptions of a test: names of recordings, and why each is one.
#[derive(Debug)]
pub struct Exceptions {
    reasons: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Exceptions {
    /// Reads the list from the fixtures' folder.
    ///
    /// # Errors
    ///
    /// The file can't be read, or isn't a map from names to reasons.
    pub fn load(file: &str) -> io::Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file);
        let reasons = serde_json::from_slice(&fs::read(path)?)?;
        Ok(Self { reasons, used: BTreeSet::new() })
    }

    /// Why this recording is one, if it is.
    pub fn reason(&mut self, recording: &str) -> Option<&str> {
        let reason = self.reasons.get(recording)?;
        self.used.insert(recording.to_owned());
        Some(reason)
    }

    /// Listed recordings that were no exceptions.
    pub fn unused(&self) -> Vec<&str> {
        self.reasons.keys().filter(|name| !self.used.contains(*name)).map(String::as_str).collect()
    }

    /// How many were used.
    pub fn used(&self) -> usize {
        self.used.len()
    }
}
