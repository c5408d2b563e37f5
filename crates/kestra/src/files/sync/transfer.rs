//! What a sync of files does, in either direction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kestra_core::{Error, ErrorKind, FilePart};

use super::FileSync;
use super::names::Names;
use super::sides::{Remote, files_of_folder, files_of_namespace, is_same, place_below};
use crate::Files;
use crate::client::Deadline;
use crate::files::trash::{Place, sweep};
use crate::folder::{LocalFile, failure, stale};
use crate::several_calls::record_flow;
use crate::sync::{SyncAction, SyncEntry, SyncKind};

/// Without the ending that would have the server unpack the file: the path alone says where it goes.
const PART: &str = "file";

impl FileSync {
    pub(super) async fn up(&self, files: &Files) -> Result<Vec<SyncEntry>, Error> {
        record_flow(&self.settings.client, &self.namespace, None);
        let source = files_of_folder(&self.folder, self.delete).await?;
        let mut target = files_of_namespace(files, &self.namespace, &self.settings).await?;
        let names = Names::of(files.client(), source.keys().chain(target.files.keys())).await?;
        let names = names.of_files(source.keys(), target.files.keys());
        // Names of files that can't be stored are taken as well, so that no file of that name is deleted.
        let is_deleted = |path: &&String| !names.taken.contains(*path) && !source.contains_key(*path);
        let deleted: Vec<&String> =
            target.files.keys().filter(|path| self.delete && is_deleted(path)).collect();
        let is_empty = source.is_empty() && !deleted.is_empty();
        let problem = || {
            format!(
                "the folder {} has no files, so all {} of the namespace would be deleted",
                self.folder.display(),
                deleted.len()
            )
        };
        self.settings.check_source(is_empty, problem)?;
        let unlisted = std::mem::take(&mut target.unlisted);
        let step = &self.settings.step(source.len() + deleted.len());

        self.make_folders(
            files,
            names.taken.iter().filter(|name| !target.files.contains_key(*name)),
            &target.folders,
        )
        .await;
        let target = &target;
        let known = &target.files;
        let stored =
            names.by_path.into_iter().filter_map(|(path, name)| Some((source.get(&path)?, path, name)));
        let stored = stored.map(|(file, path, name)| async move {
            let (action, outcome) = match name.and_then(|name| check_place(name, target)) {
                Ok(name) => self.store(files, &name, file, known.get(&name).copied()).await,
                Err(error) => (SyncAction::Update, Err(error)),
            };
            step(&path);
            self.entry(path, action, outcome)
        });
        let mut entries = self.settings.run_all(stored.collect()).await;
        entries.extend(self.unlisted(unlisted));

        // What failed may be the new name of what would be deleted.
        let has_failed = entries.iter().any(|entry| entry.error.is_some());
        let remove = |path: &String| {
            let path = path.clone();
            async move {
                if has_failed {
                    return self.entry(path, SyncAction::Skipped, Ok(()));
                }
                let outcome = if self.settings.dry_run { Ok(()) } else { self.remove(files, &path).await };
                step(&path);
                self.entry(path, SyncAction::Delete, outcome)
            }
        };
        entries.extend(self.settings.run_all(deleted.into_iter().map(remove).collect()).await);
        if self.delete && !self.settings.dry_run {
            let swept = target.trash.iter().map(|trash| sweep(files, &self.namespace, trash)).collect();
            self.settings.run_all(swept).await;
        }
        Ok(entries)
    }

