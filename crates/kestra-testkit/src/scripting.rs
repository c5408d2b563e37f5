//! Flows whose runs a test scripts.

use std::sync::Arc;

use serde_json::Value;

use crate::app::App;
use crate::engine::flow::FlowDefinition;
use crate::engine::script::{Outcome, Script};
use crate::executed::Executed;

/// One flow of a server.
#[derive(Debug)]
pub struct FlowHandle<'a> {
    app: &'a App,
    namespace: String,
    id: String,
}

impl<'a> FlowHandle<'a> {
    pub(crate) fn new(app: &'a App, namespace: &str, id: &str) -> Self {
        Self { app, namespace: namespace.to_owned(), id: id.to_owned() }
    }

    /// From now on its executions do what the script says instead of running tasks.
    ///
    /// The script gets the inputs as a JSON object. A flow that isn't there is there from now on and takes any input; its
    /// source may be created over the API as well, and may name tasks that no server has.
    pub fn on_run<F>(self, script: F) -> Self
    where
        F: Fn(Value) -> Outcome + Send + Sync + 'static,
    {
        let there = self.app.flows().find(&self.namespace, &self.id).is_some();
        let run = Arc::new(script);
        self.app.engine.scripts(|scripts| {
            scripts.set(&self.namespace, &self.id, Script { run, open: !there });
        });
        if !there {
            self.place();
        }
        self
    }

    /// From now on its executions run their tasks again.
    pub fn unscripted(self) -> Self {
        self.app.engine.scripts(|scripts| scripts.unset(&self.namespace, &self.id));
        self
    }

    /// Its executions, oldest first.
    #[must_use]
    pub fn executions(&self) -> Vec<Executed> {
        self.app.executions_of(&self.namespace, &self.id)
    }

    /// Puts a flow there that does nothing.
    fn place(&self) {
        let source = format!(
            "id: {}\nnamespace: {}\ntasks:\n  - id: scripted\n    type: io.kestra.plugin.core.debug.Return\n",
            self.id, self.namespace
        );
        if let Ok(flow) = FlowDefinition::parse(&source, self.app.dialect) {
            self.app.flows().place(flow, source);
        }
    }
}
