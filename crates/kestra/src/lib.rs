//! A client for [Kestra](https://kestra.io), the workflow orchestrator, for every server from 1.0 to 2.x, built from
//! [tower](https://docs.rs/tower) layers.
//!
//! ```no_run
//! #[tokio::main]
//! async fn main() -> Result<(), kestra::Error> {
//!     let client = kestra::Client::from_env()?; // KESTRA_URL, and KESTRA_USERNAME + KESTRA_PASSWORD or KESTRA_API_TOKEN
//!     let finished = client.executions().run("company.team", "hello").input("name", "Rust").await?;
//!     println!("{:?}", finished.outputs());
//!     Ok(())
//! }
//! ```
//!
#![doc = include_str!("../docs/pictures/layers.svg")]
//!
//! # Where things are
//!
//! | to | see |
//! |---|---|
//! | configure a client | [`Client`], [`ClientBuilder`], [`Auth`], [`Proxy`], [`Tls`], [`Servers`] |
//! | change timeouts, retries and options, of all calls or of one | [`Timeouts`], [`Retry`], [`CallOptions`] |
//! | call an operation | the areas: [`Flows`], [`Executions`], [`Logs`], [`Triggers`], [`Kv`], [`Files`] and the other methods of [`Client`] |
//! | run a flow, or wait for an execution | [`Executions::run`], [`Executions::start`], [`Executions::wait`], [`Finished`] |
//! | deploy flows, and synchronize files | [`Flows::deploy`], [`Flows::sync`], [`Files::sync_up`] |
//! | search, and read lists | [`Filter`], [`paging`] |
//! | upload and download files | [`FilePart`], [`Download`] |
//! | follow an execution or its log | [`sse`] |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | build requests for another HTTP client | [`operations`], [`Target`]; bodies are in [`models`] |
//! | build a stack of layers | [`Transport`], [`RetryLayer`], [`ServerLayer`], [`AuthLayer`], [`TimeoutLayer`], [`TraceLayer`], [`CallContext`] |
//!
//! The [`guide`] explains these by task.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `ring`, `aws-lc-rs` | `ring` | the crypto library of rustls |
//! | `gzip` | yes | compressed JSON and text responses |
//! | `enterprise` | no | the operations that only Enterprise Edition has |
//! | `serde` | no | `Serialize` for all models |
//! | `http2` | no | HTTP/2, by `ClientBuilder::http2` |
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
pub mod guide;
mod kv;
mod outputs;
mod triggers;

pub use areas::*;
pub use client::{
    CallService, CallServiceFuture, Client, ClientBuilder, IntoCallService, IntoServers, ServerInfo,
};
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

/// The code in the README, which is compiled like that of the [`guide`].
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
