//! What a replay found, and what of it is explained.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::recording::fixtures;

/// The outcome of one exchange.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) area: String,
    pub(crate) file: String,
    pub(crate) key: String,
    pub(crate) difference: Option<String>,
}

/// The outcome of all exchanges of a version.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) version: String,
    pub(crate) lines: Vec<Line>,
}

/// Exchanges that differ for a known reason.
#[derive(Debug, Deserialize)]
struct Exception {
    reason: String,
    #[serde(default)]
    versions: Vec<String>,
    /// `area/name`, where a `*` at the end stands for anything.
    keys: Vec<String>,
}

impl Report {
    /// How many answers have the status and shape of the recorded ones.
    pub(crate) fn same(&self) -> usize {
        self.lines.iter().filter(|line| line.difference.is_none()).count()
    }

    /// The same in per cent of all recorded exchanges.
    pub(crate) fn per_cent(&self) -> f64 {
        let whole = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        100.0 * whole(self.same()) / whole(self.lines.len().max(1))
    }

    /// What differs and is in no list.
    pub(crate) fn unexplained(&self) -> Vec<String> {
        let exceptions = exceptions();
        self.lines
            .iter()
            .filter_map(|line| {
                let difference = line.difference.as_ref()?;
                let known = exceptions.iter().any(|exception| exception.covers(&self.version, &line.key));
                (!known).then(|| format!("{}/{}: {difference}", line.area, line.file))
            })
            .collect()
    }

    /// Counts by area, then what differs, by reason.
    pub(crate) fn print(&self) {
        let mut areas: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for line in &self.lines {
            let counts = areas.entry(&line.area).or_default();
            counts.1 += 1;
            counts.0 += usize::from(line.difference.is_none());
        }
        let mut text =
            format!("{}: {}/{} = {:.1} %", self.version, self.same(), self.lines.len(), self.per_cent());
        for (area, (same, all)) in areas {
            let _ = write!(text, "; {area} {same}/{all}");
        }
        println!("{text}");
        for exception in exceptions() {
            let count = self
                .lines
                .iter()
                .filter(|line| line.difference.is_some() && exception.covers(&self.version, &line.key))
                .count();
            if count > 0 {
                println!("  {count} differ: {}", exception.reason);
            }
        }
        for line in self.unexplained() {
            println!("  {line}");
        }
    }
}

impl Exception {
    fn covers(&self, version: &str, key: &str) -> bool {
        let here = self.versions.is_empty() || self.versions.iter().any(|known| known == version);
        here && self.keys.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => key == pattern,
        })
    }
}

fn exceptions() -> Vec<Exception> {
    let text = std::fs::read_to_string(fixtures().join("testkit-exceptions.json")).expect("the exceptions");
    serde_json::from_str(&text).expect("readable exceptions")
}
