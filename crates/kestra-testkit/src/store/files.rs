//! Files of namespaces, with their revisions.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;

use crate::dialect::Dialect;
use crate::uri;

/// One content of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileRevision {
    pub(crate) revision: u64,
    pub(crate) content: Bytes,
    /// Where it is stored; what another file stores there takes its place.
    object: String,
}

/// A file or a folder.
#[derive(Clone, Debug)]
pub(crate) struct FileNode {
    /// The absolute path, without a slash at the end.
    pub(crate) path: String,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    /// The contents of a file, oldest first; a folder has none.
    pub(crate) revisions: Vec<FileRevision>,
}

impl FileNode {
    /// Whether it is a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The content it has now; empty for a folder.
    pub(crate) fn content(&self) -> Bytes {
        self.revisions.last().map(|last| last.content.clone()).unwrap_or_default()
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The files of all namespaces.
#[derive(Debug, Default)]
pub(crate) struct FileStore {
    namespaces: BTreeMap<String, BTreeMap<String, FileNode>>,
    /// Namespaces and paths that something was moved away from.
    moved_away: BTreeSet<(String, String)>,
}

impl FileStore {
    /// A file or folder of a namespace; the root is there once it is asked for.
    pub(crate) fn find(&mut self, namespace: &str, path: &str) -> Option<FileNode> {
        if path.is_empty() {
            return Some(self.folder(namespace, "").clone());
        }
        self.namespaces.get(namespace)?.get(path).cloned()
    }

    /// Everything below a folder, by path.
    pub(crate) fn below(&self, namespace: &str, folder: &str) -> Vec<FileNode> {
        let prefix = format!("{folder}/");
        let nodes = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        nodes.filter(|node| node.path.starts_with(&prefix)).cloned().collect()
    }

    /// What is directly in a folder: folders and files by the order of their paths.
    pub(crate) fn children(&self, namespace: &str, folder: &str) -> Vec<FileNode> {
        let below = self.below(namespace, folder);
        below.into_iter().filter(|node| parent(&node.path) == folder).collect()
    }

    /// Makes a folder and those above it.
    pub(crate) fn make_folder(&mut self, namespace: &str, path: &str) {
        if !path.is_empty() {
            self.make_folder(namespace, parent(path));
        }
        self.folder(namespace, path);
    }

    /// The folders that a path is in and that don't exist.
    pub(crate) fn missing_folders(&self, namespace: &str, path: &str) -> Vec<String> {
        let nodes = self.namespaces.get(namespace);
        std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)))
            .filter(|folder| !folder.is_empty() && !nodes.is_some_and(|nodes| nodes.contains_key(*folder)))
            .map(str::to_owned)
            .collect()
    }

    /// Writes a file: its next revision.
    pub(crate) fn write(&mut self, namespace: &str, path: &str, content: Bytes, dialect: Dialect) {
        self.make_folder(namespace, parent(path));
        self.moved_away.remove(&(namespace.to_owned(), path.to_owned()));
        let node = self.folder(namespace, path);
        let revision = node.revisions.last().map_or(1, |last| last.revision + 1);
        node.modified = Timestamp::now();
        let object = object(path, revision, dialect);
        node.revisions.push(FileRevision { revision, content: content.clone(), object: object.clone() });
        let nodes = self.namespaces.get_mut(namespace).into_iter().flat_map(BTreeMap::values_mut);
        for other in nodes.flat_map(|node| &mut node.revisions).filter(|other| other.object == object) {
            other.content = content.clone();
        }
    }

    /// Whether something was there that was moved.
    pub(crate) fn is_moved_away(&self, namespace: &str, path: &str) -> bool {
        self.moved_away.contains(&(namespace.to_owned(), path.to_owned()))
    }

    /// How many entries folders of a path have in all namespaces.
    pub(crate) fn count_in_tenant(&self, folder: &str) -> usize {
        let nodes = self.namespaces.values().flat_map(BTreeMap::values);
        nodes.filter(|node| !node.path.is_empty() && parent(&node.path) == folder).count()
    }

    /// Moves a file, or a folder with all that is in it, and says whether it was there.
    pub(crate) fn rename(&mut self, namespace: &str, from: &str, to: &str) -> bool {
        let Some(node) = self.find(namespace, from) else { return false };
        let moved: Vec<FileNode> = std::iter::once(node).chain(self.below(namespace, from)).collect();
        self.make_folder(namespace, parent(to));
        let nodes = self.namespaces.entry(namespace.to_owned()).or_default();
        for mut node in moved {
            nodes.remove(&node.path);
            self.moved_away.insert((namespace.to_owned(), node.path.clone()));
            node.path = format!("{to}{}", node.path.strip_prefix(from).unwrap_or_default());
            nodes.insert(node.path.clone(), node);
        }
        true
    }

    /// Deletes a file, or a folder with all that is in it.
    pub(crate) fn delete(&mut self, namespace: &str, path: &str) {
        let below = self.below(namespace, path);
        let Some(nodes) = self.namespaces.get_mut(namespace) else { return };
        nodes.remove(path);
        for node in below {
            nodes.remove(&node.path);
        }
    }

    fn folder(&mut self, namespace: &str, path: &str) -> &mut FileNode {
        let now = Timestamp::now();
        let nodes = self.namespaces.entry(namespace.to_owned()).or_default();
        nodes.entry(path.to_owned()).or_insert_with(|| FileNode {
            path: path.to_owned(),
            created: now,
            modified: now,
            revisions: Vec::new(),
        })
    }
}

