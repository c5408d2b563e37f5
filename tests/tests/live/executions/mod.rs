//! Executions: started, followed, changed, ended.

mod bulk;
mod changes;
mod create;
mod files;
mod follow;
mod inputs;
mod keys;
mod pauses;
mod run_and_wait;
mod webhooks;