    pub(super) async fn down(&self, files: &Files) -> Result<Vec<SyncEntry>, Error> {
        record_flow(&self.settings.client, &self.namespace, None);
        let remote = files_of_namespace(files, &self.namespace, &self.settings).await?;
        let source = remote.files;
        let target = match tokio::fs::try_exists(&self.folder).await {
            Ok(false) => BTreeMap::new(),
            _ => files_of_folder(&self.folder, self.delete).await?,
        };
        let names = Names::of(files.client(), target.keys()).await?;
        // A file whose name the server would misread exists in the local folder only.
        let stored = |path: &String| names.of_file(path).unwrap_or_else(|_| path.clone());
        // What a name stands for here; of several the last, which is the name itself if a file has it.
        let known: BTreeMap<String, &LocalFile> =
            target.iter().map(|(path, file)| (stored(path), file)).collect();
        let mut deleted: Vec<_> =
            target.iter().filter(|(path, _)| !source.contains_key(&stored(path))).collect();
        // Of a folder that can't be listed it is not known which files there are.
        if let Some((_, file)) = deleted.first()
            && self.refuses_others
            && remote.unlisted.is_empty()
        {
            return Err(stale(&file.path, &self.namespace));
        }
        deleted.retain(|_| self.delete);
        let is_empty = source.is_empty() && remote.unlisted.is_empty() && !deleted.is_empty();
        let problem = || {
            format!(
                "the namespace {} has no files, so all {} of the folder would be deleted",
                self.namespace,
                deleted.len()
            )
        };
        self.settings.check_source(is_empty, problem)?;
        let step = &self.settings.step(source.len() + deleted.len());

        let (known, source) = (&known, &source);
        let fetch = |(path, size): (&String, &u64)| {
            let (path, size) = (path.clone(), *size);
            async move {
                let (action, outcome) = self.fetch(files, &path, size, known.get(&path).copied()).await;
                step(&path);
                self.entry(path, action, outcome)
            }
        };
        let mut entries = self.settings.run_all(source.iter().map(fetch).collect()).await;
        entries.extend(self.unlisted(remote.unlisted));
        entries.extend(remote.left_out.into_iter().map(|path| {
            let mut entry = self.entry(path, SyncAction::Skipped, Ok(()));
            entry.warnings.push("its name begins with `..`, so that it is left out".to_owned());
            entry
        }));
        let has_failed = entries.iter().any(|entry| entry.error.is_some());
        for (path, file) in deleted {
            if has_failed {
                entries.push(self.entry(path.clone(), SyncAction::Skipped, Ok(())));
                continue;
            }
            let outcome = match self.settings.dry_run {
                true => Ok(()),
                false => tokio::fs::remove_file(&file.path).await,
            };
            let outcome = outcome.map_err(|problem| failure("deleted", &file.path, problem));
            step(path);
            entries.push(self.entry(path.clone(), SyncAction::Delete, outcome));
        }
        Ok(entries)
    }

    /// Returns an entry for each folder that couldn't be listed. As an error it keeps everything from being deleted.
    fn unlisted(&self, folders: Vec<(String, Error)>) -> impl Iterator<Item = SyncEntry> {
        folders.into_iter().map(|(folder, error)| {
            let message = format!(
                "the folder can't be listed ({}): its files are left as they are; rename it, or run the sync again if it was \
                 deleted meanwhile",
                error.reason()
            );
            let error = Error::new(error.kind(), message).with_source(error);
            self.entry(folder, SyncAction::Invalid, Err(error))
        })
    }

    fn entry(&self, path: String, action: SyncAction, outcome: Result<(), Error>) -> SyncEntry {
        let entry = SyncEntry::new(SyncKind::File, path, action).in_namespace(&self.namespace);
        SyncEntry { error: outcome.err(), ..entry }
    }

    /// Returns what there is to do with a file that has a size on one side, and this size on the other.
    async fn action(
        &self,
        files: &Files,
        name: &str,
        file: &LocalFile,
        stored_size: Option<u64>,
    ) -> Result<SyncAction, Error> {
        match stored_size {
            None => Ok(SyncAction::Create),
            Some(size) if size != file.size => Ok(SyncAction::Update),
            Some(_) => match is_same(files, &self.namespace, name, &file.path).await? {
                true => Ok(SyncAction::Unchanged),
                false => Ok(SyncAction::Update),
            },
        }
    }

