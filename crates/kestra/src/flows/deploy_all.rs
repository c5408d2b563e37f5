//! Deploys several flows that are values.

use std::borrow::Borrow;
use std::collections::HashMap;

use kestra_flow::Flow;

use super::FlowSync;
use super::sync::Sources;
use crate::Flows;

impl Flows {
    /// Creates or updates several flows, each after those that its subflow tasks name.
    ///
    /// The server validates all flows first, and nothing is changed unless all are valid. Flows that don't depend on each other are
    /// deployed 16 at once; other flows of the server stay as they are. [`dry_run`](FlowSync::dry_run) and the other settings of a
    /// sync apply. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error if the server doesn't respond. What is wrong with a flow, and what failed, is in the report;
    /// [`SyncReport::check`](crate::SyncReport::check) makes it an error.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// use kestra::flow::{Flow, Task};
    ///
    /// let load = Flow::new("company.team", "load").task(Task::log("log", "loading"));
    /// let all = Flow::new("company.team", "all").task(Task::subflow("load", "company.team", "load"));
    /// client.flows().deploy_all([all, load]).await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deploy_all(&self, flows: impl IntoIterator<Item = impl Borrow<Flow>>) -> FlowSync {
        let flows: Vec<_> = flows.into_iter().collect();
        let flows: Vec<&Flow> = flows.iter().map(Borrow::borrow).collect();
        let sources = flows.iter().map(|flow| flow.to_yaml()).collect();
        FlowSync::new(self, Sources::Memory(sources)).levels(levels(&flows))
    }
}

/// The level of each flow: one above the highest of those that its subflow tasks name. Where they name each other in a circle, the
/// order within it means nothing.
fn levels(flows: &[&Flow]) -> Vec<usize> {
    let named = flows.iter().enumerate().map(|(index, flow)| ((flow.namespace(), flow.id()), index));
    let index: HashMap<_, _> = named.collect();
    let below: Vec<Vec<usize>> = flows
        .iter()
        .map(|flow| {
            let names = flow.subflows();
            names
                .iter()
                .filter_map(|(namespace, id)| index.get(&(namespace.as_str(), id.as_str())).copied())
                .collect()
        })
        .collect();
    let mut levels = vec![0; flows.len()];
    // No chain is longer than there are flows, unless it is a circle.
    for _ in flows {
        let before = levels.clone();
        for (level, below) in levels.iter_mut().zip(&below) {
            *level = below.iter().map(|index| before[*index] + 1).max().unwrap_or(0);
        }
        if levels == before {
            break;
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use kestra_flow::Task;

    use super::*;

    fn flow(id: &str, subflows: &[&str]) -> Flow {
        let call = |name: &&str| Task::subflow(format!("call-{name}"), "team", *name);
        Flow::new("team", id).task(Task::sequential("all", subflows.iter().map(call)))
    }

    #[test]
    fn a_flow_is_above_those_that_it_calls() {
        let flows = [flow("a", &["b", "c"]), flow("b", &["c", "elsewhere"]), flow("c", &[]), flow("d", &[])];
        assert_eq!(levels(&flows.iter().collect::<Vec<_>>()), [2, 1, 0, 0]);
    }

    #[test]
    fn a_circle_ends() {
        let flows = [flow("a", &["b"]), flow("b", &["a"]), flow("c", &["c"]), flow("d", &["a"])];
        assert_eq!(levels(&flows.iter().collect::<Vec<_>>()).len(), 4);
    }
}
