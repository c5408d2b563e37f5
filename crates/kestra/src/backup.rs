//! A namespace in a folder: its flows, files and keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::instant;
use kestra_core::{Error, ErrorKind, Filter};
use kestra_models::{KvDetail, KvEntry, KvType, KvValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Namespaces;
use crate::flows::stored_flows;
use crate::folder::{failure, is_flow, stale, walk};
use crate::kv::{Wanted, by_key};
use crate::several_calls::record_flow;
use crate::sync::{Settings, SyncAction, SyncEntry, SyncKind, SyncReport};

/// The folder of the flows in a backup.
const FLOWS: &str = "flows";

/// The folder of the files in a backup.
const FILES: &str = "files";

/// The file of the keys in a backup.
const KEYS: &str = "keys.json";

impl Namespaces {
    /// Writes the flows, files and keys of a namespace to a folder, which is created if it doesn't exist.
    ///
    /// The folder then has the source of each flow as `flows/ID.yml`, the files of the namespace below `files`, and its
    /// keys with their values, types, descriptions and expirations in `keys.json`: keep it as safe as the keys are.
    /// Namespaces below, secrets and executions are not part of it, and neither are older revisions. A folder with an earlier
    /// backup is brought up to date; what the namespace has no longer is deleted if [`delete`](Backup::delete) is set, and else
    /// refused. Files elsewhere in the folder stay. The client sends up to 16 requests at once. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error if the namespace can't be read or has nothing, or the folder can't be written; one of kind
    /// [`Refused`](ErrorKind::Refused), before anything is written, if `flows` or `files` in the folder has a file that the
    /// namespace doesn't have. What failed for one file or key is in the report, and so are files that are left out as their names
    /// begin with `..`.
    ///
    /// ```no_run
    /// # async fn run(old: kestra::Client, new: kestra::Client) -> Result<(), kestra::Error> {
    /// old.namespaces().backup("company.team", "backup").await?.check()?;
    /// new.namespaces().restore("company.team", "backup").await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backup(&self, namespace: impl Into<String>, folder: impl Into<PathBuf>) -> Backup {
        let settings = Settings::new(self.client());
        Backup { namespace: namespace.into(), folder: folder.into(), delete: false, settings }
    }

    /// Restores the files, keys and flows of a namespace, in this order, from a folder that [`backup`](Self::backup) wrote.
    ///
    /// The namespace may have another name than that of the backup; flows are then moved as
    /// [`FlowSync::namespace`](crate::FlowSync::namespace) does. If a flow is invalid, nothing is changed. Parts that the folder lacks and keys that have expired are
    /// left out. Nothing is deleted unless [`delete`](Restore::delete) is set. All versions.
    ///
    /// # Errors
    ///
    /// Returns the errors of the three syncs: [`Files::sync_up`](crate::Files::sync_up), [`Kv::sync`](crate::Kv::sync), and
    /// [`Flows::sync`](crate::Flows::sync).
    pub fn restore(&self, namespace: impl Into<String>, folder: impl Into<PathBuf>) -> Restore {
        let settings = Settings::new(self.client());
        Restore { namespace: namespace.into(), folder: folder.into(), delete: false, settings }
    }
}

/// A backup of a namespace; see [`Namespaces::backup`].
#[must_use = "a backup does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Backup {
    namespace: String,
    folder: PathBuf,
    delete: bool,
    settings: Settings,
}

/// A key as a backup has it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedKey {
    key: String,
    #[serde(rename = "type", default)]
    kind: String,
    value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiration_date: Option<Timestamp>,
}

