//! The logins that kestractl keeps in a file.

use std::fmt;
use std::path::{Path, PathBuf};

use kestra_core::{CallOptions, Error, ErrorKind, Servers};
use kestra_flow::{Map, Node};
use kestra_tower::Auth;

use super::env::{self, Lookup};
use super::{Client, ClientBuilder};

/// A login that kestractl keeps: server, tenant, credentials and headers. Requires the feature `profile`.
///
/// The file is `~/.kestractl/config.yaml`, where each profile is a context. It is only read, never written, and keys that this client
/// doesn't know are ignored. A file that others may read is logged as a warning.
///
/// ```no_run
/// # fn run() -> Result<(), kestra::Error> {
/// let client = kestra::Client::from_profile("prod")?;
/// let changed = kestra::Profile::load("prod")?.override_from_env()?.builder().read_only().build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Profile {
    name: String,
    servers: Servers,
    tenant: Option<String>,
    auth: Option<Auth>,
    headers: Vec<(String, String)>,
}

impl Profile {
    /// Reads a profile by its name.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::File`] if the file can't be read or is not valid YAML; it names the key that is missing or wrong.
    pub fn load(name: &str) -> Result<Self, Error> {
        Self::load_from(path()?, Some(name))
    }

    /// Reads the profile that `default_context` names.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`load`](Self::load).
    pub fn load_default() -> Result<Self, Error> {
        Self::load_from(path()?, None)
    }

