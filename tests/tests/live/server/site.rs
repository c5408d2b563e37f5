//! A server with a namespace for one test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use kestra::models::{Execution, FlowWithSource, State};
use kestra::{Client, Version};
use kestra_tests::eventually;

use super::own::Own;

/// A server, and a namespace on it that belongs to one test.
pub(crate) struct Site {
    pub(crate) client: Client,
    pub(crate) url: String,
    /// Exists as soon as something is in it, and is emptied when the test is over, with those below it.
    pub(crate) namespace: String,
    pub(crate) version: Version,
    pub(super) version_text: String,
    embedded: Option<kestra_testkit::TestServer>,
}

impl Site {
    pub(super) async fn new(own: Own) -> Self {
        let about = own.client.check().await.unwrap_or_else(|error| panic!("{error:#}"));
        Self {
            client: own.client,
            url: own.url,
            namespace: unused_namespace(),
            version: about.version,
            version_text: about.version_text,
            embedded: own.embedded,
        }
    }

    /// Whether it is the testkit's, whose numbers and dates are those of Rust's libraries.
    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Whether the server is of this version or later.
    pub(crate) fn is_since(&self, major: u16, minor: u16) -> bool {
        self.version >= Version::new(major, minor, 0)
    }

    /// The source of a flow of the test's namespace: what stands after id and namespace is given.
    pub(crate) fn source(&self, id: &str, rest: &str) -> String {
        format!("id: {id}\nnamespace: {}\n{rest}\n", self.namespace)
    }

    /// Creates or updates a flow.
    pub(crate) async fn deploy(&self, id: &str, rest: &str) -> FlowWithSource {
        let deployed = self.client.flows().deploy(self.source(id, rest)).await;
        deployed.unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Starts an execution, and waits until its state is one of those wanted.
    pub(crate) async fn started(&self, flow: &str, wanted: impl Fn(&State) -> bool) -> Execution {
        let created = self.client.executions().create_execution(&self.namespace, flow).await.unwrap();
        self.until(created.id.as_str(), wanted).await
    }

    /// Reads an execution until its state is one of those wanted.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&State) -> bool) -> Execution {
        eventually(&format!("the wanted state of {id}"), async || {
            let execution = self.client.executions().get_execution(id).await.unwrap();
            execution.state.as_ref().is_some_and(&wanted).then_some(execution)
        })
        .await
    }
}

/// A namespace that no other test has, nor has had.
fn unused_namespace() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("live-{:x}-{}.test-{count}", since_1970.as_micros(), std::process::id())
}
