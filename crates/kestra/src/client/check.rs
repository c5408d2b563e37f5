//! Whether a server can be used, for the start of a program.

use http::StatusCode;
use kestra_core::internal::json;
use kestra_core::{Error, ErrorKind, ErrorResponse, Version, object};
use kestra_operations::GetConfiguration;

use super::Client;

/// What a server says of itself in `GET /api/v1/configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version as it is written there, such as `1.3.25` or `2.1.0-SNAPSHOT`.
    pub version_text: String,
    /// The version that the client takes it for.
    pub version: Version,
    /// The edition: `OSS` or `EE`.
    pub edition: Option<String>,
    /// The id of the installation.
    pub uuid: Option<String>,
    /// The server's own public URL, if it is configured.
    pub url: Option<String>,
}

#[derive(Default)]
pub(super) struct Configs {
    pub(super) version: String,
    pub(super) edition: Option<String>,
    uuid: Option<String>,
    url: Option<String>,
}

object! {
    Configs {
        0 version = "version",
        1 edition = "edition",
        2 uuid = "uuid",
        3 url = "url",
    }
}

impl Configs {
    fn version(&self) -> Result<Version, Error> {
        Version::reported(&self.version)
            .ok_or_else(|| Error::new(ErrorKind::Decode, "the configuration has no version"))
    }
}

impl Client {
    /// Looks whether the server is reached, takes the credentials and has the tenant, and which version it is.
    ///
    /// For the start of a program: what is wrong shows before work is lost. It sends `GET /api/v1/configs` and a search of
    /// one flow. For a probe of health give it a limit: `client.with_options(CallOptions::new().timeout(limit)).check()`.
    ///
    /// # Errors
    ///
    /// Whatever fails, with a [`hint`](Error::hint): no connection, a proxy's page, an empty 401, a tenant that isn't
    /// there.
    pub async fn check(&self) -> Result<ServerInfo, Error> {
        let configs = self.configs().await?;
        let version = configs.version()?;

        self.flows().search_flows().size(1).await?;

        Ok(ServerInfo {
            version,
            version_text: configs.version,
            edition: configs.edition,
            uuid: configs.uuid,
            url: configs.url,
        })
    }

    /// The version that is set, or else the server's, which is asked.
    pub(crate) async fn version(&self) -> Result<Version, Error> {
        match self.options().get_api_version() {
            Some(version) => Ok(version),
            None => self.configs().await?.version(),
        }
    }

    /// What the server says of itself.
    pub(super) async fn configs(&self) -> Result<Configs, Error> {
        let response =
            self.send(GetConfiguration::new().into_call()).await.map_err(|error| match error.status() {
                Some(StatusCode::NOT_FOUND) => error.with_message("nothing answers at /api/v1/configs"),
                _ => error,
            })?;
        let (parts, body) = response.into_parts();
        let read = body.into_bytes().unwrap_or_default();
        let problem = match json::from_slice::<Configs>(&read) {
            Ok(configs) if !configs.version.is_empty() => return Ok(configs),
            Ok(_) => "it names no version".to_owned(),
            Err(problem) => problem.to_string(),
        };
        let message = format!("this is no Kestra server: its configuration can't be read ({problem})");
        Err(Error::new(ErrorKind::Decode, message).with_response(ErrorResponse::new(parts, read)))
    }
}
