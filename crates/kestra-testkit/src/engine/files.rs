//! Files that expressions read: those of executions, and of namespaces.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::execution::Execution;
use super::expression::Files;
use crate::app::App;

const NAMESPACE_FILE: &str = "nsfile://";

/// The files that the expressions of an execution see.
#[derive(Clone)]
pub(crate) struct ExecutionFiles {
    app: Arc<App>,
    namespace: String,
}

impl ExecutionFiles {
    pub(crate) fn of(app: &Arc<App>, execution: &Execution) -> Arc<dyn Files> {
        Arc::new(Self { app: Arc::clone(app), namespace: execution.namespace.clone() })
    }
}

impl fmt::Debug for ExecutionFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionFiles").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Files for ExecutionFiles {
    fn read(&self, path: &str, namespace: Option<&str>) -> Result<Bytes, String> {
        let missing = || format!("{path} (File not found)");
        if path.starts_with("kestra:///") {
            return self.app.engine.file(path).ok_or_else(missing);
        }
        let is_address = path.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
        });
        let file = match path.strip_prefix(NAMESPACE_FILE) {
            Some(file) => file,
            None if is_address => {
                return Err(format!("Cannot process the URI {path}: scheme not supported."));
            }
            None => path,
        };
        let file = format!("/{}", file.trim_start_matches('/'));
        let node = self.app.files().find(namespace.unwrap_or(&self.namespace), &file);
        node.filter(|node| !node.is_folder()).map(|node| node.content()).ok_or_else(missing)
    }
}
