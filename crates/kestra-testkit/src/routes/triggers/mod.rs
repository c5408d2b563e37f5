//! Routes of triggers.

mod backfill;
mod bulk;
mod change;
mod search;
mod view;

use crate::dialect::Dialect::{V1_3, V2_0};
use crate::http::{Route, later, now};

const ANY: &[&str] = &["*/*"];

/// All routes of triggers.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("triggers/search", now!(search::all)),
        Route::get("triggers/{namespace}/{flowId}", now!(search::of_flow)),
        Route::get("triggers/export/by-query/csv", now!(search::csv)).produces(&["text/csv"]).since(V1_3),
        Route::post("triggers/{namespace}/{flowId}/{triggerId}/unlock", now!(change::unlock)).consumes(ANY),
        Route::post("triggers/{namespace}/{flowId}/{triggerId}/restart", now!(change::restart)).consumes(ANY),
        Route::delete("triggers/{namespace}/{flowId}/{triggerId}", now!(change::delete))
            .consumes(ANY)
            .since(V1_3),
        Route::put("triggers", now!(backfill::update)).until(V1_3),
        Route::put("triggers/set-disabled", later!(change::set_disabled)).since(V2_0),
        Route::put("triggers/backfill/create", now!(backfill::create)).since(V2_0),
        Route::put("triggers/backfill/pause", now!(backfill::pause)).answers_early_until(V1_3),
        Route::put("triggers/backfill/unpause", now!(backfill::unpause)).answers_early_until(V1_3),
        Route::post("triggers/backfill/delete", now!(backfill::delete)).answers_early_until(V1_3),
    ];
    routes.extend(bulk::routes());
    routes
}
