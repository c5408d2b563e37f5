//! From a folder to a namespace.

use std::collections::BTreeSet;

use kestra_core::{Error, FilePart};

use super::{FileAction, FileSync, FileSyncReport, compare, local, remote};

impl FileSync {
    pub(super) async fn up(&self, report: &mut FileSyncReport) -> Result<(), Error> {
        let files = self.files();
        let source = local::walk(&self.folder).await?;
        let target = remote::walk(&files, &self.namespace).await?;
        let mut kept = BTreeSet::new();
        for (path, file) in &source {
            let known = remote::name_of(path, &target);
            kept.extend(known);
            let action = match known {
                None => FileAction::Create,
                Some(name) if target.get(name) != Some(&file.size) => FileAction::Update,
                Some(name) => match compare::is_same(&files, &self.namespace, name, &file.path).await {
                    Ok(true) => FileAction::Unchanged,
                    Ok(false) => FileAction::Update,
                    Err(error) => {
                        report.add(path, FileAction::Update, Err(error));
                        continue;
                    }
                },
            };
            let outcome = if self.dry_run || action == FileAction::Unchanged {
                Ok(())
            } else {
                let part = FilePart::path(&file.path);
                files.create_namespace_file(&self.namespace, format!("/{path}"), part).await
            };
            report.add(path, action, outcome);
        }
        if self.delete {
            for path in target.keys().filter(|path| !kept.contains(path.as_str())) {
                let outcome = match self.dry_run {
                    true => Ok(()),
                    false => files.delete_file(&self.namespace, format!("/{path}")).await.map(drop),
                };
                report.add(path, FileAction::Delete, outcome);
            }
        }
        Ok(())
    }
}
