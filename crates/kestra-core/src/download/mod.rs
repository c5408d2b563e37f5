//! A file as the server sends it: in memory as a whole only by `bytes`.

mod lines;
mod name;
mod resume;
mod save;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};

pub use lines::Lines;
use resume::Resume;

use crate::body::{Body, Collector};
pub use crate::body::{OnProgress, Progress};
use crate::error::{Error, ErrorKind, RequestSent};
use crate::executor::CallFuture;
use crate::operation::OperationInfo;

/// A file that is being downloaded.
///
/// A download is a stream of pieces, which ends with an error if the file ends early. To write the file to a writer of your
/// own, write each piece that [`next`](Self::next) returns. After a broken connection the download of a file that never
/// changes, such as one of an execution, is resumed: the client requests the rest, and skips what it has read if the server
/// sends the whole file, as Kestra does. Repeat any other download yourself. Dropping a download closes the connection.
///
/// ```
/// # async fn save(download: kestra_core::Download) -> Result<(), kestra_core::Error> {
/// println!("{:?}, {:?} bytes", download.file_name(), download.length());
/// let path = download.on_progress(|progress| println!("{} bytes", progress.bytes)).to_file("report.csv").await?;
/// println!("saved as {}", path.display());
/// # Ok(())
/// # }
/// ```
#[must_use = "a file is read only when it is asked for"]
pub struct Download {
    body: Body,
    name: Option<String>,
    content_type: Option<String>,
    length: Option<u64>,
    read: u64,
    ended: bool,
    info: &'static OperationInfo,
    on_progress: Option<OnProgress>,
    resume: Option<Resume>,
}

impl Download {
    /// The file in a response.
    #[doc(hidden)]
    pub fn new(response: Response<Body>, info: &'static OperationInfo) -> Self {
        let (parts, body) = response.into_parts();
        let text = |name| header(&parts.headers, name);
        let length = text(CONTENT_LENGTH).and_then(|length| length.trim().parse().ok());
        Self {
            name: parts
                .headers
                .get(CONTENT_DISPOSITION)
                .and_then(|value| name::from_header(&String::from_utf8_lossy(value.as_bytes()))),
            content_type: text(CONTENT_TYPE),
            // What has no header may still be known, such as the length of bytes in memory.
            length: length.or_else(|| body.length()),
            body,
            read: 0,
            ended: false,
            info,
            on_progress: None,
            resume: None,
        }
    }

    /// Resumes a file that never changes after a cut: `again` requests the bytes from a position on, and may
    /// get the whole file.
    #[doc(hidden)]
    pub fn resumed_by(mut self, again: impl Fn(u64) -> CallFuture + Send + Sync + 'static) -> Self {
        self.resume = Some(Resume::new(again));
        self
    }

    /// The name that the server gives the file, safe as the name of a file in any folder: without path, control characters
    /// and what some systems reserve.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The media type that the server gives the file.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// How many bytes the file has, if the server says so.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Has `report` called with each piece.
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Returns the unread rest of the download as a body, for a service of your own.
    ///
    /// Reading the body reports progress, resumes after a broken connection and ends with an error if the file ends early,
    /// as reading the download does.
    #[must_use]
    pub fn into_body(self) -> Body {
        Body::new(Rest(self))
    }

    /// Returns the raw body of the response, for a reader that resumes another download.
    #[doc(hidden)]
    pub fn into_raw_body(self) -> Body {
        self.body
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The whole file, in memory.
    ///
    /// # Errors
    ///
    /// The download broke.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let mut collector = Collector::new(usize::MAX);
        collector.read(Rest(self)).await?;
        Ok(collector.take())
    }

    fn cut(&self) -> Error {
        let all = self.length.map_or_else(String::new, |length| format!(" of {length}"));
        let advice = match self.resume {
            Some(_) => "resuming it failed",
            None => "start it again, as a file that may change can't be resumed",
        };
        let message = format!("the download was cut off after {}{all} bytes: {advice}", self.read);
        Error::new(ErrorKind::Transport, message)
            .with_request_sent(RequestSent::Yes)
            .with_operation(self.info)
    }

    /// Returns the error that ends the download, unless the rest was requested.
    fn broken(&mut self, problem: Option<Error>) -> Option<Error> {
        let is_cut = problem.as_ref().is_none_or(|problem| {
            matches!(problem.kind(), ErrorKind::Transport | ErrorKind::Service | ErrorKind::Timeout(_))
        });
        if is_cut && self.resume.as_mut().is_some_and(|resume| resume.begin(self.read)) {
            return None;
        }
        self.ended = true;
        Some(match problem {
            None => self.cut(),
            Some(problem) if matches!(problem.kind(), ErrorKind::Transport | ErrorKind::Service) => {
                self.cut().with_source(problem)
            }
            // A limit in time, or a refusal, says by itself what it is.
            Some(problem) => problem.with_request_sent(RequestSent::Yes).with_operation(self.info),
        })
    }

    /// Continues with the rest of the file, if it was requested.
    fn poll_resume(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(resume) = &mut self.resume else { return Poll::Ready(Ok(())) };
        match ready!(resume.poll(cx, self.read, self.length)) {
            None => {}
            Some(Ok(body)) => self.body = body,
            Some(Err(problem)) => {
                self.ended = true;
                return Poll::Ready(Err(self.cut().with_source(problem)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.ended {
            if let Err(error) = ready!(this.poll_resume(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
            let problem = match ready!(http_body::Body::poll_frame(Pin::new(&mut this.body), cx)) {
                Some(Ok(frame)) => {
                    let Ok(mut piece) = frame.into_data() else { continue };
                    if let Some(resume) = &mut this.resume {
                        resume.cut(&mut piece);
                    }
                    if piece.is_empty() {
                        continue;
                    }
                    this.read += piece.len() as u64;
                    if let Some(report) = &this.on_progress {
                        report(Progress { bytes: this.read, total: this.length });
                    }
                    return Poll::Ready(Some(Ok(piece)));
                }
                Some(Err(problem)) => Some(Error::from_boxed(problem)),
                None => {
                    let is_short = this.resume.as_ref().is_some_and(Resume::is_short);
                    if !is_short && this.length.is_none_or(|length| this.read >= length) {
                        this.ended = true;
                        break;
                    }
                    None
                }
            };
            if let Some(error) = this.broken(problem) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(None)
    }
}

/// A download as the body of a response or a request.
struct Rest(Download);

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let piece = ready!(Pin::new(&mut self.0).poll_next(cx));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.ended
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.0.length.map(|length| length.saturating_sub(self.0.read));
        left.map(SizeHint::with_exact).unwrap_or_default()
    }
}

crate::debug_fields! { Download, this => { file_name: this.name, length: this.length, read: this.read } }

fn header(headers: &HeaderMap, name: http::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests;
