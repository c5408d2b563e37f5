//! A cluster in the middle of an upgrade, and calls that belong together.

use kestra::{Client, Filter};
use kestra_testkit::{Dialect, TestServer};

use super::{HELLO, NAMESPACE, client, cluster, members};

/// The requests of a server, without detections of its version.
fn lines(server: &TestServer) -> Vec<String> {
    let all = server.requests();
    let requests = all.iter().filter(|request| !request.path.ends_with("/configs"));
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// An execution that has ended, and was read by nobody.
async fn ended(server: &TestServer, client: &Client) -> String {
    let created = client.executions().run(NAMESPACE, "hello").await.unwrap();
    server.clear_requests();
    created.id().to_owned()
}

#[tokio::test]
async fn each_member_gets_the_requests_of_its_version() {
    // Every version has another route for this.
    let mut expected = Vec::new();
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let [server] = members([dialect]).await;
        let client = Client::builder().server(server.url()).build().unwrap();
        let id = ended(&server, &client).await;
        client.executions().replay_execution(&id).await.unwrap();
        expected.push(lines(&server)[0].replace(&id, "ID"));
    }
    assert_ne!(expected[0], expected[1]);

    let mut members = members([Dialect::V1_3, Dialect::V2_0]).await;
    let id = ended(&members[0], &Client::builder().server(members[0].url()).build().unwrap()).await;
    let sent = |members: &[TestServer; 2]| {
        let sent = members.each_ref().map(|member| lines(member).join(", ").replace(&id, "ID"));
        members.iter().for_each(TestServer::clear_requests);
        sent
    };
    let in_turn = client(cluster(&members).round_robin());
    for _ in 0..2 {
        in_turn.executions().replay_execution(&id).await.unwrap();
    }
    assert_eq!(sent(&members), [&*expected[0], &expected[1]]);

    // An attempt that moves is made for the member that it goes to.
    let moving = client(cluster(&members));
    moving.executions().replay_execution(&id).await.unwrap();
    assert_eq!(sent(&members), [&expected[0], ""]);
    members[0].stop().await;
    moving.executions().replay_execution(&id).await.unwrap();
    assert_eq!(sent(&members), ["", &expected[1]]);
}

#[tokio::test]
async fn what_asks_before_it_acts_does_both_at_one_member() {
    for dialect in Dialect::ALL {
        let members = members([dialect; 3]).await;
        let client = client(cluster(&members).round_robin());
        for turn in 0..6 {
            for member in &members {
                member.clear_requests();
            }
            client.flows().update_flow(NAMESPACE, "hello", HELLO).await.unwrap();
            let asked: Vec<_> = members.iter().filter(|member| !lines(member).is_empty()).collect();
            assert_eq!(asked.len(), 1, "turn {turn}");
            assert_eq!(lines(asked[0]).len(), 2, "the question and the update");
        }
        // A search and the action by the ids that it found.
        for member in &members {
            member.clear_requests();
        }
        client.flows().delete_flows_by_query().filter(Filter::query("hello")).at_most(1).await.unwrap();
        assert_eq!(members.iter().filter(|member| !lines(member).is_empty()).count(), 1);
    }
}
