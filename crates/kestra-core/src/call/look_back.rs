//! The warning about actions that miss what is old.

use super::Call;
use crate::operation::OperationInfo;

impl Call {
    /// Logs a warning if this is an action by query that the server limits to the last 8 days, as it has no start.
    ///
    /// The warning names `operation`, whose filters these are. Call [`check_narrowed`](Self::check_narrowed) before.
    pub fn warn_of_look_back(&self, operation: &'static OperationInfo) {
        let info = self.info;
        let is_since = |name: &str| name.contains("startDate") || name.contains("timeRange");
        let says_since = self.query.filters().is_some_and(|filters| filters.say_since())
            || self.query.extras().any(|(name, _)| is_since(&name));
        if info.acts_by_query && info.looks_back && !says_since {
            tracing::warn!(
                target: "kestra::bulk",
                operation = operation.name,
                "acts only on what began in the last 8 days: set `since` or `look_back`"
            );
        }
    }
}
