//! Where servers come from: the environment, or this process.

use std::time::Duration;

use kestra::{Auth, Client, ClientBuilder};
use kestra_testkit::{Dialect, TestServer};

use super::record::Recorder;

/// The credentials that the embedded servers ask for.
pub(crate) const USER: &str = "live@kestra.example";
pub(crate) const PASSWORD: &str = "Correct-horse-1";

/// A server to test on, and a client for it.
pub(super) struct Own {
    pub(super) client: Client,
    pub(super) url: String,
    /// An embedded server ends with this value.
    pub(super) embedded: Option<TestServer>,
}

/// A client that writes every exchange below a folder.
async fn recording(client: &Client, folder: std::ffi::OsString) -> Client {
    let about = client.check().await.unwrap_or_else(|error| panic!("{error:#}"));
    let recorder = Recorder::new(folder, &about.version_text);
    ClientBuilder::from_env().and_then(|builder| builder.attempt_layer(recorder).build()).expect("as it was")
}

/// The server that `KESTRA_URL` names, or else embedded ones of the oldest, the last 1.x and the newest version.
pub(super) async fn servers() -> Vec<Own> {
    if let Some(url) = std::env::var("KESTRA_URL").ok().filter(|url| !url.trim().is_empty()) {
        let client = Client::from_env().expect("the environment has what a client needs");
        let client = match std::env::var_os("KESTRA_RECORD") {
            Some(folder) => recording(&client, folder).await,
            None => client,
        };
        return vec![Own { client, url, embedded: None }];
    }
    let mut servers = Vec::new();
    for dialect in Dialect::ALL {
        let server = TestServer::builder()
            .dialect(dialect)
            .basic_auth(USER, PASSWORD)
            .missing_execution_timeout(Duration::from_millis(500))
            .start()
            .await
            .unwrap();
        let auth = Auth::basic(USER, PASSWORD);
        let client = Client::builder().server(server.url()).auth(auth).build().unwrap();
        servers.push(Own { client, url: server.url().to_owned(), embedded: Some(server) });
    }
    servers
}
