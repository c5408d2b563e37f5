//! Reads the OpenAPI document of a running server.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kestra_codegen::catalogue::Version;
use kestra_codegen::openapi::Document;
use kestra_codegen::{Error, Result};

/// Path of the document that a server serves about itself.
const PATH: &str = "/swagger/kestra.yml";

/// Most bytes of a document; those of Kestra have less than one million.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Reads the document of a server, with the credentials of the environment if there are any.
///
/// A URL that ends in `.yml` is that of the document itself, for servers that serve it under another name.
///
/// # Errors
///
/// The server can't be reached, refuses the request, or sends no OpenAPI document.
pub(crate) fn document(base: &str) -> Result<Document> {
    let url = match base.ends_with(".yml") {
        true => base.to_owned(),
        false => format!("{}{PATH}", base.trim_end_matches('/')),
    };
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(60))).build().into();
    let mut request = agent.get(&url);
    if let Some(credentials) = credentials() {
        request = request.header("authorization", credentials);
    }
    let mut response = request.call().map_err(|error| Error::invalid(&url, error.to_string()))?;
    let body = response.body_mut().with_config().limit(LARGEST).read_to_string();
    let text = body.map_err(|error| Error::invalid(&url, error.to_string()))?;
    Document::parse(Version::OLDEST, &text).map_err(|error| Error::invalid(url, error.to_string()))
}

/// The value of the `authorization` header, from the variables that the client reads too.
fn credentials() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(token) = variable("KESTRA_API_TOKEN") {
        return Some(format!("Bearer {token}"));
    }
    let user = variable("KESTRA_USERNAME")?;
    let password = variable("KESTRA_PASSWORD").unwrap_or_default();
    Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}
