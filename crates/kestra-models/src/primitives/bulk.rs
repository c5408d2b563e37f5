use kestra_core::object;
use serde::Serialize;

/// What a bulk action did: 1.x did it and counted, 2.0 has taken it and does it later.
///
/// No route tells what became of [`operation_id`](Self::operation_id): it only helps to find the action in the
/// server's logs. To know the outcome on 2.0, read what was acted on.
///
/// ```
/// use kestra_models::BulkOutcome;
///
/// let done: BulkOutcome = serde_json::from_str(r#"{"count": 2}"#)?;
/// assert_eq!((done.total(), done.is_queued()), (Some(2), false));
/// let queued: BulkOutcome = serde_json::from_str(r#"{"operationId": "4kJ", "totalItems": 2}"#)?;
/// assert_eq!((queued.total(), queued.is_queued()), (Some(2), true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkOutcome {
    /// How many were acted on, by a server that did so before it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Name of the action in the logs of a server that acts later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// How many will be acted on, by a server that acts later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_items: Option<i64>,
}

object! {
    BulkOutcome {
        0 count = "count",
        1 operation_id = "operationId",
        2 total_items = "totalItems",
    }
}

impl BulkOutcome {
    /// How many are concerned, whether they were acted on already or will be.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.count.or(self.total_items)
    }

    /// Whether the server acts later, so that the action may still fail.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.operation_id.is_some()
    }
}
