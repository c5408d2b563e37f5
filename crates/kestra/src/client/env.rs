//! What the environment says, by the names that Kestra's own tools use.

use kestra_core::{CallOptions, Error, Servers, Version};
use kestra_tower::Auth;

use super::ClientBuilder;

/// Looks a variable up; empty ones count as not set.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The names of the variables of one tool.
pub(super) struct Names {
    url: &'static str,
    token: &'static [&'static str],
    username: &'static str,
    password: &'static str,
    pub(super) tenant: &'static str,
}

/// Those of this client, which Kestra's Terraform provider has as well; `KESTRA_JWT` is its alone.
pub(super) const OWN: Names = Names {
    url: "KESTRA_URL",
    token: &["KESTRA_API_TOKEN", "KESTRA_JWT"],
    username: "KESTRA_USERNAME",
    password: "KESTRA_PASSWORD",
    tenant: "KESTRA_TENANT_ID",
};

/// Those of kestractl.
const KESTRACTL: Names = Names {
    url: "KESTRACTL_HOST",
    token: &["KESTRACTL_TOKEN"],
    username: "KESTRACTL_USERNAME",
    password: "KESTRACTL_PASSWORD",
    tenant: "KESTRACTL_TENANT",
};

/// Returns the value of a variable, if it is set.
pub(super) fn get(lookup: Lookup<'_>, name: &str) -> Option<String> {
    lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

pub(super) fn builder(lookup: Lookup<'_>) -> Result<ClientBuilder, Error> {
    let names = if get(lookup, OWN.url).is_none() && get(lookup, KESTRACTL.url).is_some() {
        &KESTRACTL
    } else {
        &OWN
    };
    let Some(servers) = url(lookup, names)? else {
        let problem = "it is not set: set it to the server, such as http://localhost:8080";
        return Err(Error::invalid(OWN.url, problem));
    };
    let mut builder = ClientBuilder::new().servers(servers);
    if let Some(auth) = auth(lookup, names)? {
        builder = builder.auth(auth);
    }
    // Credentials are for the server that they were set with.
    if names.url != OWN.url && auth(lookup, &OWN)?.is_some() {
        let problem = "it is not set, but credentials for it are; those of KESTRACTL_HOST have other names";
        return Err(Error::invalid("KESTRA_URL", problem));
    }
    if names.url != OWN.url
        && get(lookup, OWN.tenant).is_some_and(|own| Some(own) != get(lookup, names.tenant))
    {
        let problem = "it belongs to KESTRA_URL, which is not set; set KESTRACTL_TENANT for the server of KESTRACTL_HOST";
        return Err(Error::invalid(OWN.tenant, problem));
    }
    if let Some(tenant) = get(lookup, names.tenant) {
        builder = builder.tenant(tenant);
    }
    if names.url == KESTRACTL.url
        && let Some(header) = get(lookup, "KESTRACTL_HEADER")
    {
        let (name, value) = header.split_once(':').ok_or_else(|| {
            Error::invalid(
                "KESTRACTL_HEADER",
                "it has no colon: set it to a name and a value, such as X-Team:data",
            )
        })?;
        builder = builder.options(CallOptions::new().header(name.trim(), value.trim()));
    }
    if let Some(version) = get(lookup, "KESTRA_API_VERSION") {
        let version: Version =
            version.parse().map_err(|problem| Error::invalid("KESTRA_API_VERSION", problem))?;
        builder = builder.api_version(version);
    }
    Ok(builder)
}

pub(super) fn url(lookup: Lookup<'_>, names: &Names) -> Result<Option<Servers>, Error> {
    let Some(url) = get(lookup, names.url) else { return Ok(None) };
    let members: Vec<&str> = url.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
    let servers = match &*members {
        // Several addresses of one Kestra; kestractl knows one.
        [one] if names.url == OWN.url => Servers::from(*one),
        [_, _, ..] if names.url == OWN.url => Servers::cluster(members).into(),
        _ => Servers::from(url),
    };
    servers.check().map_err(|problem| Error::invalid(names.url, problem.summary()))?;
    Ok(Some(servers))
}

pub(super) fn auth(lookup: Lookup<'_>, names: &Names) -> Result<Option<Auth>, Error> {
    let token = names.token.iter().find_map(|name| Some((*name, get(lookup, name)?)));
    match (token, get(lookup, names.username), get(lookup, names.password)) {
        (Some((name, token)), _, _) => {
            let auth = Auth::bearer(token);
            auth.check().map_err(|problem| Error::invalid(name, problem.summary()))?;
            Ok(Some(auth))
        }
        (None, Some(user), Some(password)) => Ok(Some(Auth::basic(user, password))),
        (None, Some(_), None) => {
            Err(Error::invalid(names.password, format_args!("it is not set, and {} is", names.username)))
        }
        (None, None, Some(_)) => {
            Err(Error::invalid(names.username, format_args!("it is not set, and {} is", names.password)))
        }
        (None, None, None) => Ok(None),
    }
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
    fn credentials_stay_with_the_server_that_they_were_set_with() {
        let client = |pairs: &[(&str, &str)]| format!("{:?}", from(pairs).unwrap());
        let ctl = [
            ("KESTRACTL_HOST", "http://ctl.example"),
            ("KESTRACTL_TOKEN", "hush-ctl"),
            ("KESTRACTL_TENANT", "acme"),
            ("KESTRACTL_HEADER", "X-Team: data"),
        ];
        let builder = from(&ctl).unwrap();
        let client_of_ctl = builder.build().unwrap();
        assert_eq!(client_of_ctl.options().get_tenant(), Some("acme"));
        assert_eq!(client_of_ctl.options().get_headers().unwrap()["x-team"], "data");
        // Ours come first, and take nothing of theirs.
        let both = [&ctl[..], &[("KESTRA_URL", "http://own.example")]].concat();
        assert_eq!(from(&both).unwrap().build().unwrap().options().get_tenant(), None);
        assert!(!client(&both).contains("hush"));
        // Credentials of ours are not sent to their server.
        let mixed = [("KESTRACTL_HOST", "http://ctl.example"), ("KESTRA_API_TOKEN", "hush")];
        assert!(from(&mixed).unwrap_err().to_string().contains("KESTRA_URL"));
        let _ = from(&[("KESTRA_URL", "http://h"), ("KESTRACTL_HOST", "not used")]).unwrap();
        // Nor is our tenant, which would be another one there, or none.
        let tenant = |ctl, own| {
            from(&[("KESTRACTL_HOST", "http://h"), ("KESTRACTL_TENANT", ctl), ("KESTRA_TENANT_ID", own)])
        };
        assert!(tenant("", "acme").unwrap_err().to_string().contains("KESTRACTL_TENANT"));
        assert!(tenant("main", "acme").is_err());
        assert_eq!(tenant("acme", "acme").unwrap().build().unwrap().options().get_tenant(), Some("acme"));
        assert!(from(&[("KESTRACTL_HOST", "http://h"), ("KESTRACTL_HEADER", "none")]).is_err());
        assert!(from(&[("KESTRA_URL", "http://h"), ("KESTRA_JWT", "Bearer hush")]).is_err());
    }

    #[test]
    fn several_urls_are_one_cluster() {
        let of = |url| from(&[("KESTRA_URL", url)]);
        let servers = of("http://one.example, https://two.example:8443/kestra ,").unwrap().servers.unwrap();
        assert!(servers.is_cluster());
        assert_eq!(servers.count(), 2);
        for one in ["http://one.example", "http://one.example,"] {
            let servers = of(one).unwrap().servers.unwrap();
            assert!(!servers.is_cluster() && !format!("{servers:?}").contains("example,"));
        }
        let error = of("http://one.example,http://user:hush@two.example").unwrap_err();
        assert!(
            error.to_string().contains("KESTRA_URL") && !format!("{error:?}").contains("hush"),
            "{error}"
        );
        assert!(of("http://one.example,two.example").is_err());
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
