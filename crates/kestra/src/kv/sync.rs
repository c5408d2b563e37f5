//! The keys of a namespace, made those of a map.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kestra_core::Error;
use kestra_models::{KvEntry, KvValue};

use serde_json::Value;

use crate::Kv;
use crate::several_calls::record_flow;
use crate::sync::{Settings, SyncAction, SyncEntry, SyncKind, SyncReport};

impl Kv {
    /// Sets the keys of a namespace to these values: creates what is missing, and replaces values that differ.
    ///
    /// A key with the same value and type is left as it is. A replaced value keeps the expiration and the description of
    /// its key. Other keys stay, unless [`delete`](KvSync::delete) is set. The client reads and sets 16 keys at once;
    /// reports contain no values. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Build`](crate::ErrorKind::Build) if a key has two values, and an error if the keys can't be
    /// listed. What failed for one key is in the report.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::BoxError> {
    /// let keys: std::collections::BTreeMap<String, serde_json::Value> =
    ///     serde_json::from_slice(&std::fs::read("keys.json")?)?;
    /// client.kv().sync("company.team", keys).delete(true).await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync<K: Into<String>, V: Into<KvValue>>(
        &self,
        namespace: impl Into<String>,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> KvSync {
        let given = values.into_iter().map(|(key, value)| (key.into(), (value.into(), None)));
        let (values, repeated) = by_key(given);
        KvSync {
            namespace: namespace.into(),
            values,
            repeated,
            kept: BTreeSet::new(),
            delete: false,
            settings: Settings::new(self.client()),
        }
    }
}

/// A value, and the expiration and description that its key is to have, if not those that it has.
pub(crate) type Wanted = (KvValue, Option<KvEntry>);

/// Returns the values by their keys, and a key that comes twice, if there is one.
pub(crate) fn by_key(
    values: impl IntoIterator<Item = (String, Wanted)>,
) -> (BTreeMap<String, Wanted>, Option<String>) {
    let (mut by_key, mut repeated) = (BTreeMap::new(), None);
    for (key, value) in values {
        if by_key.contains_key(&key) {
            repeated.get_or_insert_with(|| key.clone());
        }
        by_key.insert(key, value);
    }
    (by_key, repeated)
}

/// A sync of keys; see [`Kv::sync`].
#[must_use = "a sync does nothing until it is awaited"]
#[derive(Clone)]
pub struct KvSync {
    pub(crate) namespace: String,
    pub(crate) values: BTreeMap<String, Wanted>,
    /// A key that the values have twice.
    repeated: Option<String>,
    /// Keys that are not deleted, though they have no value here.
    pub(crate) kept: BTreeSet<String>,
    pub(crate) delete: bool,
    pub(crate) settings: Settings,
}

impl KvSync {
    /// Sets whether to delete the keys that the values don't name, unless one could not be set. Defaults to `false`.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    pub(crate) async fn run(self) -> Result<SyncReport, Error> {
        if let Some(key) = &self.repeated {
            let problem = format!("the key `{key}` comes twice: keep one of its values");
            return Err(Error::invalid("values", problem));
        }
        let (this, kv) = (&self, &self.settings.client()?.kv());
        record_flow(&self.settings.client, &self.namespace, None);
        let listed = kv.keys(&self.namespace).await?;
        let mut known: BTreeMap<String, _> =
            listed.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
        let wanted: Vec<_> =
            self.values.iter().map(|(key, wanted)| (key, wanted, known.remove(key))).collect();
        let deleted: Vec<String> =
            known.into_keys().filter(|key| self.delete && !self.kept.contains(key)).collect();
        let is_empty = self.values.is_empty() && self.kept.is_empty() && !deleted.is_empty();
        let problem = || format!("there are no values, so all {} keys would be deleted", deleted.len());
        self.settings.check_source(is_empty, problem)?;
        let step = &self.settings.step(wanted.len() + deleted.len());

        let set = |(key, wanted, entry): (&String, &Wanted, Option<KvEntry>)| {
            let (key, wanted) = (key.clone(), wanted.clone());
            async move {
                let (action, outcome) = this.set(kv, &key, wanted, entry).await;
                step(&key);
                this.entry(key, action, outcome)
            }
        };
        let mut entries = this.settings.run_all(wanted.into_iter().map(set).collect()).await;
        let has_failed = entries.iter().any(|entry| entry.error.is_some());
        let delete = |key: String| async move {
            if has_failed {
                return this.entry(key, SyncAction::Skipped, Ok(()));
            }
            let outcome = match this.settings.dry_run {
                true => Ok(()),
                false => kv.delete_key_value(&this.namespace, &key).await.map(drop),
            };
            step(&key);
            this.entry(key, SyncAction::Delete, outcome)
        };
        entries.extend(this.settings.run_all(deleted.into_iter().map(delete).collect()).await);
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(SyncReport::new("sync", &self.settings, entries))
    }

    /// Sets a key unless it has this value.
    async fn set(
        &self,
        kv: &Kv,
        key: &str,
        (value, given): Wanted,
        entry: Option<KvEntry>,
    ) -> (SyncAction, Result<(), Error>) {
        let action = match &entry {
            None => SyncAction::Create,
            Some(_) => match kv.get_key_value(&self.namespace, key).await {
                Ok(detail)
                    if detail.typed().unwrap_or_else(|| Value::Null.into()) == value
                        && is_as_given(entry.as_ref(), given.as_ref()) =>
                {
                    return (SyncAction::Unchanged, Ok(()));
                }
                Ok(_) => SyncAction::Update,
                // It has expired, or was deleted since.
                Err(error) if error.is_missing() => SyncAction::Create,
                Err(error) => return (SyncAction::Update, Err(error)),
            },
        };
        let outcome = match self.settings.dry_run {
            true => Ok(()),
            false => kv.set_and_keep(&self.namespace, key, value, given.or(entry)).await,
        };
        (action, outcome)
    }

    fn entry(&self, key: String, action: SyncAction, outcome: Result<(), Error>) -> SyncEntry {
        let entry = SyncEntry::new(SyncKind::Key, key, action).in_namespace(&self.namespace);
        SyncEntry { error: outcome.err(), ..entry }
    }
}

/// Returns whether a key has the expiration and the description that it is to have.
fn is_as_given(entry: Option<&KvEntry>, given: Option<&KvEntry>) -> bool {
    let of =
        |entry: &KvEntry| (entry.expiration_date.map(|date| date.as_second()), entry.description.clone());
    given.is_none_or(|given| entry.is_some_and(|entry| of(entry) == of(given)))
}

impl fmt::Debug for KvSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        let keys: Vec<&String> = self.values.keys().collect();
        f.debug_struct("KvSync")
            .field("namespace", &self.namespace)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

sync_settings!(KvSync, "sync");
