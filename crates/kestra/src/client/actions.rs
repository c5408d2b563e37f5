//! Sends and logs actions by query and deletions, so that no version acts on more than was requested.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use kestra_core::internal::json;
use kestra_core::{Body, Call, CallFuture, CallOptions, Error, Executor, OperationInfo, RequestSent, object};
use kestra_operations::{by_ids_of, check_count};

use super::Client;
use super::deadline::Deadline;
use super::execute::execute;

/// Returns whether a call deletes something or acts on the matches of a query.
pub(super) fn is_action(call: &Call) -> bool {
    call.info().deletes.is_some() || call.is_of_query()
}

/// Sends the action and logs it.
pub(super) async fn act(client: Client, mut call: Call) -> Result<Response<Body>, Error> {
    if client.options.is_unchecked() {
        call.change_options(CallOptions::unchecked);
    }
    if call.info().acts_by_query {
        // The event has the filters as they are sent.
        call.check_narrowed()?;
        if let Ok(Some(filters)) = call.query_of_body() {
            call.set_found_by(&filters);
        }
    }
    let event = Event::of(&call);
    let result = match call.info().acts_by_query {
        true => by_query(&client, call).await,
        false => execute(&client, call).await,
    };
    event.log(&result);
    result
}

/// Sends the action as it is if every version reads it alike, else by the ids that a search finds first.
async fn by_query(client: &Client, mut call: Call) -> Result<Response<Body>, Error> {
    let info = call.info();
    let is_alike = call.options().is_unchecked() || call.is_read_alike();
    if is_alike && !call.has_at_most() {
        call.warn_of_look_back(info);
        return execute(client, call).await;
    }
    // There may be many requests, each with the usual timeouts; a total timeout that the call has set is for all of them.
    let deadline = Deadline::of(&call.options().or(&client.options), Some(info), true);
    let within = Within { client: client.chained(), deadline };
    if info.by_ids.is_none() {
        check_count(&mut call, &within).await?;
        return within.execute(call).await;
    }
    match by_ids_of(&mut call, &within).await? {
        Some(action) => within.execute(action).await,
        None => Ok(nothing()),
    }
}

/// Returns the response to an action without matches, for which no request is sent.
fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::from(r#"{"count":0}"#));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The requests of one action, within its deadline.
#[derive(Clone)]
struct Within {
    client: Client,
    deadline: Deadline,
}

impl kestra_core::internal::Sealed for Within {}

impl Executor for Within {
    fn execute(&self, mut call: Call) -> CallFuture {
        call.change_options(|options| self.deadline.limit(options));
        execute(&self.client, call)
    }
}

/// The log event of an action.
struct Event {
    info: &'static OperationInfo,
    namespace: Option<String>,
    filters: Option<String>,
}

#[derive(Default)]
struct Counted {
    count: Option<i64>,
    total_items: Option<i64>,
}

object! {
    Counted {
        0 count = "count",
        1 total_items = "totalItems",
    }
}

/// The most characters of the filters that are logged.
const LIMIT: usize = 1000;

impl Event {
    fn of(call: &Call) -> Self {
        Self { info: call.info(), namespace: call.namespace(), filters: call.filters_text().map(one_line) }
    }

    /// Logs the event if the server got the request, or may have.
    fn log(&self, result: &Result<Response<Body>, Error>) {
        let Self { info, namespace, filters } = self;
        let (namespace, filters) = (namespace.as_deref(), filters.as_deref());
        match result {
            Ok(response) => {
                let body = response.body().as_bytes();
                let counted =
                    body.and_then(|bytes| json::from_slice::<Counted>(bytes).ok()).unwrap_or_default();
                let count = counted.count.or(counted.total_items);
                tracing::info!(target: "kestra::bulk", operation = info.name, namespace, filters, count, "done");
            }
            Err(error) if error.request_sent() != RequestSent::No => {
                let status = error.status().map(|status| status.as_u16());
                tracing::info!(target: "kestra::bulk", operation = info.name, namespace, filters, status, "failed");
            }
            Err(_) => {}
        }
    }
}

/// Returns the text of a filter without characters that would break a line of a log.
fn one_line(text: String) -> String {
    let text: String = text.chars().take(LIMIT).collect();
    text.replace(char::is_control, " ")
}
