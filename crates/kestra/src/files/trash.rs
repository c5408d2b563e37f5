//! A deletion that can be repeated: a move to a name of its own in the root, and a deletion there, which climbs nowhere.

use kestra_core::{CallOptions, Error};

use crate::client::Deadline;
use crate::files::sync::names::Names;
use crate::{Client, Files};

/// What the names begin with, which nobody else gives a file.
const PREFIX: &str = ".kestra-trash-";

/// How many digits follow.
const DIGITS: usize = 16;

/// Whether a name in the root is that of a deletion that was broken off.
pub(super) fn is_trash(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file or folder that is to be deleted.
pub(super) struct Place {
    pub(super) client: Client,
    pub(super) deadline: Deadline,
    pub(super) namespace: String,
    pub(super) path: String,
}

impl Place {
    /// The area, with what is left of the time.
    fn files(&self) -> Files {
        self.client.with_options(self.deadline.limit(CallOptions::new())).files()
    }

    pub(super) fn is_root(&self) -> bool {
        self.path.split(['/', '\\']).all(|segment| matches!(segment.trim(), "" | "." | ".."))
    }

    /// Asks whether it is there; 404 if it isn't.
    pub(super) async fn look_up(&self) -> Result<(), Error> {
        self.files().get_file_metadata(&self.namespace).path(&self.path).await.map(drop)
    }

    /// Whether it is there; the root is if it has files.
    pub(super) async fn is_there(&self) -> Result<bool, Error> {
        let found = match self.is_root() {
            true => {
                let listed = self.files().list_namespace_directory_files(&self.namespace).path("/").await;
                listed.map(|entries| !entries.is_empty())
            }
            false => self.look_up().await.map(|()| true),
        };
        match found {
            Err(error) if error.is_not_found() => Ok(false),
            found => found,
        }
    }

    /// Deletes it, whatever becomes of the answers; the folder that it was in stays.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let trash = format!("{PREFIX}{:016x}", fastrand::u64(..));
        let files = self.files();
        let path = self.path.trim_end_matches('/').to_owned();
        let from = Names::of(files.client(), std::iter::once(&path)).await?.of_file(&path)?;
        let options = CallOptions::new().idempotent(true);
        let moved = files.move_file(&self.namespace, from, format!("/{trash}")).options(options).await;
        // A move whose answer was lost is refused the second time.
        if let Err(error) = moved
            && self.is_there().await?
        {
            return Err(error);
        }
        sweep(&self.files(), &self.namespace, &trash).await;
        Ok(())
    }
}

/// Deletes trash. What is in it is gone from its place already, so a failure is no error.
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
