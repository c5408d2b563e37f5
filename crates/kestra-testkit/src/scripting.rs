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
    inputs: Vec<(String, String)>,
}

impl<'a> FlowHandle<'a> {
    pub(crate) fn new(app: &'a App, namespace: &str, id: &str) -> Self {
        Self { app, namespace: namespace.to_owned(), id: id.to_owned(), inputs: Vec::new() }
    }

    /// Declares an input, such as `("day", "STRING")`, of a flow that [`on_run`](Self::on_run) puts there.
    ///
    /// An execution must be given it, as one of that type. Clients that look at a flow's inputs before they start it need
    /// this; a flow that has no declared input takes any.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use kestra_testkit::{Outcome, TestServer};
    /// use serde_json::json;
    ///
    /// let server = TestServer::start().await?;
    /// server
    ///     .flow("company.team", "etl")
    ///     .input("day", "STRING")
    ///     .on_run(|inputs| Outcome::success(json!({"day": inputs["day"]})));
    /// # Ok(())
    /// # }
    /// ```
    pub fn input(mut self, id: impl Into<String>, type_: impl Into<String>) -> Self {
        self.inputs.push((id.into(), type_.into()));
        self
    }

    /// From now on its executions do what the script says instead of running tasks.
    ///
    /// The script gets the inputs as a JSON object. A flow that isn't there is there from now on, with the inputs that were
    /// [declared](Self::input), and takes any input if none was; its source may be created over the API as well, and may name
    /// tasks that no server has.
    pub fn on_run<F>(self, script: F) -> Self
    where
        F: Fn(Value) -> Outcome + Send + Sync + 'static,
    {
        let there = self.app.flows().find(&self.namespace, &self.id).is_some();
        let run = Arc::new(script);
        self.app.engine.scripts(|scripts| {
            scripts.set(&self.namespace, &self.id, Script { run, open: !there && self.inputs.is_empty() });
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
        let mut source = format!("id: {}\nnamespace: {}\n", self.id, self.namespace);
        if !self.inputs.is_empty() {
            source.push_str("inputs:\n");
        }
        for (id, type_) in &self.inputs {
            source.push_str(&format!("  - id: {id}\n    type: {type_}\n"));
        }
        source.push_str("tasks:\n  - id: scripted\n    type: io.kestra.plugin.core.debug.Return\n");
        if let Ok(flow) = FlowDefinition::parse(&source, self.app.dialect) {
            self.app.flows().place(flow, source);
        }
    }
}
