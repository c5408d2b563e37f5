//! What is public only because the client is several crates, each pinned to the exact version of the others.
//!
//! Nothing here is covered by Semantic Versioning, nor are the hidden methods of [`Error`](crate::Error) and
//! [`Call`](crate::Call). Use the crate `kestra`.

/// Keeps [`Executor`](crate::Executor) from being implemented elsewhere, so that it can grow.
pub trait Sealed {}

pub use crate::body::{Collector, Multipart};
pub use crate::call::FoundRows;
pub use crate::context::{ConnectWait, NextMember, member_bit};
pub use crate::error::{ERROR_BODY_LIMIT, Sent, causes, depends_on_body};
pub use crate::executor::SharedExecutor;
pub use crate::guard::{check_characters, read_only, refuse_deleted, sources_of_archive};
pub use crate::head::{MAX_ARGUMENTS, REQUEST_LINE_LIMIT, check_request_line};
pub use crate::headers::set_header;
pub use crate::key::{CORRELATION_LABEL, IdempotencyKey};
pub use crate::operation::ACCEPT_JSON;
pub use crate::options::{ServerAffinity, ServerVariables};
pub use crate::retry_after::read as read_retry_after;
pub use crate::sent_inputs::{SentInputs, ShowsInputs};
pub use crate::servers::{BaseUrl, ClusterSettings, MAX_MEMBERS, Policy};
pub use crate::timeouts::{Limits, Steps};
pub use crate::url_parts::UrlParts;

/// Waiting for calls on threads that have no runtime.
#[cfg(feature = "blocking")]
pub mod blocking {
    pub use crate::blocking::*;
}

/// Reads responses.
pub mod decode {
    pub use crate::decode::*;
}

/// Points in time as servers write them.
pub mod instant {
    pub use crate::instant::*;
}

/// Reads JSON by the shape of its target.
pub mod json {
    pub use crate::json::*;
}

/// Shortens and hides what may be a secret.
pub mod redact {
    pub use crate::redact::*;
}

/// The connections of event streams, and what is made of them.
pub mod sse {
    pub use crate::sse::engine::*;
}

/// Retries of reads during an outage.
pub mod transient {
    pub use crate::transient::*;
}
