//! Where servers come from: the environment, or this process.

use std::time::Duration;

use kestra::{Auth, Client, ClientBuilder, Servers};
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

/// A client for the server that the variables name, or for several of them in turn, which are servers of one cluster.
fn of_environment(urls: &[&str]) -> ClientBuilder {
    let builder = ClientBuilder::from_env().expect("the environment has what a client needs");
    match urls {
        [_] => builder,
        _ => builder.servers(Servers::cluster(urls.iter().copied()).round_robin()),
    }
}

/// A client that writes every exchange below a folder.
async fn recording(client: &Client, urls: &[&str], folder: std::ffi::OsString) -> Client {
    let about = client.check().await.unwrap_or_else(|error| panic!("{error:#}"));
    let recorder = Recorder::new(folder, &about.version_text);
    of_environment(urls).attempt_layer(recorder).build().expect("as it was")
}

/// The server that `KESTRA_URL` names, or else embedded ones of the oldest, the last 1.x and the newest version.
pub(super) async fn servers() -> Vec<Own> {
    if let Some(url) = std::env::var("KESTRA_URL").ok().filter(|url| !url.trim().is_empty()) {
        let urls: Vec<&str> = url.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
        let client = of_environment(&urls).build().expect("the environment has what a client needs");
        let client = match std::env::var_os("KESTRA_RECORD") {
            Some(folder) => recording(&client, &urls, folder).await,
            None => client,
        };
        // Tests of single connections use the first.
        return vec![Own { client, url: urls[0].to_owned(), embedded: None }];
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
