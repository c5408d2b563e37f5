//! Whatever the content of a filter is, an action by query has no key that a server skips, and finds nothing that isn't meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::cell::Cell;

use kestra::http::Request;
use kestra::operations::{DeleteExecutionsByQuery, DeleteFlowsByQuery};
use kestra::{Body, Client, Filter};
use kestra_testkit::{Dialect, TestServer};
use on_server::ended;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

const FLOWS: [(&str, &str, &str); 3] =
    [("company.team", "one", "data"), ("company.teams", "two", "o]p[s"), ("other", "three", "a b")];

#[derive(Clone, Debug)]
struct Wanted {
    field: &'static str,
    operation: &'static str,
    key: String,
    value: String,
}

impl Wanted {
    fn filter(&self) -> Filter {
        let field = match self.field {
            "label" => Filter::label(&self.key),
            field => Filter::field(field),
        };
        let value = self.value.as_str();
        match self.operation {
            "EQUALS" => field.equals(value),
            "IN" => field.is_in([value]),
            "PREFIX" => field.prefix(value),
            "STARTS_WITH" => field.starts_with(value),
            _ => field.contains(value),
        }
    }

    fn means(&self, (namespace, id, team): (&str, &str, &str)) -> bool {
        let value = self.value.as_str();
        let text = match self.field {
            "label" if self.key == "team" => team,
            "label" => return false,
            "namespace" => namespace,
            "flowId" => id,
            // It looks into ids as well, which are random; without a letter or a digit it would be no search.
            _ => return value.chars().any(char::is_alphanumeric),
        };
        match self.operation {
            "EQUALS" | "IN" => text == value,
            "PREFIX" => text == value || text.starts_with(&format!("{value}.")),
            "STARTS_WITH" => text.starts_with(value),
            _ => text.contains(value),
        }
    }
}

/// Text that servers have been seen to read otherwise than as it is, and any text.
fn content() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "",
        " ",
        "team",
        "team ",
        " team",
        "te\nam",
        "te\u{0}am",
        "te\u{85}am",
        "te\u{2028}am",
        "[",
        "]",
        "][",
        "a][b",
        "team]",
        "[team",
        "team][EQUALS",
        "*",
        "%",
        "%25",
        "%0A",
        "+",
        ",",
        "company.team",
        "one",
        "data",
        ".",
        "-",
        "\t",
        "\r",
        "\u{a0}",
        "or",
        "and",
        "&",
        "=",
        "#",
        "?",
        "null",
        "true",
    ]);
    prop_oneof![
        4 => odd.clone().prop_map(str::to_owned),
        2 => (odd.clone(), odd).prop_map(|(first, second)| format!("{first}{second}")),
        1 => any::<String>().prop_map(|text| text.chars().take(20).collect()),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let field = prop::sample::select(vec!["label", "label", "label", "namespace", "flowId", "q"]);
    let operation = prop::sample::select(vec!["EQUALS", "IN", "PREFIX", "STARTS_WITH", "CONTAINS"]);
    (field, operation, content(), content()).prop_map(|(field, operation, key, value)| {
        let operation = if matches!(field, "label" | "q") { "EQUALS" } else { operation };
        Wanted { field, operation, key, value }
    })
}

/// What the search of a server finds by the query of an action; `None` if it refuses it.
async fn found(client: &Client, path: &str, query: &str) -> Option<Vec<Value>> {
    let request = Request::get(format!("{path}?{query}&size=100")).body(Body::empty()).unwrap();
    let read = client.request(request).await.ok()?.into_body().bytes().await.unwrap();
    let page: Value = serde_json::from_slice(&read).unwrap();
    page["results"].as_array().cloned()
}

#[test]
fn no_content_of_a_filter_finds_what_it_does_not_mean() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let servers: Vec<(TestServer, Client)> = runtime.block_on(async {
        let mut servers = Vec::new();
        for dialect in Dialect::ALL {
            let (server, client) = on_server::server(dialect).await;
            for (namespace, id, team) in FLOWS {
                server
                    .deploy(format!(
                        "id: {id}\nnamespace: {namespace}\nlabels: {{team: \"{team}\"}}\ntasks:\n  - {{id: log, type: io.kestra.plugin.core.log.Log, message: hi}}\n"
                    ))
                    .unwrap();
                let created = client.executions().create_execution(namespace, id).await.unwrap();
                ended(&client, &created.id).await;
            }
            servers.push((server, client));
        }
        servers
    });
    let sent = Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 600, ..Config::default() });
    runner
        .run(&(wanted(), wanted()), |(first, second)| {
            for both in [false, true] {
                let filters: Vec<Filter> =
                    [&first, &second].into_iter().take(1 + usize::from(both)).map(Wanted::filter).collect();
                let requests = [
                    (
                        "/api/v1/main/executions/search",
                        DeleteExecutionsByQuery::new().filters(filters.clone()).into_request(),
                    ),
                    ("/api/v1/main/flows/search", DeleteFlowsByQuery::new().filters(filters).into_request()),
                ];
                for (path, request) in requests {
                    // What is refused is never sent.
                    let Ok(request) = request else { continue };
                    sent.set(sent.get() + 1);
                    let query = request.uri().query().unwrap_or_default().to_owned();
                    prop_assert!(!query.is_empty());
                    for (server, client) in &servers {
                        let Some(rows) = runtime.block_on(found(client, path, &query)) else { continue };
                        for row in rows {
                            let id = if path.contains("flows") { &row["id"] } else { &row["flowId"] };
                            let flow = *FLOWS.iter().find(|flow| *id == flow.1).unwrap();
                            prop_assert!(
                                first.means(flow) && (!both || second.means(flow)),
                                "{query} finds {flow:?} on {:?}",
                                server.dialect()
                            );
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(sent.get() > 100, "{sent:?}");
}
