//! From a folder to a namespace.

use kestra_core::{Error, FilePart};

use super::names::Names;
use super::{FileAction, FileSync, FileSyncReport, compare, local, remote};
use crate::Files;
use crate::client::Deadline;
use crate::files::trash::{Place, sweep};
use crate::folder::LocalFile;

/// Without the ending that would have the server unpack the file: the path alone says where it goes.
const PART: &str = "file";

impl FileSync {
    pub(super) async fn up(&self, report: &mut FileSyncReport) -> Result<(), Error> {
        let files = self.files();
        let source = local::walk(&self.folder).await?;
        let names = Names::of(files.client(), source.keys()).await?.of_files(source.keys());
        let target = remote::walk(&files, &self.namespace).await?;
        for (path, name) in names.by_path {
            let Some(file) = source.get(&path) else { continue };
            match name {
                Ok(name) => {
                    let size = target.files.get(&name).copied();
                    let (action, outcome) = self.store(&files, &name, file, size).await;
                    report.add(&path, action, outcome);
                }
                Err(error) => report.add(&path, FileAction::Update, Err(error)),
            }
        }
        if !self.delete {
            return Ok(());
        }
        // Names of files that could not be stored are still taken, so the remote file isn't deleted.
        let is_kept = |path: &String| names.taken.contains(path) || source.contains_key(path);
        for path in target.files.keys().filter(|path| !is_kept(path)) {
            let outcome = match self.dry_run {
                true => Ok(()),
                false => self.remove(&files, path).await,
            };
            report.add(path, FileAction::Delete, outcome);
        }
        if !self.dry_run {
            for trash in &target.trash {
                sweep(&files, &self.namespace, trash).await;
            }
        }
        Ok(())
    }

    /// Uploads a file unless the server has the same content.
    async fn store(
        &self,
        files: &Files,
        name: &str,
        file: &LocalFile,
        stored_size: Option<u64>,
    ) -> (FileAction, Result<(), Error>) {
        let action = match stored_size {
            None => FileAction::Create,
            Some(size) if size != file.size => FileAction::Update,
            Some(_) => match compare::is_same(files, &self.namespace, name, &file.path).await {
                Ok(true) => FileAction::Unchanged,
                Ok(false) => FileAction::Update,
                Err(error) => return (FileAction::Update, Err(error)),
            },
        };
        if self.dry_run || action == FileAction::Unchanged {
            return (action, Ok(()));
        }
        let part = FilePart::path(&file.path).file_name(PART);
        (action, files.create_namespace_file(&self.namespace, format!("/{name}"), part).await)
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
