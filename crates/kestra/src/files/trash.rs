//! A deletion that is safe to retry: a move to a unique name in the root, and a deletion there, where there is no folder above.

use kestra_core::{CallOptions, Error};

use crate::client::Deadline;
use crate::files::sync::names::Names;
use crate::{Client, Files};

/// The prefix of the names.
const PREFIX: &str = ".kestra-trash-";

/// How many digits follow.
const DIGITS: usize = 16;

/// Returns whether a name in the root was left by an interrupted deletion.
pub(super) fn is_trash(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file or folder to delete.
pub(super) struct Place {
    pub(super) client: Client,
    pub(super) deadline: Deadline,
    pub(super) namespace: String,
    pub(super) path: String,
}

impl Place {
    /// Returns the client's file operations, with the time that is left.
    fn files(&self) -> Files {
        self.client.chained().with_options(self.deadline.limit(CallOptions::new())).files()
    }

    /// Returns the place with a client that sends each request once.
    pub(super) fn without_retries(&self) -> Self {
        Self {
            client: self.client.for_loop(),
            deadline: self.deadline,
            namespace: self.namespace.clone(),
            path: self.path.clone(),
        }
    }

    pub(super) fn is_root(&self) -> bool {
        self.path.split(['/', '\\']).all(|segment| matches!(segment.trim(), "" | "." | ".."))
    }

    /// Checks that the file exists; returns a 404 if it doesn't.
    pub(super) async fn look_up(&self) -> Result<(), Error> {
        self.files().get_file_metadata(&self.namespace).path(&self.path).await.map(drop)
    }

    /// Returns whether the file exists; the root exists if it has files.
    pub(super) async fn is_there(&self) -> Result<bool, Error> {
        let found = match self.is_root() {
            true => {
                let listed = self.files().list_namespace_directory_files(&self.namespace).path("/").await;
                listed.map(|entries| !entries.is_empty())
            }
            false => self.look_up().await.map(|()| true),
        };
        match found {
            Err(error) if error.is_missing() => Ok(false),
            found => found,
        }
    }

    /// Deletes the file, even if responses get lost; the folder that it was in stays.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let trash = format!("{PREFIX}{:016x}", fastrand::u64(..));
        let files = self.files();
        let path = self.path.trim_end_matches('/').to_owned();
        let from = Names::of(files.client(), std::iter::once(&path)).await?.of_file(&path)?;
        let options = CallOptions::new().idempotent(true);
        let moved = files.move_file(&self.namespace, from, format!("/{trash}")).options(options).await;
        // A retried move is refused if the first one succeeded and its response was lost.
        if let Err(error) = moved
            && self.is_there().await?
        {
            return Err(error);
        }
        sweep(&self.files(), &self.namespace, &trash).await;
        Ok(())
    }
}

/// Deletes trash. The file is gone from its path already, so a failure is only logged.
pub(super) async fn sweep(files: &Files, namespace: &str, trash: &str) {
    let options = CallOptions::new().idempotent(true).unchecked();
    if let Err(error) = files.delete_file(namespace, format!("/{trash}")).options(options).await {
        tracing::warn!(
            target: "kestra::files",
            namespace,
            trash,
            error = format_args!("{error:#}"),
            "deleted files are left under another name"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::is_trash;

    #[test]
    fn only_names_of_our_own_are_trash() {
        assert!(is_trash(".kestra-trash-0123456789abcdef"));
        for name in
            [".kestra-trash-", ".kestra-trash-0123456789abcdeg", ".kestra-trash-0123456789abcdef0", "a"]
        {
            assert!(!is_trash(name), "{name}");
        }
    }
}
