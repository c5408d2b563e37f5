#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! | to | see |
//! |---|---|
//! | make a client | [`Client`], [`ClientBuilder`], [`Auth`], [`Proxy`], [`Tls`], [`Servers`] |
//! | set how calls go, for all or for one | [`Timeouts`], [`Retry`], [`CallOptions`] |
//! | call an operation | the areas: [`Flows`], [`Executions`], [`Logs`], [`Triggers`], [`Kv`], [`Files`] and the other methods of [`Client`] |
//! | run a flow, or wait for an execution | [`Executions::run`], [`Executions::start`], [`Executions::wait`], [`Finished`] |
//! | deploy flows, and keep files the same | [`Flows::deploy`], [`Flows::sync`], [`Files::sync_up`] |
//! | search, and read lists | [`Filter`], [`paging`] |
//! | send and get files | [`FilePart`], [`Download`] |
//! | follow something | [`sse`] |
//! | deal with failures | [`Error`], [`ErrorKind`] |
//! | make requests alone | [`operations`], [`Target`]; bodies are in [`models`] |
//! | put a stack together | [`Transport`], [`RetryLayer`], [`ServerLayer`], [`AuthLayer`], [`TimeoutLayer`], [`TraceLayer`], [`CallContext`] |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

#[macro_use]
mod several_calls;
#[macro_use]
mod sync_report;

mod areas;
mod client;
mod executions;
mod files;
mod flows;
mod folder;
mod generated;
mod kv;
mod outputs;
mod triggers;

pub use areas::*;
pub use client::{CallService, Client, ClientBuilder, IntoCallService, IntoServers, ServerInfo};
pub use executions::{AddLabels, Finished, Resolve, Resolved, Run, Start, Started, Wait};
pub use files::{DownloadFile, FileAction, FileSync, FileSyncReport, SyncedFile};
pub use flows::{Deploy, Deployed, FlowAction, FlowSync, FlowSyncReport, SyncedFlow};
pub use kestra_core::{
    Answer, Attempt, AttemptResult, Body, BoxError, Call, CallContext, CallOptions, Detached, Download,
    Edition, Error, ErrorKind, ErrorResponse, Executor, FilePart, Filter, Guard, OperationInfo, OutputFuture,
    Progress, QueryParameter, Replay, RequestSent, ResponseFuture, Retry, RetryEvent, Route, Server, Servers,
    Target, TimeoutPhase, Timeouts, Traffic, Variable, Verdict, Version, Versions, filter, paging, sse,
};
pub use kestra_models as models;
pub use kestra_operations as operations;
pub use kestra_operations::{BulkByIds, BulkProblem, BulkReport, DryRun};
pub use kestra_tower::auth::{Auth, AuthLayer, Token, TokenSource};
pub use kestra_tower::transport::{Proxy, Tls, Transport, TransportBuilder};
pub use kestra_tower::{RetryLayer, ServerLayer, TimeoutLayer, TraceLayer, VersionCache};
pub use triggers::{StartBackfill, SwitchTrigger, TriggerBackfill, WatchBackfill};
pub use {http, jiff};

/// What must not compile, so that it is found out before anything is sent.
///
/// An operation without what it needs:
///
/// ```compile_fail,E0061
/// kestra::operations::CreateExecution::new("company.team");
/// ```
///
/// Sending an operation that has no client:
///
/// ```compile_fail,E0277
/// # async fn run() {
/// let _ = kestra::operations::GetFlow::new("company.team", "hello").await;
/// # }
/// ```
///
/// A layer that can't be copied, which works under a `Buffer`:
///
/// ```compile_fail,E0277
/// let limit = tower::limit::RateLimitLayer::new(1, std::time::Duration::from_secs(1));
/// let _ = kestra::Client::builder().server("https://kestra.example.com").layer(limit);
/// ```
///
/// The same with one that can:
///
/// ```
/// let limit = tower::limit::ConcurrencyLimitLayer::new(1);
/// let _ = kestra::Client::builder().server("https://kestra.example.com").layer(limit);
/// let request = kestra::operations::CreateExecution::new("company.team", "hello").into_request()?;
/// let _ = request;
/// # Ok::<(), kestra::Error>(())
/// ```
#[cfg(doctest)]
mod promises {}

/// The code in the documents is compiled like that in the README.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../docs/errors.md")]
    mod errors {}
    #[doc = include_str!("../../../docs/layers.md")]
    mod layers {}
    #[doc = include_str!("../../../docs/porting.md")]
    mod porting {}
    #[doc = include_str!("../../../docs/running.md")]
    mod running {}
    #[doc = include_str!("../../../docs/safety.md")]
    mod safety {}
}
