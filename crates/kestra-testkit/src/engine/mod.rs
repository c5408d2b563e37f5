//! What runs flows.

pub(crate) mod actions;
pub(crate) mod branch;
pub(crate) mod cell;
pub(crate) mod condition;
pub(crate) mod create;
pub(crate) mod cron;
pub(crate) mod execution;
pub(crate) mod execution_json;
pub(crate) mod expression;
pub(crate) mod files;
pub(crate) mod flow;
pub(crate) mod flow_check;
pub(crate) mod flow_json;
pub(crate) mod flow_problem;
pub(crate) mod flow_trigger;
pub(crate) mod flowables;
pub(crate) mod graph;
pub(crate) mod ids;
mod input_check;
pub(crate) mod input_convert;
pub(crate) mod input_error;
pub(crate) mod inputs;
pub(crate) mod ion;
pub(crate) mod lookup;
pub(crate) mod pause;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod scope;
pub(crate) mod script;
pub(crate) mod scripted;
pub(crate) mod slots;
pub(crate) mod state;
pub(crate) mod subflow;
pub(crate) mod table;
pub(crate) mod task_types;
pub(crate) mod tasks;
pub(crate) mod time;
pub(crate) mod worker;

#[cfg(test)]
mod inputs_tests;
#[cfg(test)]
mod tests;

pub(crate) use table::{CORRELATION, Engine};
