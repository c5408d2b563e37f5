//! From a folder to a namespace.

use std::collections::BTreeSet;

use kestra_core::{Error, ErrorKind, FilePart};

use super::{FileAction, FileSync, FileSyncReport, compare, local, remote};

/// Without the ending that would have the server unpack the file: the path alone says where it goes.
const PART: &str = "file";

impl FileSync {
    pub(super) async fn up(&self, report: &mut FileSyncReport) -> Result<(), Error> {
        let files = self.files();
        let source = local::walk(&self.folder).await?;
        let target = remote::walk(&files, &self.namespace).await?;
        let names = remote::Names::of(files.client(), source.keys()).await?;
        let mut kept = BTreeSet::new();
        for (path, file) in &source {
            let name = names.of_file(path);
            if !kept.insert(name.clone()) {
                let message = format!(
                    "servers before 2.0 store it as `{name}`, which another file of the folder is stored as"
                );
                report.add(path, FileAction::Update, Err(Error::new(ErrorKind::File, message)));
                continue;
            }
            let action = match target.get(&name) {
                None => FileAction::Create,
                Some(size) if *size != file.size => FileAction::Update,
                Some(_) => match compare::is_same(&files, &self.namespace, &name, &file.path).await {
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
                let part = FilePart::path(&file.path).file_name(PART);
                files.create_namespace_file(&self.namespace, format!("/{path}"), part).await
            };
            report.add(path, action, outcome);
        }
        if self.delete {
            for path in target.keys().filter(|path| !kept.contains(*path)) {
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
