//! What runs flows.

pub(crate) mod expression;
pub(crate) mod flow;
pub(crate) mod flow_check;
pub(crate) mod flow_json;
pub(crate) mod flow_problem;
pub(crate) mod ids;
pub(crate) mod input_convert;
pub(crate) mod input_error;
pub(crate) mod inputs;
pub(crate) mod task_types;
pub(crate) mod time;
pub(crate) mod yaml;

/// Executions, and what runs them.
#[derive(Debug, Default)]
pub(crate) struct Engine {}
