//! Converts actions by query into actions by ids, and counts the matches of a query.

use std::collections::HashSet;
use std::future::IntoFuture;
use std::pin::Pin;

use kestra_core::internal::{FoundRows, SharedExecutor, decode};
use kestra_core::paging::Pages;
use kestra_core::{Call, Error, ErrorKind, Executor, OperationInfo, OutputFuture, ResponseFuture};
use kestra_models::Page;
use serde_json::{Map, Value, json};

use super::items;

/// The number of items that an action by query would act on, counted when it is awaited.
#[must_use = "nothing is counted before it is awaited"]
#[derive(Debug)]
pub struct DryRun {
    query: Call,
    executor: SharedExecutor,
}

impl DryRun {
    pub(crate) fn new<E: Executor>(executor: &E, query: Call) -> Self {
        Self { query, executor: SharedExecutor::new(executor) }
    }
}

impl Clone for DryRun {
    fn clone(&self) -> Self {
        Self { query: self.query.copy(), executor: self.executor.clone() }
    }
}

impl IntoFuture for DryRun {
    type Output = Result<u64, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move { count(&mut self.query, &self.executor).await })
    }
}

#[cfg(feature = "blocking")]
impl DryRun {
    /// Counts by a blocking client, and waits for the number.
    ///
    /// # Errors
    ///
    /// As when it is awaited, and an error of kind `Build` on a thread of a runtime.
    #[inline]
    pub fn call(self) -> Result<u64, Error> {
        let (info, executor) = (self.query.info(), self.executor.clone());
        let number = kestra_core::internal::blocking::wait(executor.runtime(), self.into_future());
        number.map_err(|error| error.or_operation(info))
    }
}

/// Returns the action by ids on everything that the query matches, and the number of ids. All matches are read before
/// anything changes.
///
/// Returns an error if there are more matches than `at_most` allows, or if a row has no id.
pub(super) async fn resolve(query: &mut Call, executor: &SharedExecutor) -> Result<(Call, usize), Error> {
    let info = query.info();
    let search = info.counted_by.or_else(|| info.body_filters?.counted_by);
    let (Some(action), Some(search)) = (info.by_ids, search) else {
        let problem =
            "this operation has no counterpart by ids: remove what requires one, or narrow the filters";
        return Err(Error::new(ErrorKind::Unsupported, problem));
    };
    let most = query.take_at_most();
    // Refuse what the query would be refused for, such as that it has no filter.
    query.check_narrowed()?;
    if let Some(mut filters) = query.query_of_body()? {
        filters.check_narrowed()?;
        filters.warn_of_look_back(info);
        let search = filters.related_search(search);
        let found = find(filters.found_rows(), search, executor, most).await?;
        let number = found.len();
        return Ok((action_of_body(query, &filters, action, found)?, number));
    }
    query.warn_of_look_back(info);
    let mut action = query.related_query(action);
    action.set_found_by(query);
    let body = query.body_bytes().cloned();
    let parameter = |call: &Call, name: &str| {
        let index = call.info().query_parameters.iter().position(|parameter| parameter.name == name)?;
        Some((index, call.query_value(index)))
    };
    // The new state has another name here, as the query uses that name for a filter.
    if let (Some((_, state)), Some((index, _))) = (parameter(query, "newState"), parameter(&action, "state"))
    {
        action.clear_query(index);
        if let Some(state) = state {
            action.set_query(index, state);
        }
    }
    let disabled = parameter(query, "disabled").map(|(_, disabled)| disabled.as_deref() != Some("false"));

    let search = query.related_search(search);
    let found = find(query.found_rows(), search, executor, most).await?;
    let number = found.len();
    let body = match (disabled, body.and_then(|body| serde_json::from_slice::<Value>(&body).ok())) {
        (Some(disabled), _) => json!({"triggers": found, "disabled": disabled}),
        (None, Some(labels)) => json!({"executionsId": found, "executionLabels": labels}),
        (None, None) => Value::Array(found),
    };
    crate::parameters::json(&mut action, "application/json", &body);
    Ok((action, number))
}

/// Returns the action by ids for one whose body has the filters: the ids take their place.
fn action_of_body(
    query: &Call,
    filters: &Call,
    info: &'static OperationInfo,
    found: Vec<Value>,
) -> Result<Call, Error> {
    if found.is_empty() {
        let problem = "the filters match nothing, so nothing was done: change the filters";
        return Err(Error::new(ErrorKind::Refused, problem));
    }
    let bytes = query.body_bytes().cloned().unwrap_or_default();
    let mut body: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|problem| Error::invalid("body", problem))?;
    body.remove("filters");
    body.insert("executionIds".to_owned(), found.into());
    let mut action = query.related(info);
    action.set_found_by(filters);
    crate::parameters::json(&mut action, "application/json", &body);
    Ok(action)
}

/// Returns the ids of the rows that the query matches, up to a limit.
async fn find(
    meant: FoundRows,
    search: Call,
    executor: &SharedExecutor,
    most: Option<u64>,
) -> Result<Vec<Value>, Error> {
    let info = search.info();
    let mut rows = Pages::new(executor, search, decode::json::<Page<Value>>).items();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next().await {
        let row = row?;
        if !meant.have(&row) {
            continue;
        }
        let Some(item) = item(info.area, &row) else {
            let problem = "a row of the search has no id, so nothing was done";
            return Err(Error::new(ErrorKind::Decode, problem).with_operation(info));
        };
        if seen.insert(items::name(&item)) {
            found.push(item);
        }
        if let Some(most) = most.filter(|most| found.len() as u64 > *most) {
            return Err(too_many(most, None));
        }
    }
    Ok(found)
}