impl Backup {
    /// Sets whether to delete the files below `flows` and `files` in the folder that the namespace doesn't have, such as the flows
    /// of an earlier backup that are deleted since. Defaults to `false`: a folder with such a file is refused, since a restore would
    /// create what it has.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    async fn run(self) -> Result<SyncReport, Error> {
        record_flow(&self.settings.client, &self.namespace, None);
        let client = self.settings.client()?;
        let keys = client.kv().keys(&self.namespace).await?;
        let filter = std::iter::once(Filter::namespace().equals(&self.namespace));
        let flows: BTreeMap<_, _> = stored_flows(&client.flows(), &self.settings, filter, |_| true)
            .await?
            .into_iter()
            .map(|(name, flow)| (self.file_of(&name.1), (name, flow)))
            .collect();
        let stale = self.other_files(&flows).await?;
        let mut files =
            client.files().sync_down(&self.namespace, self.folder.join(FILES)).delete(self.delete);
        (files.refuses_others, files.settings) = (!self.delete, self.settings.clone());
        // A namespace with flows or keys is there, so it may have lost its last file.
        files.settings.allow_empty |= !flows.is_empty() || !keys.is_empty();
        let files = files.run().await?.entries;
        // Servers list nothing of a namespace that doesn't exist.
        let is_empty = flows.is_empty() && files.is_empty() && keys.is_empty();
        let problem = || format!("the namespace {} has no flows, files or keys", self.namespace);
        self.settings.check_source(is_empty, problem)?;
        let mut entries = Vec::new();
        for (file, ((namespace, id), flow)) in flows {
            let action = self.write(&file, flow.source.unwrap_or_default().as_bytes()).await?;
            let entry = SyncEntry::new(SyncKind::Flow, format!("{namespace}.{id}"), action);
            let entry = SyncEntry { id: Some(id), revision: flow.revision, file: Some(file), ..entry };
            entries.push(entry.in_namespace(&namespace));
        }
        entries.extend(files);
        entries.extend(self.keys(keys).await?);
        self.remove(stale, &mut entries).await;
        Ok(SyncReport::new("backup", &self.settings, entries))
    }

    /// Returns the file of a flow. Ids are letters, digits, dots, dashes and underscores.
    fn file_of(&self, id: &str) -> PathBuf {
        self.folder.join(FLOWS).join(format!("{id}.yml"))
    }

    /// Returns the files that a restore would take for flows, but for those that are written.
    async fn other_files<T>(&self, written: &BTreeMap<PathBuf, T>) -> Result<Vec<PathBuf>, Error> {
        let folder = self.folder.join(FLOWS);
        if let Ok(false) = tokio::fs::try_exists(&folder).await {
            return Ok(Vec::new());
        }
        let found = walk(&folder, self.delete).await?.into_iter().map(|file| file.path);
        let others: Vec<_> = found.filter(|path| is_flow(path) && !written.contains_key(path)).collect();
        match others.first().filter(|_| !self.delete) {
            Some(path) => Err(stale(path, &self.namespace)),
            None => Ok(others),
        }
    }

    /// Deletes files, unless something has failed.
    async fn remove(&self, stale: Vec<PathBuf>, entries: &mut Vec<SyncEntry>) {
        let has_failed = entries.iter().any(|entry| entry.error.is_some());
        for path in stale {
            let action = if has_failed { SyncAction::Skipped } else { SyncAction::Delete };
            let entry = SyncEntry::new(SyncKind::Flow, path.display().to_string(), action);
            let mut entry = entry.in_namespace(&self.namespace);
            if !has_failed && !self.settings.dry_run {
                let removed = tokio::fs::remove_file(&path).await;
                entry.error = removed.map_err(|problem| failure("deleted", &path, problem)).err();
            }
            entry.file = Some(path);
            entries.push(entry);
        }
    }

    async fn keys(&self, listed: Vec<KvEntry>) -> Result<Vec<SyncEntry>, Error> {
        let kv = &self.settings.client()?.kv();
        let (namespace, mut keys) = (&self.namespace, Vec::new());
        let read = |entry: KvEntry| async move {
            let key = entry.key.clone();
            (kv.get_key_value(namespace, &key).await, key, entry)
        };
        for (detail, key, entry) in self.settings.run_all(listed.into_iter().map(read).collect()).await {
            match detail {
                Ok(detail) => keys.push(SavedKey::new(key, &detail, entry)),
                // It has expired, or was deleted since.
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error),
            }
        }
        keys.sort_by(|a, b| a.key.cmp(&b.key));
        let text = serde_json::to_vec_pretty(&keys).unwrap_or_default();
        let path = self.folder.join(KEYS);
        let action = self.write(&path, &text).await?;
        #[cfg(unix)]
        if !self.settings.dry_run {
            use std::os::unix::fs::PermissionsExt as _;

            // Values may be secrets.
            let owner = std::fs::Permissions::from_mode(0o600);
            tokio::fs::set_permissions(&path, owner)
                .await
                .map_err(|problem| failure("protected", &path, problem))?;
        }
        let entry = |key: SavedKey| SyncEntry::new(SyncKind::Key, key.key, action).in_namespace(namespace);
        Ok(keys.into_iter().map(entry).collect())
    }

    /// Writes a file, unless it has this content.
    async fn write(&self, path: &Path, content: &[u8]) -> Result<SyncAction, Error> {
        let action = match tokio::fs::read(path).await {
            Ok(known) if known == content => return Ok(SyncAction::Unchanged),
            Ok(_) => SyncAction::Update,
            Err(_) => SyncAction::Create,
        };
        if !self.settings.dry_run {
            let folder = path.parent().unwrap_or(path);
            tokio::fs::create_dir_all(folder).await.map_err(|problem| failure("created", folder, problem))?;
            tokio::fs::write(path, content).await.map_err(|problem| failure("written", path, problem))?;
        }
        Ok(action)
    }
}

