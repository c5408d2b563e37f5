//! From the ids of the recorded run to those of this one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// An id that never was one: recordings ask for it to see what is missing.
const NOBODY: &str = "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8";

/// Which recorded id or file is which of ours.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    known: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Our files, by the task that wrote them.
    files: BTreeMap<String, String>,
}

impl Ids {
    /// Notes that two texts mean the same thing.
    pub(crate) fn bind(&mut self, recorded: &str, ours: &str) {
        if !self.known.contains_key(recorded) && self.taken.insert(ours.to_owned()) {
            self.known.insert(recorded.to_owned(), ours.to_owned());
        }
    }

    /// Notes a file of ours.
    pub(crate) fn file(&mut self, uri: &str) {
        if let Some((task, file)) = task_and_file(uri) {
            self.files.insert(task, file);
        }
    }

    /// Takes the files in a text of a recorded request for those of ours that the same tasks wrote.
    pub(crate) fn bind_files(&mut self, text: &str) {
        let Some((task, recorded)) = task_and_file(text) else { return };
        if let Some(ours) = self.files.get(&task).cloned() {
            self.known.entry(recorded).or_insert(ours);
        }
    }

    /// Learns from two answers to the same request.
    pub(crate) fn learn_from(&mut self, recorded: &Value, ours: &Value) {
        self.learn(recorded, ours);
        // What is left over on both sides belongs together, whatever the order was.
        let (mut left, mut right) = (BTreeSet::new(), BTreeSet::new());
        ids_in(recorded, &mut left);
        ids_in(ours, &mut right);
        left.retain(|id| !self.known.contains_key(id));
        right.retain(|id| !self.taken.contains(id));
        if let (1, 1, Some(recorded), Some(ours)) = (left.len(), right.len(), left.first(), right.first()) {
            self.bind(recorded, ours);
        }
    }

    fn learn(&mut self, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::String(recorded), Value::String(ours)) => {
                let files = recorded.starts_with("kestra://") && ours.starts_with("kestra://");
                if files || (looks_like_id(recorded) && looks_like_id(ours)) {
                    self.bind(recorded, ours);
                }
            }
            (Value::Object(recorded), Value::Object(ours)) => {
                for (key, value) in recorded {
                    if let Some(other) = ours.get(key) {
                        self.learn(value, other);
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => {
                recorded.iter().zip(ours).for_each(|(recorded, ours)| self.learn(recorded, ours));
            }
            _ => {}
        }
    }

    /// A text of a recorded request with our ids.
    pub(crate) fn translate(&self, text: &str) -> String {
        let mut keys: Vec<&String> = self.known.keys().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
        keys.into_iter().fold(text.to_owned(), |text, key| text.replace(key.as_str(), &self.known[key]))
    }

    /// The ids in a text that nothing has revealed yet, in order.
    pub(crate) fn unknown_in(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            let id = looks_like_id(word) && word != NOBODY && !self.known.contains_key(word);
            if id && found.iter().all(|known| known != word) {
                found.push(word.to_owned());
            }
        }
        found
    }
}

fn ids_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if looks_like_id(text) => {
            found.insert(text.clone());
        }
        Value::Object(map) => map.values().for_each(|value| ids_in(value, found)),
        Value::Array(list) => list.iter().for_each(|value| ids_in(value, found)),
        _ => {}
    }
}

fn looks_like_id(text: &str) -> bool {
    (19..=22).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && text.bytes().any(|b| b.is_ascii_uppercase())
}

/// The task, and `task run/number`, of `kestra:///.../tasks/{task}/{task run}/{number}.txt`.
fn task_and_file(uri: &str) -> Option<(String, String)> {
    let (_, below) = uri.split_once("/tasks/")?;
    let mut segments = below.split('/');
    let (task, run, file) = (segments.next()?, segments.next()?, segments.next()?);
    let number: String = file.chars().take_while(char::is_ascii_digit).collect();
    (!number.is_empty()).then(|| (task.to_owned(), format!("{run}/{number}")))
}