/// Returns how many rows the query matches now, and changes nothing.
async fn count(query: &mut Call, executor: &SharedExecutor) -> Result<u64, Error> {
    let info = query.info();
    count_rows(query, executor).await.map_err(|error| error.or_operation(info))
}

async fn count_rows(query: &mut Call, executor: &SharedExecutor) -> Result<u64, Error> {
    let operation = query.info();
    query.take_at_most();
    query.check_narrowed()?;
    let mut of_body = query.query_of_body()?;
    let query = of_body.as_mut().unwrap_or(query);
    query.check_narrowed()?;
    query.warn_of_look_back(operation);
    let info = query.info();
    let search = info.counted_by.ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "this operation has no search that finds what it acts on")
    })?;
    let meant = query.found_rows();
    let mut call = query.related_search(search);
    limit_by_body(&mut call, query);
    if meant.are_all() {
        let mut one = call.again();
        if let Some(size) = search.query_parameters.iter().position(|parameter| parameter.name == "size") {
            one.set_query(size, "1");
        }
        let page: Page<Value> = OutputFuture::from(ResponseFuture::new(executor, one, decode::json)).await?;
        if let Some(total) = page.total {
            return Ok(total.try_into().unwrap_or_default());
        }
    }
    let mut rows = Pages::new(executor, call, decode::json::<Page<Value>>).items();
    let mut found = 0;
    while let Some(row) = rows.next().await {
        found += u64::from(meant.have(&row?));
    }
    Ok(found)
}

/// Sets the parameters of a search that the body of an action names its limits by.
fn limit_by_body(search: &mut Call, query: &Call) {
    let body = query.body_bytes().and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(bytes).ok());
    for (name, value) in body.into_iter().flatten() {
        let place = search.info().query_parameters.iter().position(|parameter| parameter.name == name);
        match (place, value) {
            (Some(place), Value::String(text)) => search.set_query(place, text),
            (Some(place), Value::Bool(is_set)) => search.set_query(place, is_set),
            _ => {}
        }
    }
}

/// Returns the action by ids on what a query matches, as one request, or `None` if nothing matches.
#[doc(hidden)]
pub async fn by_ids_of<E: Executor>(query: &mut Call, executor: &E) -> Result<Option<Call>, Error> {
    let info = query.info();
    let resolved = resolve(query, &SharedExecutor::new(executor)).await;
    let (action, number) = resolved.map_err(|error| error.or_operation(info))?;
    Ok((number > 0).then_some(action))
}

/// Counts the matches of a query, and refuses more than `at_most` allows.
#[doc(hidden)]
pub async fn check_count<E: Executor>(query: &mut Call, executor: &E) -> Result<(), Error> {
    let Some(most) = query.take_at_most() else { return Ok(()) };
    let number = count(query, &SharedExecutor::new(executor)).await?;
    if number > most { Err(too_many(most, Some(number)).with_operation(query.info())) } else { Ok(()) }
}

fn too_many(most: u64, number: Option<u64>) -> Error {
    let number = number.map_or_else(String::new, |number| format!(" {number} items,"));
    let problem = format!(
        "the filters match{number} more than `at_most({most})` allows, so nothing was done: narrow the filters or raise \
         `at_most`"
    );
    Error::new(ErrorKind::Refused, problem)
}

/// Returns how an action by ids names a row of a search, or `None` if the row has no id.
fn item(area: &str, row: &Value) -> Option<Value> {
    match area {
        "flows" => Some(json!({"id": items::text(row, "id")?, "namespace": items::text(row, "namespace")?})),
        "triggers" => {
            let state = ["state", "triggerContext"]
                .iter()
                .find_map(|part| row.get(*part).filter(|part| !part.is_null()))?;
            let field = |name| items::text(state, name);
            let mut item = json!({
                "namespace": field("namespace")?, "flowId": field("flowId")?, "triggerId": field("triggerId")?,
            });
            // Servers before 2.0 find no trigger without its tenant, and say nothing.
            if let Some(tenant) = state.get("tenantId") {
                item["tenantId"] = tenant.clone();
            }
            Some(item)
        }
        _ => items::text(row, "id").map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::item;

    #[test]
    fn a_trigger_is_named_by_whichever_part_is_there() {
        let named = json!({"namespace": "company", "flowId": "hello", "triggerId": "daily"});
        assert_eq!(item("triggers", &json!({"trigger": null, "state": named})), Some(named.clone()));
        assert_eq!(item("triggers", &json!({"state": null, "triggerContext": named})), Some(named));
        assert_eq!(item("triggers", &json!({"state": null})), None);
    }

    #[test]
    fn what_has_no_name_is_not_named() {
        assert_eq!(item("executions", &json!({"id": null})), None);
        assert_eq!(item("flows", &json!({"id": "hello", "namespace": null})), None);
        let nameless = json!({"state": {"namespace": "company", "flowId": null, "triggerId": "daily"}});
        assert_eq!(item("triggers", &nameless), None);
    }
}
