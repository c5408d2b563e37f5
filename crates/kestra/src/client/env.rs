//! What the environment says, by the names that Kestra's own tools use.

use kestra_core::{Error, Servers, Version};
use kestra_tower::Auth;

use super::ClientBuilder;

/// Looks a variable up; empty ones count as not set.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn builder(lookup: Lookup<'_>) -> Result<ClientBuilder, Error> {
    let get =
        |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let url = get("KESTRA_URL").ok_or_else(|| {
        Error::invalid("KESTRA_URL", "it is not set; set it to the server, such as http://localhost:8080")
    })?;
    let servers = Servers::from(url);
    servers.check().map_err(|problem| Error::invalid("KESTRA_URL", problem.summary()))?;
    let mut builder = ClientBuilder::new().servers(servers);
    match (get("KESTRA_API_TOKEN"), get("KESTRA_USERNAME"), get("KESTRA_PASSWORD")) {
        (Some(token), _, _) => {
            let auth = Auth::bearer(token);
            auth.check().map_err(|problem| Error::invalid("KESTRA_API_TOKEN", problem.summary()))?;
            builder = builder.auth(auth);
        }
        (None, Some(user), Some(password)) => builder = builder.auth(Auth::basic(user, password)),
        (None, Some(_), None) => {
            return Err(Error::invalid("KESTRA_PASSWORD", "it is not set, and KESTRA_USERNAME is"));
        }
        (None, None, Some(_)) => {
            return Err(Error::invalid("KESTRA_USERNAME", "it is not set, and KESTRA_PASSWORD is"));
        }
        (None, None, None) => {}
    }
    if let Some(tenant) = get("KESTRA_TENANT_ID") {
        builder = builder.tenant(tenant);
    }
    if let Some(version) = get("KESTRA_API_VERSION") {
        let version: Version =
            version.parse().map_err(|problem| Error::invalid("KESTRA_API_VERSION", problem))?;
        builder = builder.api_version(version);
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<ClientBuilder, Error> {
        builder(&|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn names_the_variable_that_is_missing() {
        for (pairs, named) in [
            (&[][..], "KESTRA_URL"),
            (&[("KESTRA_URL", " ")][..], "KESTRA_URL"),
            (&[("KESTRA_URL", "localhost:8080")][..], "KESTRA_URL"),
            (
                &[("KESTRA_URL", "http://localhost:8080"), ("KESTRA_USERNAME", "a@b.example")][..],
                "KESTRA_PASSWORD",
            ),
            (&[("KESTRA_URL", "http://localhost:8080"), ("KESTRA_PASSWORD", "hush")][..], "KESTRA_USERNAME"),
            (&[("KESTRA_URL", "http://user:hush{1@host")][..], "KESTRA_URL"),
            (&[("KESTRA_URL", "http://localhost:8080/api/v1/main")][..], "KESTRA_URL"),
            (
                &[("KESTRA_URL", "http://localhost:8080"), ("KESTRA_API_TOKEN", "Bearer hush")][..],
                "KESTRA_API_TOKEN",
            ),
            (
                &[("KESTRA_URL", "http://localhost:8080"), ("KESTRA_API_VERSION", "latest")][..],
                "KESTRA_API_VERSION",
            ),
        ] {
            let error = from(pairs).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
            assert!(!format!("{error:?}{error:#}").contains("hush"));
        }
    }

    #[test]
    fn takes_what_is_set() {
        let builder = from(&[
            ("KESTRA_URL", "http://localhost:8080"),
            ("KESTRA_USERNAME", "a@b.example"),
            ("KESTRA_PASSWORD", "hush"),
            ("KESTRA_TENANT_ID", "acme"),
            ("KESTRA_API_VERSION", "1.3.25"),
        ])
        .unwrap();
        let client = builder.build().unwrap();
        assert_eq!(client.options().get_tenant(), Some("acme"));
        assert_eq!(client.options().get_api_version(), Some(Version::new(1, 3, 25)));
        assert!(!format!("{client:?}").contains("hush"));
    }
}
