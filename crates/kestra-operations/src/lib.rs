//! One request builder for each operation of the Kestra HTTP API.
//!
//! A builder takes in its constructor what the operation can't be without; setters take the rest. Nothing fails before the
//! request is made: the first mistake is the error of `into_request`, of `send` or of the `await`.
//!
//! ```
//! use kestra_operations::CreateFlow;
//!
//! let request = CreateFlow::new("id: hello\nnamespace: company.team\n").tenant("main").into_request()?;
//! assert_eq!(request.uri(), "/api/v1/main/flows");
//! assert_eq!(request.headers()["content-type"], "application/x-yaml");
//! # Ok::<(), kestra_core::Error>(())
//! ```
//!
//! A builder alone makes requests for any HTTP stack; `on(client)` has a client send it, and the client's own methods
//! (`client.flows().create_flow(source)`) give builders that a client sends.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod extensions;
#[cfg(feature = "enterprise")]
mod form;
#[allow(clippy::new_without_default, reason = "an operation with nothing set is no default of anything")]
mod generated;
#[allow(dead_code, reason = "what is used of it depends on what is generated")]
mod parameters;

pub use extensions::{BulkByIds, BulkProblem, BulkReport, DryRun};
#[doc(hidden)]
pub use extensions::{FollowSettings, by_ids_of, check_count, search_relatives};
pub use generated::*;

/// Returns the definition of every operation that this crate has builders for.
///
/// An operation with several kinds of body is there once for each, under names such as `validate_flows` and
/// `validate_flows_multipart`.
pub fn operations() -> impl Iterator<Item = &'static kestra_core::OperationInfo> {
    generated::OPERATIONS.iter().flat_map(|area| area.iter().copied())
}

/// Returns an operation by its name in this client (`create_flow`), its Go key (`FlowsAPIService.CreateFlow`), or its operation
/// id of Kestra's documents (`createFlow`). `None` as well for one that only Enterprise servers have, without that feature.
///
/// ```
/// let operation = kestra_operations::operation("FlowsAPIService.CreateFlow");
/// assert_eq!(operation.map(|operation| operation.name), Some("create_flow"));
/// ```
#[must_use]
pub fn operation(name: &str) -> Option<&'static kestra_core::OperationInfo> {
    let by = |is: fn(&kestra_core::OperationInfo, &str) -> bool| operations().find(|known| is(known, name));
    by(|known, name| known.name == name || known.go_key == name)
        .or_else(|| by(|known, name| known.aliases.contains(&name)))
}
