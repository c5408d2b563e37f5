//! What a route gets.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{ApiError, Reply, Request};
use crate::app::App;
use crate::dialect::Dialect;
use crate::query::Query;

/// What a route answers.
pub(crate) type Answer = Result<Reply, ApiError>;

/// A request that found its route.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    pub(crate) request: Request,
    /// Path parameters by the names of the template, decoded.
    pub(crate) params: Vec<(&'static str, String)>,
}

impl Context {
    /// A path parameter; empty if the template has none of that name.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// Makes the change of an action on many, which may be put off.
    pub(crate) fn apply(&self, change: impl FnOnce() + Send + 'static) {
        match self.app.settings.bulk_delay {
            None => change(),
            Some(delay) => {
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    change();
                });
            }
        }
    }

    /// The dialect that is spoken.
    pub(crate) fn dialect(&self) -> Dialect {
        self.app.dialect
    }

    /// The query, decoded.
    pub(crate) fn query(&self) -> Query {
        Query::parse(self.request.query.as_deref().unwrap_or_default())
    }

    /// The body as JSON; a missing or unreadable one is the server's 422.
    pub(crate) fn json<T: DeserializeOwned>(&self, parameter: &str) -> Result<T, ApiError> {
        if self.request.body.is_empty() {
            return Err(ApiError::bad_argument(format!("Required Body [{parameter}] not specified")));
        }
        serde_json::from_slice(&self.request.body).map_err(|error| {
            ApiError::new(422, format!("Invalid json: {error}")).with_detail(error.to_string(), None)
        })
    }
}
