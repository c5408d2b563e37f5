//! The server of an example: a real one, or one within the process.

use std::env;

use kestra::{Auth, BoxError, Client, ClientBuilder};
use kestra_testkit::Dialect;

/// The server that `KESTRA_URL` names, or else an embedded one, which ends with this value.
#[derive(Debug)]
pub struct Server {
    embedded: Option<kestra_testkit::TestServer>,
    url: String,
}

impl Server {
    /// Starts the embedded server, unless there is a real one.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start() -> Result<Self, BoxError> {
        Self::of_dialect(Dialect::V2_0).await
    }

    /// The same with an embedded server of 1.3, for what open source has no more from 2.0 on.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start_before_2() -> Result<Self, BoxError> {
        Self::of_dialect(Dialect::V1_3).await
    }

    async fn of_dialect(dialect: Dialect) -> Result<Self, BoxError> {
        if let Some(url) = variable("KESTRA_URL") {
            return Ok(Self { embedded: None, url });
        }
        let embedded = kestra_testkit::TestServer::builder().dialect(dialect).start().await?;
        Ok(Self { url: embedded.url().to_owned(), embedded: Some(embedded) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The credentials for it.
    #[must_use]
    pub fn auth(&self) -> Auth {
        match (variable("KESTRA_API_TOKEN"), variable("KESTRA_USERNAME"), variable("KESTRA_PASSWORD")) {
            (Some(token), _, _) => Auth::bearer(token),
            (None, Some(user), Some(password)) => Auth::basic(user, password),
            _ => Auth::default(),
        }
    }

    /// The start of a client for it.
    ///
    /// # Errors
    ///
    /// A variable of the environment can't be used.
    pub fn client(&self) -> Result<ClientBuilder, kestra::Error> {
        match self.embedded {
            Some(_) => Ok(Client::builder().server(&self.url)),
            None => ClientBuilder::from_env(),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
