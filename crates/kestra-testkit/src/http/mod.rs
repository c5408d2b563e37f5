//! Requests, answers and errors as routes see them.
//!
//! # How to write a route
//!
//! A route is an entry of a table ([`crate::routes`]) and a function from [`Context`] to [`Answer`]:
//!
//! ```text
//! // in routes/executions.rs
//! pub(crate) fn routes() -> Vec<Route> {
//!     vec![
//!         Route::get("executions/{executionId}", now!(get_execution)),            // every dialect
//!         Route::post("executions/{executionId}/restart", later!(restart)).until(Dialect::V1_3),
//!         Route::post("executions/{executionId}/actions/restart", later!(restart)).since(Dialect::V2_0),
//!         Route::post("executions/{namespace}/{id}", later!(create)).consumes(&["multipart/form-data"]),
//!         Route::get("executions/{executionId}/follow", now!(follow)).produces(&["text/event-stream"]),
//!     ]
//! }
//!
//! fn get_execution(cx: &Context) -> Answer {                       // now!: answers at once
//!     let id = cx.param("executionId");
//!     let execution = cx.app.engine.find(id).ok_or_else(ApiError::not_found)?;
//!     Reply::json(&execution)
//! }
//!
//! async fn create(cx: Context) -> Answer {                         // later!: may wait
//!     let parts = cx.request.parts().await;                        // multipart
//!     let wait = cx.query().flag("wait");
//!     ...
//! }
//! ```
//!
//! Templates are below `/api/v1/{tenant}/`. The router finds what fits path and method, then `consumes` (415), then
//! `produces` (406), then takes the template with most literal segments: a path that a dialect lacks may so be read
//! as another route, as on the real server. What is in the table with another method only is 405, else 404.
//!
//! * [`Request`]: method, path, headers, buffered body. [`crate::query::Query`] reads the query, with the server's
//!   errors for values that it can't read; `cx.query().page()?`, `.sort()?`, `.filters(..)`.
//! * [`Reply`]: `Reply::json(&value)`, `Reply::empty(204)`, `Reply::text(..)`, `Reply::bytes(..)`, `Reply::stream(..)`
//!   (a stream of `Bytes` that ends, or breaks off after an `Err`), `.with_status(202)`, `.with_header(..)`.
//! * [`ApiError`]: the server's error body; `ApiError::not_found()`, `ApiError::new(409, "Illegal state: ...")`,
//!   `ApiError::invalid_entity([(path, message)])`, `ApiError::illegal_argument(..)`, `ApiError::reply(reply)` for an
//!   error whose body has another shape. `_links.self.href` is filled in by the shell.

mod auth;
mod compress;
mod context;
mod error;
mod exchange;
mod multipart;
mod reply;
mod request;
mod route;

pub(crate) use context::{Answer, Context};
pub(crate) use error::ApiError;
pub(crate) use exchange::Shell;
pub(crate) use multipart::Part;
pub(crate) use reply::{Reply, ReplyBody, status_of};
pub(crate) use request::{Request, media_type_of};
pub(crate) use route::{Handler, Route, later, now};
