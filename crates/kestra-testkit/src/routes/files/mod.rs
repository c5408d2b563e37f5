//! Routes of the files of namespaces.

mod path;
mod read;
mod write;

use crate::dialect::Dialect::V1_3;
use crate::http::{Route, later, now};

const ANY: &[&str] = &["*/*"];
const BYTES: &[&str] = &["application/octet-stream"];
const PARTS: &[&str] = &["multipart/form-data"];

/// All routes of files.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("namespaces/{namespace}/files", now!(read::content)).produces(BYTES),
        Route::get("namespaces/{namespace}/files/stats", now!(read::facts)),
        Route::get("namespaces/{namespace}/files/revisions", now!(read::revisions)).since(V1_3),
        Route::get("namespaces/{namespace}/files/directory", now!(read::list)),
        Route::get("namespaces/{namespace}/files/search", now!(read::search)),
        Route::get("namespaces/{namespace}/files/export", now!(read::export)).produces(BYTES),
        Route::post("namespaces/{namespace}/files/directory", now!(write::create_folder)).consumes(ANY),
        Route::post("namespaces/{namespace}/files", later!(write::create)).consumes(PARTS),
        Route::put("namespaces/{namespace}/files", now!(write::rename)).consumes(ANY),
        Route::delete("namespaces/{namespace}/files", now!(write::delete)).consumes(ANY),
    ]
}
