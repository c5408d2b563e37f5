//! Executions: started, followed, changed, ended.

mod create;
