//! Where servers come from: the environment, or this process.

use std::time::Duration;

use kestra::{Auth, Client};
use kestra_testkit::{Dialect, TestServer};

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

/// The server that `KESTRA_URL` names, or else embedded ones of the oldest, the last 1.x and the newest version.
pub(super) async fn servers() -> Vec<Own> {
    if let Some(url) = std::env::var("KESTRA_URL").ok().filter(|url| !url.trim().is_empty()) {
        let client = Client::from_env().expect("the environment has what a client needs");
        return vec![Own { client, url, embedded: None }];
    }
    let mut servers = Vec::new();
    for dialect in Dialect::ALL {
        let server = TestServer::builder()
            .dialect(dialect)
            .basic_auth(USER, PASSWORD)
            .patience(Duration::from_millis(500))
            .start()
            .await
            .unwrap();
        let auth = Auth::basic(USER, PASSWORD);
        let client = Client::builder().server(server.url()).auth(auth).build().unwrap();
        servers.push(Own { client, url: server.url().to_owned(), embedded: Some(server) });
    }
    servers
}
