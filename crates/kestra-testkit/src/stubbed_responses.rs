//! Answers given for operations that the server doesn't serve, or shall answer otherwise.

use std::sync::Mutex;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use crate::app::{App, lock};
use crate::http::{Reply, ReplyBody, Request, status_of};
use crate::pattern;

/// An answer that a server was given; it holds from the moment it was asked for.
#[derive(Debug)]
pub struct StubbedResponse<'a> {
    app: &'a App,
    id: usize,
}

/// All stubbed responses.
#[derive(Debug, Default)]
pub(crate) struct StubbedResponses {
    answers: Mutex<Vec<Stub>>,
}

#[derive(Debug)]
struct Stub {
    method: Option<Method>,
    path: String,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    times: Option<usize>,
}

impl StubbedResponses {
    /// Adds an empty 200 and returns its number.
    fn add(&self, method: Option<Method>, path: String) -> usize {
        let mut answers = lock(&self.answers);
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        answers.push(Stub { method, path, status: 200, headers, body, times: None });
        answers.len() - 1
    }

    fn change(&self, id: usize, change: impl FnOnce(&mut Stub)) {
        if let Some(answer) = lock(&self.answers).get_mut(id) {
            change(answer);
        }
    }

    /// The answer to a request, the one given last before others.
    pub(crate) fn find(&self, request: &Request) -> Option<Reply> {
        let mut answers = lock(&self.answers);
        let answer = answers.iter_mut().rev().find(|answer| {
            answer.times != Some(0)
                && answer.method.as_ref().is_none_or(|method| *method == request.method)
                && pattern::fits(&answer.path, &request.path)
        })?;
        if let Some(times) = &mut answer.times {
            *times -= 1;
        }
        Some(Reply {
            status: status_of(answer.status),
            headers: answer.headers.clone(),
            body: ReplyBody::Bytes(answer.body.clone()),
        })
    }
}

impl<'a> StubbedResponse<'a> {
    pub(crate) fn new(app: &'a App, method: &str, path: String) -> Self {
        Self { app, id: app.stubs.add(method.parse().ok(), path) }
    }

    fn change(self, change: impl FnOnce(&mut Stub)) -> Self {
        self.app.stubs.change(self.id, change);
        self
    }

    /// The status; 200 unless said otherwise.
    pub fn status(self, status: u16) -> Self {
        self.change(|answer| answer.status = status)
    }

    /// A JSON body; a value that can't be written leaves the body empty.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.body("application/json", body)
    }

    /// A body of any media type.
    pub fn body(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        let (body, media_type) = (body.into(), HeaderValue::from_str(media_type));
        self.change(|answer| {
            answer.body = body;
            if let Ok(media_type) = media_type {
                answer.headers.insert(CONTENT_TYPE, media_type);
            }
        })
    }

    /// One more header; one that no header can be is left out.
    pub fn header(self, name: &str, value: &str) -> Self {
        let pair = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        self.change(|answer| {
            if let (Ok(name), Ok(value)) = pair {
                answer.headers.append(name, value);
            }
        })
    }

    /// How often it is given before the server answers by itself again; always unless said otherwise.
    pub fn times(self, times: usize) -> Self {
        self.change(|answer| answer.times = Some(times))
    }
}