    /// Creates the folders that new files need, level by level: of uploads at once that would each create the same folder, servers from
    /// 1.3 on refuse all but one with 500. Of a folder that can't be created the uploads tell.
    async fn make_folders(
        &self,
        files: &Files,
        new: impl Iterator<Item = &String>,
        known: &BTreeSet<String>,
    ) {
        let mut levels: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for path in new.filter(|_| !self.settings.dry_run) {
            let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
            for (level, folder) in above.enumerate().filter(|(_, folder)| !known.contains(*folder)) {
                levels.entry(level).or_default().insert(folder);
            }
        }
        for level in levels.into_values() {
            let create = |folder| async move {
                files.create_namespace_directory(&self.namespace).path(format!("/{folder}")).await
            };
            self.settings.run_all(level.into_iter().map(create).collect()).await;
        }
    }

    /// Uploads a file unless the server has the same content.
    async fn store(
        &self,
        files: &Files,
        name: &str,
        file: &LocalFile,
        stored_size: Option<u64>,
    ) -> (SyncAction, Result<(), Error>) {
        let action = match self.action(files, name, file, stored_size).await {
            Ok(action) => action,
            Err(error) => return (SyncAction::Update, Err(error)),
        };
        if self.settings.dry_run || action == SyncAction::Unchanged {
            return (action, Ok(()));
        }
        let part = FilePart::path(&file.path).file_name(PART);
        (action, files.create_namespace_file(&self.namespace, format!("/{name}"), part).await)
    }

    /// Downloads a file unless the folder has the same content.
    async fn fetch(
        &self,
        files: &Files,
        path: &str,
        size: u64,
        known: Option<&LocalFile>,
    ) -> (SyncAction, Result<(), Error>) {
        let Some(place) = known.map(|file| file.path.clone()).or_else(|| place_below(&self.folder, path))
        else {
            let message = format!("the path `{path}` can't be a file below {}", self.folder.display());
            return (SyncAction::Create, Err(Error::new(ErrorKind::File, message)));
        };
        let action = match known {
            None => SyncAction::Create,
            Some(file) => match self.action(files, path, file, Some(size)).await {
                Ok(action) => action,
                Err(error) => return (SyncAction::Update, Err(error)),
            },
        };
        if self.settings.dry_run || action == SyncAction::Unchanged {
            return (action, Ok(()));
        }
        (action, self.save(files, path, &place).await)
    }

    async fn save(&self, files: &Files, path: &str, place: &Path) -> Result<(), Error> {
        let above = place.ancestors().skip(1).take_while(|folder| *folder != self.folder);
        for folder in above {
            if tokio::fs::symlink_metadata(folder).await.is_ok_and(|found| found.is_symlink()) {
                let message = format!(
                    "{} is a link to a folder, which a sync doesn't follow: replace it by the folder",
                    folder.display()
                );
                return Err(Error::new(ErrorKind::File, message));
            }
        }
        if let Some(folder) = place.parent() {
            let made = tokio::fs::create_dir_all(folder).await;
            made.map_err(|problem| failure("created", folder, problem))?;
        }
        // A folder in the place of a file would take it under a name of its own.
        if tokio::fs::metadata(place).await.is_ok_and(|place| place.is_dir()) {
            let message = format!("{} is a folder where the namespace has a file", place.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        files.get_file_content(&self.namespace, format!("/{path}")).await?.to_file(place).await.map(drop)
    }

    async fn remove(&self, files: &Files, path: &str) -> Result<(), Error> {
        let place = Place {
            client: files.client().clone(),
            deadline: Deadline::within(None),
            namespace: self.namespace.clone(),
            path: format!("/{path}"),
        };
        place.remove().await
    }
}

/// Refuses a name where the namespace has a folder, or that lies within a file: a server would take one with the other.
fn check_place(name: String, target: &Remote) -> Result<String, Error> {
    let mut above = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
    let problem = match above.find(|folder| target.files.contains_key(*folder)) {
        Some(file) => format!(
            "the namespace has a file `{file}` where the path has a folder: delete or rename it first"
        ),
        None if target.folders.contains(&name) => {
            format!("the namespace has a folder `{name}`: delete or rename it first")
        }
        None => return Ok(name),
    };
    Err(Error::new(ErrorKind::File, problem))
}
