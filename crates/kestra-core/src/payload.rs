//! The body of a call, before it is sent: ready, or a form that is still being filled.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use crate::body::{Body, Multipart};
use crate::error::Error;
use crate::headers::set_header;

/// Nothing, a body or a form; what is set last takes the place of the other.
#[derive(Default)]
pub(crate) struct Payload {
    /// A media type and a body.
    ready: Option<(Option<HeaderValue>, Body)>,
    form: Option<Multipart>,
}

impl Payload {
    pub(crate) fn set(&mut self, content_type: Option<HeaderValue>, body: Body) {
        *self = Self { ready: Some((content_type, body)), form: None };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_none() && self.form.is_none()
    }

    /// The form, made if there is none yet.
    pub(crate) fn make_form(&mut self) -> &mut Multipart {
        self.ready = None;
        self.form.get_or_insert_with(Multipart::new)
    }

    pub(crate) fn form(&self) -> Option<&Multipart> {
        self.form.as_ref()
    }

    pub(crate) fn body(&self) -> Option<&Body> {
        self.ready.as_ref().map(|(_, body)| body)
    }

    /// Replaces the body by another one of the same media type.
    pub(crate) fn amend(&mut self, amended: impl FnOnce(&Body) -> Option<Body>) {
        if let Some((_, body)) = &mut self.ready
            && let Some(amended) = amended(body)
        {
            *body = amended;
        }
    }

    /// The same once more; what can't be sent twice goes with the first that is taken.
    pub(crate) fn again(&mut self) -> Self {
        self.try_clone().unwrap_or_else(|| std::mem::take(self))
    }

    /// A copy, if it can be sent twice.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        let ready = match &self.ready {
            Some((content_type, body)) => Some((content_type.clone(), body.try_clone()?)),
            None => None,
        };
        let form = match &self.form {
            Some(form) => Some(form.try_clone()?),
            None => None,
        };
        Some(Self { ready, form })
    }

    /// The body, and its media type among the headers.
    pub(crate) fn into_body(self, headers: &mut HeaderMap) -> Result<Body, Error> {
        let (content_type, body) = match (self.ready, self.form) {
            (Some(ready), _) => ready,
            (None, Some(form)) => {
                let (content_type, body) = form.into_body()?;
                (Some(content_type), body)
            }
            (None, None) => (None, Body::empty()),
        };
        if let Some(content_type) = content_type {
            set_header(headers, CONTENT_TYPE, content_type);
        }
        Ok(body)
    }
}