/// Where a revision is stored, without colons. 1.3 makes a URI of that, which ends at a `?` or `#` and is decoded.
fn object(path: &str, revision: u64, dialect: Dialect) -> String {
    let path = match revision {
        1 => path.to_owned(),
        _ => format!("{path}.v{revision}"),
    };
    match dialect {
        Dialect::V1_3 => uri::decoded(uri::before_query(&path)).replace(':', ""),
        _ => path.replace(':', ""),
    }
}

/// The folder that a path is in; the root is in itself.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::FileStore;
    use crate::dialect::Dialect::{V1_3, V2_0};

    #[test]
    fn folders_come_with_their_files() {
        let mut files = FileStore::default();
        files.write("a", "/x/y/one.txt", "1".into(), V2_0);
        files.write("a", "/x/y/one.txt", "2".into(), V2_0);
        assert_eq!(files.find("a", "/x/y/one.txt").map(|node| node.revisions.len()), Some(2));
        assert!(files.rename("a", "/x", "/z"));
        assert!(files.find("a", "/x/y").is_none() && files.is_moved_away("a", "/x/y"));
        assert_eq!(files.children("a", "/z").len(), 1);
        files.write("b", "/z/y/two.txt", "3".into(), V2_0);
        assert_eq!((files.count_in_tenant("/z/y"), files.count_in_tenant("/z")), (2, 2));
        files.delete("a", "/z");
        assert!(files.children("a", "").is_empty());
    }

    #[test]
    fn files_that_are_stored_in_one_place_are_one() {
        for (dialect, other) in [(V1_3, "two"), (V2_0, "one")] {
            let mut files = FileStore::default();
            files.write("a", "/r#1", "one".into(), dialect);
            files.write("a", "/r#2", "two".into(), dialect);
            assert_eq!(files.find("a", "/r#1").map(|node| node.content()), Some(other.into()), "{dialect:?}");
            // So are a file and the second revision of another, on every version that keeps revisions.
            for (path, content) in [("/s", "1"), ("/s.v2", "other"), ("/s", "2")] {
                files.write("a", path, content.into(), dialect);
            }
            assert_eq!(files.find("a", "/s.v2").map(|node| node.content()), Some("2".into()));
        }
    }
}
