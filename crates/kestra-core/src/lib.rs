//! The building blocks of the Kestra client: errors, operations, calls, bodies, servers and codecs.
//!
//! It knows neither models nor tower. The crate `kestra` re-exports what users of the client need.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

#[cfg(feature = "blocking")]
mod blocking;
mod body;
mod call;
mod context;
mod decode;
mod download;
mod encode;
mod error;
mod executor;
pub mod filter;
mod guard;
mod head;
mod headers;
mod instant;
mod integer;
#[doc(hidden)]
pub mod internal;
mod json;
mod json_path;
mod key;
mod macros;
mod observe;
mod operation;
mod options;
pub mod paging;
mod payload;
mod query;
mod redact;
pub mod retry;
mod retry_after;
mod sent_inputs;
mod servers;
pub mod sse;
mod target;
mod timeouts;
mod transient;
mod url_parts;
mod version;

pub use body::{Body, FilePart};
pub use call::Call;
pub use context::CallContext;
pub use download::{Download, Lines, OnProgress, Progress};
pub use encode::ParameterValue;
pub use error::{BoxError, Error, ErrorKind, ErrorResponse, RequestSent, TimeoutPhase};
pub use executor::{CallFuture, Detached, Executor, OutputFuture, ResponseFuture};
pub use filter::Filter;
pub use integer::Integer;
pub use observe::{CallOutcome, ClientEvent, ConnectionChange, HedgeWinner, Observer, ServerAddress};
pub use operation::{
    CharacterRule, Check, Comparison, Comparisons, Deletion, Edition, Effect, FilterField, FilterForms,
    FilterParameter, FilterResource, Guard, KnownValues, OperationInfo, Precheck, QueryParameter, Replay,
    ResponseKind, Route, Traffic,
};
pub use options::CallOptions;
pub use retry::{Attempt, AttemptResult, Retry, RetryEvent, Verdict};
pub use servers::{Server, ServerCluster, Servers, Variable};
pub use target::Target;
pub use timeouts::Timeouts;
pub use version::{InvalidVersion, Version, Versions};
