//! Graphs of flows: triggers, the branches beside the tasks, and subflows.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::net::SocketAddr;

use kestra_testkit::{Dialect, TestServer};
use raw::{Answer, ask, create_flow};
use serde_json::Value;

const TASK: &str = "type: io.kestra.plugin.core.debug.Return";

async fn server(dialect: Dialect) -> (TestServer, SocketAddr) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let address = server.address();
    let subflow = |id: &str, flow: &str| {
        format!(
            "{{id: {id}, type: io.kestra.plugin.core.flow.Subflow, namespace: company.team, flowId: {flow}}}"
        )
    };
    let flows = [
        ("inner", format!("tasks: [{{id: deep, {TASK}}}]\n")),
        ("middle", format!("tasks: [{}]\n", subflow("in", "inner"))),
        ("outer", format!("tasks: [{}, {}]\n", subflow("mid", "middle"), subflow("lost", "gone"))),
        (
            "whole",
            format!(
                "tasks: [{{id: a, {TASK}}}, {{id: b, {TASK}}}]\nerrors: [{{id: e, {TASK}}}]\nfinally: [{{id: f, {TASK}}}]\n\
                 afterExecution: [{{id: g, {TASK}}}]\n\
                 triggers: [{{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 0 * * *'}}]\n"
            ),
        ),
    ];
    for (id, rest) in flows {
        let created = create_flow(address, &format!("id: {id}\nnamespace: company.team\n{rest}")).await;
        assert_eq!(created.status, 200, "{}", created.body);
    }
    (server, address)
}

async fn graph(address: SocketAddr, flow: &str, query: &str) -> Answer {
    let path = format!("/api/v1/main/flows/company.team/{flow}/graph{query}");
    ask(address, "GET", &path).await.expect("an answer")
}

/// A name without the random part of its id.
fn name(uid: &Value) -> String {
    let uid = uid.as_str().unwrap();
    let at = ["root-", "end-", "finally-", "after-execution-"].iter().find_map(|part| {
        let at = uid.rfind(part)?;
        Some(at + part.len() - 1)
    });
    uid[..at.unwrap_or(uid.len())].to_owned()
}

fn edges(graph: &Value) -> Vec<(String, String, Value)> {
    let all = graph["edges"].as_array().unwrap().iter();
    all.map(|edge| (name(&edge["source"]), name(&edge["target"]), edge["relation"]["relationType"].clone()))
        .collect()
}

#[tokio::test]
async fn branches_beside_the_tasks_and_triggers_are_drawn() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let drawn = graph(address, "whole", "").await.json();
        let found = edges(&drawn);
        for (from, to, relation) in [
            ("root.Triggers.root", "root.Triggers.daily", None),
            ("root.Triggers.daily", "root.Triggers.end", None),
            ("root.Triggers.end", "root.root", None),
            ("root.root", "root.a", None),
            ("root.a", "root.b", Some("SEQUENTIAL")),
            ("root.b", "root.finally", None),
            ("root.root", "root.e", Some("ERROR")),
            ("root.e", "root.finally", None),
            ("root.finally", "root.f", None),
            ("root.f", "root.after-execution", None),
            ("root.after-execution", "root.g", None),
            ("root.g", "root.end", None),
        ] {
            let edge = (from.to_owned(), to.to_owned(), relation.map(Value::from).unwrap_or_default());
            assert!(found.contains(&edge), "{dialect:?}: {edge:?} in {found:?}");
        }
        assert_eq!(found.len(), 12);
        assert_eq!(drawn["clusters"][0]["cluster"]["uid"], "cluster_root.Triggers");
        let error = drawn["nodes"].as_array().unwrap().iter().find(|node| node["uid"] == "root.e").unwrap();
        assert_eq!(
            (&error["branchType"], &error["relationType"]),
            (&Value::from("ERROR"), &Value::from("ERROR"))
        );
    }
}

#[tokio::test]
async fn subflows_are_unfolded_by_the_ids_of_their_nodes() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let has = async |query: &str, node: &str| {
            let drawn = graph(address, "outer", query).await.json();
            drawn["nodes"].as_array().unwrap().iter().any(|one| one["uid"] == node)
        };
        assert!(has("", "root.mid").await && !has("", "root.mid.in").await);
        assert!(has("?subflows=root.mid", "root.mid.in").await);
        assert!(!has("?subflows=root.mid", "root.mid.in.deep").await);
        for both in ["?subflows=root.mid&subflows=root.mid.in", "?subflows=root.mid,root.mid.in"] {
            assert!(has(both, "root.mid.in.deep").await, "{both}");
        }
        let missing = graph(address, "outer", "?subflows=root.lost").await;
        assert_eq!(missing.status, 404);
        assert!(missing.body.contains("Unable to find subflow"), "{}", missing.body);
    }
}
