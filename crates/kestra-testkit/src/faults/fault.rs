//! What a server can be told to do wrong.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// One way to misbehave, for which requests, and how often: once unless said otherwise.
///
/// ```
/// # use std::time::Duration;
/// use kestra_testkit::{Cut, Fault};
///
/// // The next two searches are refused, and may be asked again in a second.
/// let busy = Fault::status(503).retry_after(1).on("GET", "/api/v1/{tenant}/flows/search").times(2);
/// // One request in five breaks within the answer, in the same way in every run.
/// let flaky = Fault::cut(Cut::WithinBody).chance(0.2, 42);
/// # let _ = (busy, flaky);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    pub(crate) kind: Kind,
    pub(crate) method: Option<Method>,
    pub(crate) path: Option<String>,
    /// How many requests pass before it begins.
    pub(crate) skip: usize,
    /// How often it happens; `None` is always.
    pub(crate) times: Option<usize>,
    /// Whether the times count for each path and query anew.
    pub(crate) on_each_target: bool,
    /// After which silence a stream that is to break does so.
    pub(crate) silence: Option<Duration>,
    pub(crate) chance: Option<(f64, u64)>,
    /// How long afterwards the request is carried out nevertheless.
    pub(crate) carried_out_after: Option<Duration>,
}

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// As soon as it is opened, before anything is read; happens to connections, whatever is sent on them.
    Connection,
    /// When the head of the request is there, before its body is read.
    BeforeRead,
    /// When the whole request was read, before anything is done.
    AfterRead,
    /// When the request was done, before anything is answered.
    AfterProcessing,
    /// When head and half the body of the answer have been sent.
    WithinBody,
}

/// What is wrong with an `end` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FalseEnd {
    /// The execution that it carries is still running.
    Running,
    /// It carries another execution, which has ended.
    OtherExecution,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Status { status: u16, headers: HeaderMap, body: Option<Bytes> },
    Delay(Duration),
    Cut(Cut),
    Malformed,
    Hang,
    EarlyErrorsHang,
    Late,
    CutStreams(u64),
    CutStreamsAfter(usize),
    EndStreams(FalseEnd),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            method: None,
            path: None,
            skip: 0,
            times: Some(1),
            on_each_target: false,
            silence: None,
            chance: None,
            carried_out_after: None,
        }
    }

    /// It answers with a status, an empty body unless [`body`](Self::body) says otherwise, and does nothing.
    pub fn status(status: u16) -> Self {
        Self::new(Kind::Status { status, headers: HeaderMap::new(), body: None })
    }

    /// It takes this long before it does what was asked.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Kind::Delay(delay))
    }

    /// It cuts the connection.
    pub fn cut(when: Cut) -> Self {
        Self::new(Kind::Cut(when))
    }

    /// It does what was asked and answers half a body, as if that were all.
    pub fn malformed() -> Self {
        Self::new(Kind::Malformed)
    }

    /// It reads the request, does nothing, and never answers.
    pub fn hang() -> Self {
        Self::new(Kind::Hang)
    }

    /// It never answers where real servers hang: some routes answer an error before they have read the body, and then a
    /// connection is stuck that was used before, whatever the size of the body, and a new one if the body didn't come in the
    /// same read as the head. Which routes these are depends on the version. Lasts until the server is healed.
    pub fn early_errors_hang() -> Self {
        Self::new(Kind::EarlyErrorsHang).always()
    }

    /// It answers 504 at once and does what was asked only after a while, as a 2.0 server whose executor is behind: until
    /// then an execution that was created so is nowhere to be found.
    pub fn late(after: Duration) -> Self {
        Self::new(Kind::Late).carried_out_after(after)
    }

    /// It carries the request out nevertheless, but only this long after a status, after a cut once the request was read, or
    /// while it hangs: as a server whose client, or the proxy in between, gave up first.
    pub fn carried_out_after(mut self, delay: Duration) -> Self {
        self.carried_out_after = Some(delay);
        self
    }

    /// It breaks streams of events off after some of them, somewhere within the next; a seed gives the same breaks in every
    /// run. Lasts until the server is healed, unless [`times`](Self::times) says how many streams are meant.
    pub fn cut_streams(seed: u64) -> Self {
        Self::new(Kind::CutStreams(seed)).always()
    }

    /// It breaks a stream of events off right after so many of them, the stub that opens it included.
    pub fn cut_streams_after(events: usize) -> Self {
        Self::new(Kind::CutStreamsAfter(events))
    }

    /// It ends a stream of an execution's states with the first event after the stub, which says `end` and isn't one.
    pub fn false_end(lie: FalseEnd) -> Self {
        Self::new(Kind::EndStreams(lie))
    }

    /// A stream that is to break does so as well once nothing was sent for so long; it waits for its next event otherwise.
    pub fn or_after_silence(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// The body that a status comes with; other faults have none.
    pub fn body(mut self, text: impl Into<Bytes>) -> Self {
        if let Kind::Status { body, .. } = &mut self.kind {
            *body = Some(text.into());
        }
        self
    }

    /// A header that a status comes with; one that no header can be is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Status { headers, .. } = &mut self.kind
            && let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
        self
    }

    /// After how many seconds a status may be asked again.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER.as_str(), &seconds.to_string())
    }

    /// Only requests of a method and a path; `{name}` in the path stands for any segment, a `**` at the end for the rest.
    pub fn on(mut self, method: &str, path: impl Into<String>) -> Self {
        self.method = method.parse().ok();
        self.path = Some(path.into());
        self
    }

    /// Only requests of a path, whatever the method.
    pub fn on_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// It lets this many requests pass first.
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// It happens this often.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// The times, or the one time, count for each path and query anew: the first connections to each stream break, say.
    pub fn on_each_target(mut self) -> Self {
        self.on_each_target = true;
        self
    }

    /// It happens until the server is healed.
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// It happens by chance, from 0 (never) to 1, until the server is healed; a seed gives the same run every time.
    pub fn chance(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, seed));
        self.always()
    }
}
