//! The life of a flow in each dialect.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use kestra_testkit::{Dialect, TestServer};
use raw::{ask, create_flow, request, send};

fn source(id: &str, message: &str) -> String {
    format!(
        "id: {id}\nnamespace: company.team\nlabels:\n  team: data\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: {message}\n"
    )
}

#[tokio::test]
async fn a_flow_is_created_updated_read_and_deleted() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        let address = server.address();
        let path = "/api/v1/main/flows/company.team/hello";
        let yaml = [("content-type", "application/x-yaml")];

        let created = create_flow(address, &source("hello", "hi")).await;
        assert_eq!(created.json()["revision"], 1);
        let again = create_flow(address, &source("hello", "hi")).await;
        assert_eq!(again.status, if dialect == Dialect::V2_0 { 409 } else { 422 });

        let updated =
            send(address, &request("PUT", path, &yaml, &source("hello", "ho"))).await.expect("an answer");
        assert_eq!(updated.json()["revision"], 2);
        let same =
            send(address, &request("PUT", path, &yaml, &source("hello", "ho"))).await.expect("an answer");
        assert_eq!(same.json()["revision"], 2);

        let bare = ask(address, "GET", path).await.expect("an answer").json();
        assert!(bare.get("source").is_none());
        let old =
            ask(address, "GET", &format!("{path}?revision=1&source=true")).await.expect("an answer").json();
        assert_eq!(old["source"], source("hello", "hi"));

        assert_eq!(ask(address, "DELETE", path).await.expect("an answer").status, 204);
        assert_eq!(ask(address, "GET", path).await.expect("an answer").status, 404);
        let gone = ask(address, "GET", &format!("{path}?allowDeleted=true")).await.expect("an answer").json();
        assert_eq!((gone["deleted"].clone(), gone["revision"].clone()), (true.into(), 3.into()));
    }
}

#[tokio::test]
async fn filters_find_and_refuse() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
        let address = server.address();
        for id in ["a", "b", "c"] {
            create_flow(address, &source(id, id)).await;
        }
        let total = async |query: &str| {
            let path = format!("/api/v1/main/flows/search?{query}");
            ask(address, "GET", &path).await.expect("an answer").json()["total"].clone()
        };
        assert_eq!(total("filters[namespace][EQUALS]=company.team").await, 3);
        assert_eq!(total("filters[namespace][PREFIX]=company&size=1").await, 3);
        assert_eq!(total("filters[labels][EQUALS][team]=data").await, 3);
        assert_eq!(total("filters[labels][NOT_EQUALS][team]=data").await, 0);
        // A malformed filter is none.
        assert_eq!(total("filters[namespace]=no.such").await, 3);
        // The old parameters are ignored by 2.0.
        let old = if dialect == Dialect::V2_0 { 3 } else { 0 };
        assert_eq!(total("namespace=no.such").await, old);

        let status = async |query: &str| {
            let path = format!("/api/v1/main/flows/search?{query}");
            ask(address, "GET", &path).await.expect("an answer").status
        };
        assert_eq!(status("filters[nope][EQUALS]=x").await, 422);
        assert_eq!(status("filters[namespace][LIKE]=x").await, 422);
        assert_eq!(status("filters[state][EQUALS]=RUNNING").await, 400);
        assert_eq!(status("size=0").await, 422);
        assert_eq!(status("sort=id").await, 422);
    }
}

#[tokio::test]
async fn groups_join_filters_on_2_0() {
    let server = TestServer::start().await.expect("a server");
    for id in ["a", "b", "c"] {
        create_flow(server.address(), &source(id, id)).await;
    }
    let query = "filters[or][0][flowId][EQUALS]=a&filters[or][1][and][0][flowId][EQUALS]=b\
                 &filters[or][1][and][1][namespace][EQUALS]=company.team";
    let found =
        ask(server.address(), "GET", &format!("/api/v1/main/flows/search?{query}&sort=id:desc")).await;
    let found = found.expect("an answer").json();
    assert_eq!((found["total"].clone(), found["results"][0]["id"].clone()), (2.into(), "b".into()));
}
