//! Keys and values of namespaces.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One key and its value.
#[derive(Clone, Debug)]
pub(crate) struct KvEntry {
    pub(crate) namespace: String,
    pub(crate) key: String,
    /// The value as it was sent.
    pub(crate) raw: String,
    pub(crate) revision: u64,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) deleted: bool,
}

impl KvEntry {
    /// Whether its time is over.
    pub(crate) fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= Timestamp::now())
    }
}

/// All keys, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct KvStore {
    entries: BTreeMap<(String, String), KvEntry>,
}

impl KvStore {
    /// The entry of a key, also one that has expired.
    pub(crate) fn find(&self, namespace: &str, key: &str) -> Option<KvEntry> {
        let entry = self.entries.get(&(namespace.to_owned(), key.to_owned()))?;
        (!entry.deleted).then(|| entry.clone())
    }

    /// What is there and hasn't expired, by namespace and key.
    pub(crate) fn all(&self) -> Vec<KvEntry> {
        self.entries.values().filter(|entry| !entry.deleted && !entry.is_expired()).cloned().collect()
    }

    /// Sets a value: another revision of the key.
    pub(crate) fn set(
        &mut self,
        namespace: &str,
        key: &str,
        raw: String,
        description: Option<String>,
        expires: Option<Timestamp>,
    ) {
        let name = (namespace.to_owned(), key.to_owned());
        let before = self.entries.get(&name);
        let updated = Timestamp::now();
        let entry = KvEntry {
            namespace: namespace.to_owned(),
            key: key.to_owned(),
            raw,
            revision: before.map_or(1, |before| before.revision + 1),
            description,
            created: before.filter(|before| !before.deleted).map_or(updated, |before| before.created),
            updated,
            expires,
            deleted: false,
        };
        self.entries.insert(name, entry);
    }

    /// Deletes a key, and says whether it was there.
    pub(crate) fn delete(&mut self, namespace: &str, key: &str) -> bool {
        match self.entries.get_mut(&(namespace.to_owned(), key.to_owned())) {
            Some(entry) => !std::mem::replace(&mut entry.deleted, true),
            None => false,
        }
    }
}
