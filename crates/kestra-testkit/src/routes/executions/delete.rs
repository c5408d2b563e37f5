//! Deleting executions.

use super::answer::cell_or;
use crate::app::App;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::Query;

/// Deletes an execution, and what it left behind.
pub(super) fn delete(cx: &Context) -> Answer {
    let cell = cell_or(cx, |_| ApiError::not_found())?;
    delete_all(&cx.app, &[cell.now().id.clone()], &cx.query());
    Ok(Reply::empty(204))
}

/// Deletes executions, with their logs and files unless the query keeps them.
pub(super) fn delete_all(app: &App, ids: &[String], query: &Query) {
    let executions: Vec<_> = ids.iter().filter_map(|id| app.engine.find(id)).map(|cell| cell.now()).collect();
    for execution in &executions {
        app.engine.slots(|slots| slots.leave(&execution.namespace, &execution.flow_id, &execution.id));
        if query.flag_or("deleteStorage", true) {
            app.engine.remove_files(&execution.file_base());
        }
    }
    app.engine.remove(ids);
    if query.flag_or("deleteLogs", true) {
        app.logs.delete(|entry| ids.contains(&entry.execution_id));
    }
    if query.flag_or("deleteMetrics", true) {
        app.metrics.delete(|entry| ids.contains(&entry.execution_id));
    }
}
