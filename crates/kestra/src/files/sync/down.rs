//! From a namespace to a folder.

use std::collections::BTreeMap;
use std::path::Path;

use kestra_core::{Error, ErrorKind};

use super::names::Names;
use super::{FileAction, FileSync, FileSyncReport, compare, local, remote};
use crate::Files;
use crate::folder::{LocalFile, failure};

impl FileSync {
    pub(super) async fn down(&self, report: &mut FileSyncReport) -> Result<(), Error> {
        let files = self.files();
        let source = remote::walk(&files, &self.namespace).await?.files;
        let folder = &self.folder;
        let target = match tokio::fs::try_exists(folder).await {
            Ok(false) => Default::default(),
            _ => local::walk(folder).await?,
        };
        let names = Names::of(files.client(), target.keys()).await?;
        // A file whose name the server would misread exists in the local folder only.
        let stored = |path: &String| names.of_file(path).unwrap_or_else(|_| path.clone());
        // What a name stands for here; of several the last, which is the name itself if a file has it.
        let known: BTreeMap<String, &LocalFile> =
            target.iter().map(|(path, file)| (stored(path), file)).collect();
        for (path, size) in &source {
            let here = known.get(path);
            let place = here.map(|file| file.path.clone()).or_else(|| local::place(folder, path));
            let Some(place) = place else {
                let message = format!("the path `{path}` can't be a file below {}", folder.display());
                report.add(path, FileAction::Create, Err(Error::new(ErrorKind::File, message)));
                continue;
            };
            let action = match here {
                None => FileAction::Create,
                Some(file) if file.size != *size => FileAction::Update,
                Some(file) => match compare::is_same(&files, &self.namespace, path, &file.path).await {
                    Ok(true) => FileAction::Unchanged,
                    Ok(false) => FileAction::Update,
                    Err(error) => {
                        report.add(path, FileAction::Update, Err(error));
                        continue;
                    }
                },
            };
            let outcome = match self.dry_run || action == FileAction::Unchanged {
                true => Ok(()),
                false => self.fetch(&files, path, &place).await,
            };
            report.add(path, action, outcome);
        }
        if self.delete {
            for (path, file) in target.iter().filter(|(path, _)| !source.contains_key(&stored(path))) {
                let outcome = match self.dry_run {
                    true => Ok(()),
                    false => tokio::fs::remove_file(&file.path)
                        .await
                        .map_err(|problem| failure("deleted", &file.path, problem)),
                };
                report.add(path, FileAction::Delete, outcome);
            }
        }
        Ok(())
    }

    async fn fetch(&self, files: &Files, path: &str, place: &Path) -> Result<(), Error> {
        if let Some(folder) = place.parent() {
            let made = tokio::fs::create_dir_all(folder).await;
            made.map_err(|problem| failure("made", folder, problem))?;
        }
        // A folder in the place of a file would take it under a name of its own.
        if tokio::fs::metadata(place).await.is_ok_and(|place| place.is_dir()) {
            let message = format!("{} is a folder where the namespace has a file", place.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        files.get_file_content(&self.namespace, format!("/{path}")).await?.to_file(place).await.map(drop)
    }
}
