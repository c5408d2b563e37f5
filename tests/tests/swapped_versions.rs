//! Actions by query while the server changes between 1.3 and 2.0 at every single request: nothing outside the filter is touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kestra::http::{Request, Uri};
use kestra::models::StateType;
use kestra::{Body, Client, Error, ErrorKind, Filter, Retry, Transport};
use kestra_testkit::{Dialect, RecordedRequest, TestServer};
use on_server::ended;
use serde_json::Value;
use tower::{ServiceExt as _, service_fn};

/// A flow with a trigger: `namespace`, `id`, team.
const FLOWS: [(&str, &str, &str); 6] = [
    ("company.team", "one", "data"),
    ("company.team", "two", "ops"),
    ("company.team.sub", "three", "data"),
    ("company.teams", "four", "data"),
    ("company.teams", "five", "web"),
    ("other", "six", ""),
];

fn source((namespace, id, team): (&str, &str, &str)) -> String {
    let labels = if team.is_empty() { String::new() } else { format!("labels: {{team: {team}}}\n") };
    format!(
        "id: {id}\nnamespace: {namespace}\n{labels}tasks:\n  - {{id: log, type: io.kestra.plugin.core.log.Log, message: hi}}\n\
         triggers:\n  - {{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: \"0 0 1 1 *\"}}\n"
    )
}

/// Two servers behind one address, and which of them gets the next request.
struct Swapped {
    servers: [TestServer; 2],
    /// One bit a request, from the lowest on, over and over.
    pattern: Arc<AtomicUsize>,
    next: Arc<AtomicUsize>,
    client: Client,
}

impl Swapped {
    async fn start() -> Self {
        let servers = [
            TestServer::builder().dialect(Dialect::V1_3).start().await.unwrap(),
            TestServer::builder().dialect(Dialect::V2_0).start().await.unwrap(),
        ];
        for server in &servers {
            let client = Client::builder().server(server.url()).build().unwrap();
            for (namespace, id, team) in FLOWS {
                server.deploy(source((namespace, id, team))).unwrap();
                let created = client.executions().create_execution(namespace, id).await.unwrap();
                ended(&client, &created.id).await;
            }
        }
        let authorities = [0, 1].map(|place: usize| servers[place].address().to_string());
        let (pattern, next) = (Arc::new(AtomicUsize::new(0b01)), Arc::new(AtomicUsize::new(0)));
        let (bits, count) = (Arc::clone(&pattern), Arc::clone(&next));
        let transport = Transport::builder().build().unwrap();
        let swap = service_fn(move |mut request: Request<Body>| {
            let turn = count.fetch_add(1, Ordering::SeqCst) % 8;
            let place = (bits.load(Ordering::SeqCst) >> turn) & 1;
            let path = request.uri().path_and_query().unwrap().clone();
            let authority = authorities[place].as_str();
            *request.uri_mut() =
                Uri::builder().scheme("http").authority(authority).path_and_query(path).build().unwrap();
            transport.clone().oneshot(request)
        });
        let client = Client::builder()
            .server("http://kestra.example.com")
            .transport(swap)
            .retry(Retry::none())
            .build()
            .unwrap();
        Self { servers, pattern, next, client }
    }

    fn set(&self, pattern: usize) {
        self.pattern.store(pattern, Ordering::SeqCst);
        self.next.store(0, Ordering::SeqCst);
        self.servers.iter().for_each(TestServer::clear_requests);
    }
}

/// What a row of a search, or a name in a body, is of.
fn owner(value: &Value) -> (String, String) {
    let state = ["state", "triggerContext"]
        .iter()
        .find_map(|part| value.get(*part).filter(|it| it["flowId"].is_string()));
    let value = state.unwrap_or(value);
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let flow = if value["flowId"].is_string() { text("flowId") } else { text("id") };
    (text("namespace"), flow)
}

/// The path of the search that reads filters as an action does.
fn search_of(path: &str) -> &'static str {
    match path.strip_prefix("/api/v1/main/").and_then(|rest| rest.split('/').next()) {
        Some("executions") => "/api/v1/main/executions/search",
        Some("flows") => "/api/v1/main/flows/search",
        _ => "/api/v1/main/triggers/search",
    }
}