sync_settings!(Backup, "backup");

impl SavedKey {
    fn new(key: String, detail: &KvDetail, entry: KvEntry) -> Self {
        Self {
            key,
            kind: detail.type_.as_ref().map(ToString::to_string).unwrap_or_default(),
            value: detail.value.clone().unwrap_or_default(),
            description: entry.description,
            expiration_date: entry.expiration_date,
        }
    }

    fn wanted(self) -> (String, Wanted) {
        let value = KvValue::of(Some(&KvType::from(self.kind.as_str())), self.value);
        let mut entry = KvEntry::default();
        (entry.description, entry.expiration_date) = (self.description, self.expiration_date);
        (self.key, (value, Some(entry)))
    }
}

/// A restoration of a namespace; see [`Namespaces::restore`].
#[must_use = "a restoration does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Restore {
    namespace: String,
    folder: PathBuf,
    delete: bool,
    settings: Settings,
}

impl Restore {
    /// Sets whether to delete the flows, files and keys that the folder doesn't have. Defaults to `false`.
    pub fn delete(mut self, delete: bool) -> Self {
        self.delete = delete;
        self
    }

    async fn run(self) -> Result<SyncReport, Error> {
        record_flow(&self.settings.client, &self.namespace, None);
        let client = self.settings.client()?;
        let has = async |part: &str| tokio::fs::try_exists(self.folder.join(part)).await.unwrap_or(true);
        let (has_files, has_keys, has_flows) = (has(FILES).await, has(KEYS).await, has(FLOWS).await);
        if !(has_files || has_keys || has_flows) {
            let message =
                format!("{} is not a backup: use the folder that `backup` wrote", self.folder.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        // All is read and checked before anything is changed.
        let (keys, expired) = if has_keys { self.keys().await? } else { Default::default() };
        let mut flows = client.flows().sync(self.folder.join(FLOWS)).namespace(&self.namespace);
        if self.delete {
            flows = flows.delete_in(&self.namespace);
        }
        flows.settings = self.settings.clone();
        if has_flows {
            let mut plan = flows.clone().dry_run(true).run().await?;
            if plan.failed().next().is_some() {
                plan.entries.iter_mut().filter(|entry| entry.error.is_none()).for_each(SyncEntry::skip);
                let mut report = SyncReport::new("restore", &self.settings, plan.entries);
                report.applied = false;
                return Ok(report);
            }
        }
        let mut entries = Vec::new();
        if has_files {
            let mut files =
                client.files().sync_up(&self.namespace, self.folder.join(FILES)).delete(self.delete);
            files.settings = self.settings.clone();
            entries.extend(files.run().await?.entries);
        }
        if has_keys {
            let mut sync =
                client.kv().sync(&self.namespace, BTreeMap::<String, Value>::new()).delete(self.delete);
            (sync.settings, sync.values, sync.kept) = (self.settings.clone(), keys, expired);
            entries.extend(sync.run().await?.entries);
        }
        if has_flows {
            entries.extend(flows.run().await?.entries);
        }
        Ok(SyncReport::new("restore", &self.settings, entries))
    }

    /// Reads the keys of the folder, and the names of those that have expired.
    async fn keys(&self) -> Result<(BTreeMap<String, Wanted>, BTreeSet<String>), Error> {
        let path = self.folder.join(KEYS);
        let text = tokio::fs::read(&path).await.map_err(|problem| failure("read", &path, problem))?;
        let keys: Vec<SavedKey> = serde_json::from_slice(&text).map_err(|problem| {
            let at = format!("line {}, column {}", problem.line(), problem.column());
            Error::new(ErrorKind::File, format!("{} is not the key file of a backup: {at}", path.display()))
        })?;
        let now = instant::ago(Duration::ZERO);
        let lives = |key: &SavedKey| key.expiration_date.is_none_or(|expires| expires > now);
        let (living, expired): (Vec<_>, Vec<_>) = keys.into_iter().partition(lives);
        let (living, repeated) = by_key(living.into_iter().map(SavedKey::wanted));
        if let Some(key) = repeated {
            let problem = format!("{} has the key `{key}` twice: keep one of its values", path.display());
            return Err(Error::new(ErrorKind::File, problem));
        }
        Ok((living, expired.into_iter().map(|key| key.key).collect()))
    }
}

sync_settings!(Restore, "restore");
