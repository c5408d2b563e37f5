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
//! | run flows by Rust types of their inputs and outputs | [`typed`] |
//! | build flows in Rust | [`flow`] |
//! | deploy flows, and synchronize flows, files and keys | [`Flows::deploy`], [`Flows::sync`], [`Files::sync_up`], [`Kv::sync`], [`Namespaces::backup`] |
//! | search, and read lists | [`Filter`], [`paging`] |
//! | upload and download files | [`FilePart`], [`Download`] |
//! | follow an execution or its log | [`sse`] |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | build requests for another HTTP client | [`operations`], [`Target`]; bodies are in [`models`] |
//! | look up routes, parameters and versions of operations | [`catalogue`] |
//! | trace calls, record metrics, or observe what the client does | [`guide::telemetry`], [`Observer`], [`ClientEvent`] |
//! | write a layer, or build a stack of layers | [`layers`], [`Transport`] |
//!
//! The [`guide`] explains these by task.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `ring`, `aws-lc-rs` | `ring` | the crypto library of rustls |
//! | `gzip` | yes | compressed JSON and text responses |
//! | `blocking` | no | clients for threads that have no runtime, in `kestra::blocking` |
//! | `derive` | no | flows whose inputs and outputs are structs |
//! | `enterprise` | no | the operations that only Enterprise Edition has |
//! | `flow-check` | no | what a server would refuse in the source of a flow, told without a server |
//! | `flow-edit` | no | reading flows from their sources, and editing these |
//! | `serde` | no | `Serialize` for all models |
//! | `profile` | no | clients from the profiles of kestractl, by `Client::from_profile` |
//! | `http2` | no | HTTP/2, by `ClientBuilder::http2` |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

#[macro_use]
mod several_calls;
#[macro_use]
mod sync;

// First, since rustdoc shows the methods of `Client` in the order of the source.
mod client;

mod areas;
mod backup;
#[cfg(feature = "blocking")]
pub mod blocking;
mod executions;
mod files;
mod flows;
mod folder;
mod generated;
pub mod guide;
mod kv;
mod logs;
mod outputs;
mod triggers;
pub mod typed;

// Clients and what they send.
pub use areas::*;
#[cfg(feature = "profile")]
pub use client::Profile;
pub use client::{Client, ClientBuilder, IntoServers, ServerInfo};
pub use kestra_core::{
    Body, Call, CallFuture, CallOptions, CallOutcome, ClientEvent, ConnectionChange, Detached, Executor,
    HedgeWinner, Integer, Observer, OutputFuture, ParameterValue, ResponseFuture, Retry, Server,
    ServerAddress, ServerCluster, Servers, Target, Timeouts, Variable, Version,
};
pub mod flow;
pub use kestra_models as models;
pub use kestra_operations as operations;
pub use kestra_tower::auth::{Auth, Token, TokenSource};
pub use kestra_tower::transport::{Proxy, Tls, Transport, TransportBuilder};

// What a stack of layers is written with; `layers` has the rest of it.
pub use layers::{
    AuthLayer, CallContext, CallService, IntoCallService, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer,
    VersionCache,
};

// What takes several calls.
pub use backup::{Backup, Restore};
pub use executions::{AddLabels, Finished, FoundFailed, Resolve, Resolved, Run, Start, Started, Wait};
pub use files::{DownloadFile, FileSync};
pub use flows::{Deploy, Deployed, FlowSync};
#[cfg(feature = "derive")]
#[cfg_attr(docsrs, doc(cfg(feature = "derive")))]
pub use kestra_derive::{Inputs, Outputs, Select};
pub use kestra_operations::{BulkByIds, BulkProblem, BulkReport, DryRun};
pub use kv::KvSync;
pub use logs::TailLogs;
pub use sync::{SyncAction, SyncEntry, SyncKind, SyncProgress, SyncReport};
pub use triggers::{StartBackfill, SwitchTrigger, TriggerBackfill, WatchBackfill};
pub use typed::{FlowInputs, FlowOutputs};

// Filters, files and streams.
pub use kestra_core::{Download, FilePart, Filter, Lines, Progress, filter, paging, sse};

// Errors and retries.
pub use kestra_core::{
    Attempt, AttemptResult, BoxError, Error, ErrorKind, ErrorResponse, InvalidVersion, RequestSent,
    RetryEvent, TimeoutPhase, Verdict,
};

pub use {http, jiff};

/// The catalogue of operations: what is known of each, and of the versions that have it.
pub mod catalogue {
    pub use kestra_core::{
        CharacterRule, Check, Comparison, Comparisons, Deletion, Edition, Effect, FilterField, FilterForms,
        FilterParameter, FilterResource, Guard, KnownValues, OperationInfo, Precheck, QueryParameter, Replay,
        ResponseKind, Route, Traffic, Versions,
    };
    pub use kestra_operations::{operation, operations};
}

/// The layers of a client, for stacks of your own, and what a layer of yours meets.
pub mod layers {
    pub use crate::client::{CallService, CallServiceFuture, IntoCallService};
    pub use kestra_core::CallContext;
    pub use kestra_tower::adaptive::{
        self, AdaptiveConcurrencyFuture, AdaptiveConcurrencyLayer, AdaptiveConcurrencyService,
    };
    pub use kestra_tower::auth::{AuthFuture, AuthLayer, AuthService};
    pub use kestra_tower::hedge::{self, HedgeFuture, HedgeLayer, HedgeService};
    pub use kestra_tower::retry::{RetryFuture, RetryLayer, RetryService};
    pub use kestra_tower::server::{ServerFuture, ServerLayer, ServerService, VersionCache};
    pub use kestra_tower::timeout::{TimeoutFuture, TimeoutLayer, TimeoutService};
    pub use kestra_tower::trace::{TraceFuture, TraceLayer, TraceService};
    pub use kestra_tower::transport::{ConnectRequest, ConnectService, ConnectedStream, TransportFuture};
}

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
