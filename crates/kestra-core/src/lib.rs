//! The building blocks of the Kestra client: errors, operations, calls, bodies, servers and codecs.
//!
//! It knows neither models nor tower. Users of the client find everything re-exported by the crate `kestra`.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod body;
mod call;
mod characters;
mod context;
pub mod decode;
mod download;
mod encode;
mod error;
mod executor;
pub mod filter;
mod guard;
mod head;
mod headers;
pub mod instant;
#[doc(hidden)]
pub mod internal;
pub mod json;
mod json_path;
mod key;
mod macros;
mod operation;
mod options;
pub mod paging;
mod payload;
mod query;
mod question;
pub mod redact;
pub mod retry;
mod retry_after;
mod sent_inputs;
mod servers;
pub mod sse;
mod target;
mod timeouts;
pub mod transient;
mod url_parts;
mod version;

pub use body::{Body, FilePart, Multipart};
pub use call::Call;
#[doc(hidden)]
pub use call::FoundRows;
pub use characters::CharacterRule;
pub use context::CallContext;
pub use download::{Download, OnProgress, Progress};
pub use encode::ParameterValue;
pub use error::{
    BoxError, ERROR_BODY_LIMIT, Error, ErrorKind, ErrorResponse, RequestSent, Sent, TimeoutPhase,
};
pub use executor::{CallFuture, Detached, Executor, OutputFuture, ResponseFuture, SharedExecutor};
pub use filter::{Comparison, Comparisons, Filter, FilterField, FilterParameter, FilterResource};
pub use guard::Guard;
#[doc(hidden)]
pub use guard::refuse_deleted;
pub use head::{MAX_ARGUMENTS, REQUEST_LINE_LIMIT, check_request_line};
#[doc(hidden)]
pub use headers::set_header;
pub use key::{CORRELATION_LABEL, IdempotencyKey};
pub use operation::{
    ACCEPT_JSON, Answer, Deletion, Edition, Effect, FilterForms, KnownValues, OperationInfo, QueryParameter,
    Replay, Route, Traffic,
};
pub use options::CallOptions;
pub use question::{Check, Question};
pub use retry::{Attempt, AttemptResult, Retry, RetryEvent, Verdict};
#[doc(hidden)]
pub use retry_after::read as read_retry_after;
#[doc(hidden)]
pub use sent_inputs::{SentInputs, ShowsInputs};
pub use servers::{BaseUrl, Server, ServerVariables, Servers, Variable};
pub use target::Target;
pub use timeouts::{Limits, Timeouts};
pub use url_parts::UrlParts;
pub use version::{InvalidVersion, Version, Versions};
