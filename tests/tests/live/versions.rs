//! The client finds out what it talks to, and keeps to it.

use kestra::{Client, ErrorKind, Filter};

use crate::server::on_every_server;

#[tokio::test]
async fn a_server_tells_its_version() {
    on_every_server(async |site| {
        let about = site.client.check().await.unwrap();
        assert!(about.version >= kestra::Version::OLDEST);
        let configuration = site.client.misc().get_configuration().await.unwrap();
        assert_eq!(configuration.version.as_deref(), Some(about.version_text.as_str()));
        assert_eq!(configuration.edition.map(|edition| edition.to_string()), about.edition);
    })
    .await;
}

#[tokio::test]
async fn what_a_server_lacks_is_refused_before_anything_is_sent() {
    on_every_server(async |site| {
        let (client, namespace) = (&site.client, &site.namespace);
        let outcomes = [
            (site.is_since(2, 0), client.outputs().get_execution_outputs("none").await.err()),
            (!site.is_since(2, 0), client.kv().list_keys(namespace).await.err()),
            (site.is_since(1, 1), client.kv().list_all_keys().size(1).await.err()),
            (site.is_since(1, 2), client.files().get_file_revisions(namespace).path("/none").await.err()),
            (
                site.is_since(1, 2),
                client.flows().search_flows().filter(Filter::flow_id().equals("none")).await.err(),
            ),
        ];
        for (index, (served, error)) in outcomes.into_iter().enumerate() {
            let unsupported = error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Unsupported);
            assert_eq!(unsupported, !served, "{index}: {error:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_response_comes_compressed_only_to_whom_asks_for_that() {
    on_every_server(async |site| {
        let get = async |encoding: Option<&str>| {
            let mut request = http::Request::get("/api/v1/plugins/schemas/flow");
            if let Some(encoding) = encoding {
                request = request.header("accept-encoding", encoding);
            }
            let response = site.client.request(request.body(kestra::Body::empty()).unwrap()).await.unwrap();
            let encoding = response.headers().get("content-encoding").cloned();
            (encoding, response.into_body().bytes().await.unwrap())
        };
        let (encoding, own) = get(Some("gzip")).await;
        // The embedded server has no schema of its own, which is too short to be compressed.
        if let Some(encoding) = encoding {
            assert!(
                encoding == "gzip" && own.starts_with(&[0x1f, 0x8b]),
                "what one asks for oneself is left as it is"
            );
            assert!(own.len() < 200_000, "{}", own.len());
        }
        let (encoding, plain) = get(None).await;
        assert_eq!(encoding, None);
        assert!(serde_json::from_slice::<serde_json::Value>(&plain).unwrap().is_object());
    })
    .await;
}

#[tokio::test]
async fn what_only_enterprise_has_is_told_as_such() {
    on_every_server(async |site| {
        let configuration = site.client.misc().get_configuration().await.unwrap();
        if configuration.edition.is_some_and(|edition| edition.to_string() != "OSS") {
            return;
        }
        let draft = site.client.flows().create_flow(site.source("draft", "tasks: []")).draft(true).await;
        let error = draft.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unsupported), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_version_that_is_forced_is_believed() {
    on_every_server(async |site| {
        let old = site.client.with_options(kestra::CallOptions::new().api_version(kestra::Version::OLDEST));
        let error = old.kv().list_all_keys().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        // Searching flows is the same everywhere.
        let filter = Filter::namespace().equals(&site.namespace);
        assert_eq!(old.flows().search_flows().filter(filter).await.unwrap().total, Some(0));
    })
    .await;
}

#[tokio::test]
async fn an_address_may_end_in_a_slash() {
    on_every_server(async |site| {
        let builder = Client::builder().server(format!("{}/", site.url.trim_end_matches('/')));
        let client = builder.build().unwrap();
        // Open to everybody, so no credentials are needed.
        assert!(client.misc().get_configuration().await.unwrap().version.is_some());
    })
    .await;
}
