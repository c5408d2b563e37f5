use kestra_core::object;
use serde::Serialize;

/// Outcome of a bulk action. 1.x servers act before they respond, 2.0 servers queue the action.
///
/// No route takes [`operation_id`](Self::operation_id): it only helps to find the action in the
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
    /// How many resources were acted on. Present only if the server acted before it responded. (`count`)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Id of the queued action in the server's logs. Present only if the server queued it. (`operationId`)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// How many resources will be acted on. Present only if the server queued the action. (`totalItems`)
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
    /// Returns how many resources were or will be acted on.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.count.or(self.total_items)
    }

    /// Returns whether the server queued the action, so that it may still fail.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.operation_id.is_some()
    }
}
