//! What servers do silently: the harm without our guard, and the refusal or handling with it.
//!
//! | what | tests |
//! | --- | --- |
//! | parameters and fields that a version ignores | `ignored` |
//! | actions by query without a filter | `by_query` |
//! | actions by query of Enterprise, whose filters are not known | `enterprise_actions` |
//! | lists of labels, names of two lines | `labels` |
//! | eight days | `look_back` |
//! | updates that delete | `sources::updates_keep_what_they_do_not_name` |
//! | drafts, and what else only Enterprise reads | `editions` |
//! | values of keys, and what a value stored without a lifetime loses | `keys` |
//! | unknown kinds and breakpoints | `starts` |
//! | sources that are split | `sources::several_flows_are_split_only_between_them` |
//! | sources that delete their flows | `sources::a_source_that_deletes_its_flow_is_refused` |
//! | imports that leave something out | `import` |
//! | files that become flows, archives that are unpacked | `files` |
//! | triggers that are named in another tenant | `ignored::a_trigger_of_another_tenant_would_be_passed_over` |
//! | streams: stubs, cuts, ids that are not there | `streams` |
//! | streams that are cut before any event | `cut_streams` |
//! | queued creations and webhooks are not repeated | `repeats` |
//! | long request lines | `repeats::a_request_line_that_is_too_long_names_the_limit` |
//! | `Accept` selects the route | `unsupported::a_type_that_a_route_does_not_answer_selects_none` |
//! | a creation that waits hangs at a pause | `waiting::a_pause_holds_the_answer_of_a_creation_that_waits` |
//! | links and redirects that repeat what was sent | `secrets` |
//! | webhooks keep headers | `secrets::a_webhook_stores_what_it_is_sent_so_it_gets_no_credentials` |
//! | uploads that end too soon | `bodies::an_upload_that_fails_breaks_the_connection` |
//! | routes that a version reads as another | `unsupported` |
//! | one correlation id twice | `keys_of_executions` |
//! | errors before the body was read | `early_errors` |
//! | inputs with a typo, and what is no truth value | `inputs`, `bodies` |
//! | executions that are retried | `waiting::a_retried_execution_has_ended_and_its_work_goes_on` |
//! | a correlation id that is inherited | `keys_of_executions::what_inherits_the_id_is_found_by_it_and_is_not_the_keys` |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod by_query;
mod cut_streams;
mod early_errors;
mod editions;
#[cfg(feature = "enterprise")]
mod enterprise_actions;
mod file_deletions;
mod file_names;
mod files;
mod ignored;
mod import;
mod inputs;
mod keys;
mod keys_of_executions;
mod labels;
mod local_files;
mod look_back;
mod repeats;
mod secrets;
mod sources;
mod starts;
mod streams;
mod unsupported;
mod waiting;

use std::time::Duration;

use kestra::models::State;
use kestra::{Client, Error};
use kestra_testkit::{Dialect, TestServer};

pub(crate) const NAMESPACE: &str = "company.team";

/// A flow that a webhook starts.
pub(crate) const HOOK: &str = "\
id: hook
namespace: company.team
triggers:
  - id: hook
    type: io.kestra.plugin.core.trigger.Webhook
    key: opens
tasks:
  - id: greet
    type: io.kestra.plugin.core.debug.Return
    format: hello
";

/// A server of a version and a client that tries once.
pub(crate) async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let client = support::once(server.url()).build().unwrap();
    (server, client)
}

/// A flow that does nothing.
pub(crate) fn flow(id: &str) -> String {
    support::FLOW.replace("id: hello", &format!("id: {id}"))
}

/// Executes a flow that is there, to its end.
pub(crate) async fn run(client: &Client, flow: &str) -> Result<String, Error> {
    let id = client.executions().create_execution(NAMESPACE, flow).await?.id;
    loop {
        let state = client.executions().get_execution(&id).await?.state;
        if state.as_ref().is_some_and(State::is_terminal) {
            return Ok(id);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many executions there are.
pub(crate) async fn executions(client: &Client) -> Result<Option<i64>, Error> {
    Ok(client.executions().search_executions().await?.total)
}