async fn rows(server: &TestServer, path: &str, query: &[(String, String)]) -> Result<Vec<Value>, Error> {
    let client = Client::builder().server(server.url()).retry(Retry::none()).build().unwrap();
    let mut pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.push("size=1000".to_owned());
    let request = Request::get(format!("{path}?{}", pairs.join("&"))).body(Body::empty()).unwrap();
    let read = client.request(request).await?.into_body().bytes().await?;
    let page: Value = serde_json::from_slice(&read).unwrap();
    Ok(page["results"].as_array().cloned().unwrap_or_default())
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What an action that reached a server is about, as that server reads it.
async fn reached(server: &TestServer, request: &RecordedRequest) -> Vec<(String, String)> {
    let path = request.path.as_str();
    if path.ends_with("/by-query") {
        let filters: Vec<_> = request
            .query
            .iter()
            .filter(|(name, _)| name.to_lowercase().starts_with("filters"))
            .cloned()
            .collect();
        // What it refuses it doesn't do.
        return rows(server, search_of(path), &filters).await.unwrap_or_default().iter().map(owner).collect();
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let named = ["executionsId", "triggers"].iter().find_map(|field| body.get(*field)).unwrap_or(&body);
    let all = rows(server, "/api/v1/main/executions/search", &[]).await.unwrap();
    let named = named.as_array().cloned().unwrap_or_default();
    // Ids of executions of the other server are nothing here.
    let of_id = |id: &Value| all.iter().find(|row| row["id"] == *id).map(owner);
    named.iter().filter_map(|one| if one.is_string() { of_id(one) } else { Some(owner(one)) }).collect()
}

type Action = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Every action by query of open source, with some filters.
fn actions(client: &Client, filters: &[Filter], area: &str) -> Vec<(&'static str, Action)> {
    let mut actions: Vec<(&'static str, Action)> = Vec::new();
    macro_rules! add {
        ($area:ident: $($name:ident($($argument:expr),*)),*) => {{
            $({
                let call = client.$area().$name($($argument),*).filters(filters.to_vec());
                let action: Action = Box::pin(async move { call.await.map(drop) });
                actions.push((stringify!($name), action));
            })*
        }};
    }
    match area {
        "executions" => {
            add!(executions: kill_executions_by_query(), pause_executions_by_query(), resume_executions_by_query(),
                restart_executions_by_query(), replay_executions_by_query(), unqueue_executions_by_query(),
                force_run_executions_by_query(), update_executions_status_by_query(StateType::Warning),
                set_execution_labels_by_query([("touched", "yes")]), delete_executions_by_query());
        }
        "flows" => {
            add!(flows: disable_flows_by_query(), enable_flows_by_query(), delete_flows_by_query());
        }
        _ => {
            add!(triggers: set_triggers_disabled_by_query(), unlock_triggers_by_query(), pause_backfill_by_query(),
                unpause_backfill_by_query(), delete_backfill_by_query(), delete_triggers_by_query());
        }
    }
    actions
}

/// Filters, and what they mean: of a namespace, a flow and its team.
type Meaning = (Vec<Filter>, fn(&str, &str, &str) -> bool);

/// Filters of an area, with what they mean.
fn meanings(area: &str) -> Vec<Meaning> {
    let mut all: Vec<Meaning> = vec![
        (vec![Filter::namespace().equals("company.team")], |namespace, _, _| namespace == "company.team"),
        (vec![Filter::namespace().prefix("company.team")], |namespace, _, _| {
            namespace == "company.team" || namespace == "company.team.sub"
        }),
        (vec![Filter::namespace().is_in(["other", "nowhere"])], |namespace, _, _| namespace == "other"),
        (
            vec![Filter::namespace().contains("teams"), Filter::flow_id().starts_with("f")],
            |namespace, _, _| namespace == "company.teams",
        ),
        (vec![Filter::query("three")], |_, flow, _| flow == "three"),
        (
            vec![Filter::any([Filter::namespace().equals("other"), Filter::flow_id().equals("one")])],
            |namespace, flow, _| namespace == "other" || flow == "one",
        ),
    ];
    if area != "triggers" {
        all.extend::<Vec<Meaning>>(vec![
            (vec![Filter::label("team").equals("ops")], |_, _, team| team == "ops"),
            (vec![Filter::label("team").not_equals("data")], |_, _, team| team != "data"),
            (vec![Filter::label("team").contains("dat")], |_, _, team| team == "data"),
            (vec![Filter::label("team").is_in(["ops", "web"])], |_, _, team| team == "ops" || team == "web"),
            (vec![Filter::label("team").not_in(["ops", "data"])], |_, _, team| {
                team == "web" || team.is_empty()
            }),
            (vec![Filter::label("team").is_missing()], |_, _, team| team.is_empty()),
            (vec![Filter::any_label().contains("web")], |_, _, team| team == "web"),
            (
                vec![Filter::namespace().prefix("company"), Filter::label("team").not_equals("data")],
                |namespace, _, team| namespace != "other" && team != "data",
            ),
        ]);
    }
    all
}

async fn nothing_else_is_touched(area: &str) {
    let swapped = Swapped::start().await;
    for pattern in [0b0101_0101, 0b1010_1010, 0b0011_0110] {
        for (filters, means) in meanings(area) {
            for (name, action) in actions(&swapped.client, &filters, area) {
                swapped.set(pattern);
                // Its outcome doesn't matter: a server may refuse it, or have other ids.
                let _ = action.await;
                for server in &swapped.servers {
                    for request in server.requests().iter().filter(|request| request.method != "GET") {
                        assert!(
                            request
                                .query
                                .iter()
                                .all(|(name, _)| !["namespace", "q", "flowId", "labels"]
                                    .contains(&name.as_str())),
                            "{name}: {:?}",
                            request.query
                        );
                        for (namespace, flow) in reached(server, request).await {
                            let team = FLOWS.iter().find(|known| known.1 == flow).map_or("", |known| known.2);
                            assert!(
                                means(&namespace, &flow, team),
                                "{name} with {filters:?} by {pattern:b} reached {namespace}.{flow} on {:?}: {request:?}",
                                server.dialect()
                            );
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_outside_the_filter_of_executions_is_touched() {
    nothing_else_is_touched("executions").await;
}

#[tokio::test]
async fn nothing_outside_the_filter_of_flows_is_touched() {
    nothing_else_is_touched("flows").await;
}

#[tokio::test]
async fn nothing_outside_the_filter_of_triggers_is_touched() {
    nothing_else_is_touched("triggers").await;
}

#[tokio::test]
async fn an_old_parameter_narrows_right_after_an_upgrade() {
    let swapped = Swapped::start().await;
    for pattern in [0b0101_0101, 0b1010_1010] {
        swapped.set(pattern);
        for server in &swapped.servers {
            let left = || async { rows(server, "/api/v1/main/executions/search", &[]).await.unwrap().len() };
            assert_eq!(left().await, FLOWS.len());
        }
        let executions = || swapped.client.executions();
        executions().delete_executions_by_query().namespace("no.such").await.unwrap();
        executions()
            .delete_executions_by_query()
            .flow_id("no-such")
            .state([StateType::Success])
            .await
            .unwrap();
        executions().delete_executions_by_query().labels(["team:none"]).q("nowhere").await.unwrap();
        swapped.client.flows().delete_flows_by_query().namespace("no.such").await.unwrap();
        let triggers = swapped.client.triggers();
        assert_eq!(
            triggers.set_triggers_disabled_by_query().namespace("no.such").await.unwrap().total(),
            Some(0)
        );
        for server in &swapped.servers {
            assert_eq!(rows(server, "/api/v1/main/executions/search", &[]).await.unwrap().len(), FLOWS.len());
            assert_eq!(rows(server, "/api/v1/main/flows/search", &[]).await.unwrap().len(), FLOWS.len());
        }
    }
}

#[tokio::test]
async fn an_action_acts_on_no_more_than_it_may() {
    for dialect in Dialect::ALL {
        let (server, client) = on_server::server(dialect).await;
        for flow in FLOWS {
            server.deploy(source(flow)).unwrap();
        }
        let teams = || client.flows().disable_flows_by_query().filter(Filter::namespace().prefix("company"));
        assert_eq!(teams().dry_run().await.unwrap(), 5);
        server.clear_requests();
        let error = teams().at_most(4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(error.to_string().contains("at_most(4)"), "{error}");
        assert!(server.requests().iter().all(|request| request.method == "GET"));
        assert_eq!(teams().at_most(5).await.unwrap().total(), Some(5));
        assert_eq!(on_server::asked(&server, "/disable/by-ids"), 1);
        // By ids as well, and with filters that only rows tell.
        let data = || client.flows().enable_flows_by_query().filter(Filter::label("team").not_equals("data"));
        assert_eq!(data().dry_run().await.unwrap(), 3);
        assert_eq!(data().at_most(2).by_ids().await.unwrap_err().kind(), ErrorKind::Refused);
        // Two of the three were disabled, and the third isn't changed.
        assert_eq!(data().at_most(3).by_ids().await.unwrap().total(), 2);
        assert_eq!(data().at_most(0).await.unwrap_err().kind(), ErrorKind::Refused);
        // Without a client nobody counts.
        let built = kestra::operations::DeleteFlowsByQuery::new().all().at_most(1).into_request();
        assert_eq!(built.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(client.triggers().delete_backfill_by_query().all().dry_run().await.unwrap(), 6);
        assert_eq!(
            client.flows().delete_flows_by_query().dry_run().await.unwrap_err().kind(),
            ErrorKind::Refused
        );
    }
}