    /// Reads a profile from another file, by its name or the default one.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`load`](Self::load).
    pub fn load_from(path: impl AsRef<Path>, name: Option<&str>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|problem| {
            let message = format!("{} can't be read; `kestractl config` creates it", path.display());
            Error::new(ErrorKind::File, message).with_source(problem)
        })?;
        warn_if_readable(path);
        // The text around the problem may be a secret, so that of the error is not shown.
        let file = kestra_flow::read(&text).map_err(|problem| {
            Error::new(
                ErrorKind::File,
                format!("{} is not valid YAML: line {}", path.display(), problem.line()),
            )
        })?;
        let file = file.as_map().cloned().unwrap_or_default();
        let wrong = |problem: String| Error::new(ErrorKind::File, format!("{}: {problem}", path.display()));
        let name = name.or_else(|| file.get_str("default_context"));
        let name = name
            .ok_or_else(|| wrong("`default_context` is missing: add it, or choose a profile".to_owned()))?;
        let contexts = file.get("contexts").and_then(Node::as_map).cloned().unwrap_or_default();
        let Some(context) = contexts.get(name).and_then(Node::as_map) else {
            let known: Vec<&str> = contexts.keys().collect();
            return Err(wrong(format!("profile `{name}` not found: use one of {}", known.join(", "))));
        };
        Self::of(name, context)
            .map_err(|(field, problem)| wrong(format!("`contexts.{name}.{field}` {problem}")))
    }

    fn of(name: &str, context: &Map) -> Result<Self, (&'static str, String)> {
        let field = |name| match context.get(name) {
            None | Some(Node::Null) => Ok(None),
            Some(Node::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
            // A number may have lost its zeros.
            Some(_) => Err((name, "is not a string: quote it".to_owned())),
        };
        let needed = |name| field(name)?.ok_or_else(|| (name, "is missing".to_owned()));
        let servers = Servers::from(needed("host")?);
        servers.check().map_err(|problem| ("host", format!("can't be used: {}", problem.summary())))?;
        let basic = || Ok::<_, (&'static str, String)>(Auth::basic(needed("username")?, needed("password")?));
        let auth = match field("auth_method")?.as_deref() {
            Some("token") => Some(Auth::bearer(needed("token")?)),
            Some("basic") => Some(basic()?),
            Some(other) => {
                return Err(("auth_method", format!("is `{other}`: use `token` or `basic`")));
            }
            None if field("token")?.is_some() => Some(Auth::bearer(needed("token")?)),
            None if field("username")?.is_some() => Some(basic()?),
            None => None,
        };
        if let Some(auth) = &auth {
            auth.check().map_err(|problem| ("token", format!("can't be used: {}", problem.summary())))?;
        }
        let mut headers = Vec::new();
        let listed = match context.get("headers") {
            None | Some(Node::Null) => &[][..],
            Some(list) => list.as_list().ok_or_else(|| {
                ("headers", "is not a list: write each header as `- Name:value`".to_owned())
            })?,
        };
        for header in listed {
            let parts = header.as_str().and_then(|text| text.split_once(':'));
            let Some((name, value)) = parts else {
                return Err(("headers", "has an entry without a colon: write `Name:value`".to_owned()));
            };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let tenant = field("tenant")?;
        Ok(Self { name: name.to_owned(), servers, tenant, auth, headers })
    }

    /// Replaces the settings for which `KESTRA_URL`, `KESTRA_TENANT_ID`, and `KESTRA_API_TOKEN` or `KESTRA_USERNAME` and
    /// `KESTRA_PASSWORD` are set.
    ///
    /// With another URL, credentials and headers of the profile are dropped, as they belong to the profile's server.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Build`] that names the variable which can't be used.
    pub fn override_from_env(self) -> Result<Self, Error> {
        self.overridden(&|name| std::env::var(name).ok())
    }

    fn overridden(mut self, lookup: Lookup<'_>) -> Result<Self, Error> {
        if let Some(servers) = env::url(lookup, &env::OWN)? {
            self.servers = servers;
            self.auth = None;
            self.headers.clear();
        }
        if let Some(auth) = env::auth(lookup, &env::OWN)? {
            self.auth = Some(auth);
        }
        if let Some(tenant) = env::get(lookup, env::OWN.tenant) {
            self.tenant = Some(tenant);
        }
        Ok(self)
    }

    /// Returns the name of the profile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a builder with the settings of the profile.
    pub fn builder(self) -> ClientBuilder {
        let mut builder = ClientBuilder::new().servers(self.servers);
        if let Some(auth) = self.auth {
            builder = builder.auth(auth);
        }
        if let Some(tenant) = self.tenant {
            builder = builder.tenant(tenant);
        }
        let options = self
            .headers
            .iter()
            .fold(CallOptions::new(), |options, (name, value)| options.header(name.as_str(), value.as_str()));
        builder.options(options)
    }
}

impl Client {
    /// Creates a client from a profile of kestractl; see [`Profile::load`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Profile::load`].
    pub fn from_profile(name: &str) -> Result<Self, Error> {
        Profile::load(name)?.builder().build()
    }

    /// Creates a client from the default profile of kestractl; see [`Profile::load_default`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Profile::load`].
    pub fn from_default_profile() -> Result<Self, Error> {
        Profile::load_default()?.builder().build()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("servers", &self.servers)
            .field("tenant", &self.tenant)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

fn path() -> Result<PathBuf, Error> {
    let home = std::env::home_dir()
        .ok_or_else(|| Error::invalid("HOME", "it is not set, so no profile is found"))?;
    Ok(home.join(".kestractl").join("config.yaml"))
}

#[cfg(unix)]
fn warn_if_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!(target: "kestra::profile", %path, "others may read the credentials in this file: run chmod 600");
    }
}

#[cfg(not(unix))]
fn warn_if_readable(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
default_context: dev
theme: dark
contexts:
  dev: {host: 'http://localhost:8080', tenant: main, auth_method: basic, username: a@b.example, password: hush}
  prod:
    host: https://kestra.example.com/prefix
    tenant: acme
    auth_method: token
    token: hush-token
    colour: red
    headers: ['X-Team: data', X-Other:1]
  open: {host: http://localhost:8080}
  digits: {host: http://localhost:8080, username: a, password: 1234}
  hostless: {auth_method: token, token: hush}
  tokenless: {host: http://localhost:8080, auth_method: token}
  half: {host: http://localhost:8080, auth_method: basic, username: a}
  odd: {host: http://localhost:8080, auth_method: kerberos}
  wrong: {host: localhost, auth_method: token, token: hush}
  header: {host: http://localhost:8080, headers: [hush]}
  mapped: {host: http://localhost:8080, headers: {X-Team: hush}}
";

    fn load(text: &str, name: Option<&str>) -> Result<Profile, Error> {
        let path = std::env::temp_dir().join(format!(
            "kestra-profile-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        ));
        std::fs::write(&path, text).unwrap();
        let profile = Profile::load_from(&path, name);
        std::fs::remove_file(&path).unwrap();
        profile
    }

    #[test]
    fn profiles_are_those_of_kestractl() {
        assert_eq!(load(FILE, None).unwrap().name(), "dev");
        let client = load(FILE, Some("prod")).unwrap().builder().build().unwrap();
        assert_eq!(client.options().get_tenant(), Some("acme"));
        assert_eq!(client.options().get_headers().unwrap()["x-team"], "data");
        for name in ["dev", "open"] {
            load(FILE, Some(name)).unwrap().builder().build().unwrap();
        }
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_is_shown() {
        for (name, named) in [
            ("hostless", "contexts.hostless.host"),
            ("tokenless", "contexts.tokenless.token"),
            ("digits", "contexts.digits.password` is not a string: quote it"),
            ("half", "contexts.half.password"),
            ("odd", "contexts.odd.auth_method"),
            ("wrong", "contexts.wrong.host"),
            ("header", "contexts.header.headers"),
            ("mapped", "contexts.mapped.headers` is not a list"),
            ("nope", "dev, prod"),
        ] {
            let error = load(FILE, Some(name)).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
            assert!(!format!("{error:?}{error:#}").contains("hush"), "{error:?}");
        }
        let error = load("contexts: {a: {host: 'http://h'}}", None).unwrap_err();
        assert!(error.to_string().contains("default_context"), "{error}");
        let error = load("token: hush\n  password: [hush", Some("a")).unwrap_err();
        assert!(!format!("{error:?}{error:#}").contains("hush"), "{error:?}");
        assert_eq!(Profile::load_from("/nowhere/config.yaml", None).unwrap_err().kind(), ErrorKind::File);
        assert!(!format!("{:?}", load(FILE, Some("prod")).unwrap()).contains("hush"));
    }

    #[test]
    fn credentials_of_a_profile_are_not_sent_to_another_server() {
        let overridden = |pairs: &[(&str, &str)]| {
            let lookup = |name: &str| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            load(FILE, Some("prod")).unwrap().overridden(&lookup)
        };
        let elsewhere = overridden(&[("KESTRA_URL", "http://other.example")]).unwrap();
        assert!(elsewhere.auth.is_none() && elsewhere.headers.is_empty());
        assert_eq!(elsewhere.tenant.as_deref(), Some("acme"));
        let both =
            overridden(&[("KESTRA_URL", "http://other.example"), ("KESTRA_API_TOKEN", "theirs")]).unwrap();
        assert!(both.auth.is_some());
        let tenant = overridden(&[("KESTRA_TENANT_ID", "main")]).unwrap();
        assert!(tenant.auth.is_some() && tenant.tenant.as_deref() == Some("main"));
        assert!(overridden(&[("KESTRA_USERNAME", "a")]).is_err());
    }
}
