//! Files of namespaces, with their revisions.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

/// One content of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileRevision {
    pub(crate) revision: u64,
    pub(crate) content: Bytes,
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

    /// Writes a file: its next revision.
    pub(crate) fn write(&mut self, namespace: &str, path: &str, content: Bytes) {
        self.make_folder(namespace, parent(path));
        let node = self.folder(namespace, path);
        let revision = node.revisions.last().map_or(1, |last| last.revision + 1);
        node.modified = Timestamp::now();
        node.revisions.push(FileRevision { revision, content });
    }

    /// Moves a file, or a folder with all that is in it, and says whether it was there.
    pub(crate) fn rename(&mut self, namespace: &str, from: &str, to: &str) -> bool {
        let Some(node) = self.find(namespace, from) else { return false };
        let moved: Vec<FileNode> = std::iter::once(node).chain(self.below(namespace, from)).collect();
        self.make_folder(namespace, parent(to));
        let nodes = self.namespaces.entry(namespace.to_owned()).or_default();
        for mut node in moved {
            nodes.remove(&node.path);
            node.path = format!("{to}{}", node.path.strip_prefix(from).unwrap_or_default());
            nodes.insert(node.path.clone(), node);
        }
        true
    }

    /// Deletes a file or folder, and the folders above that become empty by that.
    pub(crate) fn delete(&mut self, namespace: &str, path: &str) -> bool {
        let below = self.below(namespace, path);
        let Some(nodes) = self.namespaces.get_mut(namespace) else { return false };
        let there = nodes.remove(path).is_some();
        for node in below {
            nodes.remove(&node.path);
        }
        let above = parent(path).to_owned();
        if there && !above.is_empty() && self.children(namespace, &above).is_empty() {
            self.delete(namespace, &above);
        }
        there
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

/// The folder that a path is in; the root is in itself.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::FileStore;

    #[test]
    fn folders_come_with_their_files_and_go_with_the_last() {
        let mut files = FileStore::default();
        files.write("a", "/x/y/one.txt", "1".into());
        files.write("a", "/x/y/one.txt", "2".into());
        assert_eq!(files.find("a", "/x/y/one.txt").map(|node| node.revisions.len()), Some(2));
        assert!(files.rename("a", "/x", "/z"));
        assert!(files.find("a", "/x/y").is_none());
        assert_eq!(files.children("a", "/z").len(), 1);
        assert!(files.delete("a", "/z/y/one.txt"));
        assert!(files.children("a", "").is_empty());
    }
}
