use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use kestra_core::Error;

use super::provider::Provider;
use super::token::{FileSource, Token, TokenSource};

/// Credentials: none, a user with a password, a token, or where tokens come from. Copies are cheap and share a token.
///
/// ```
/// use std::time::Duration;
///
/// use kestra_core::BoxError;
/// use kestra_tower::{Auth, Token};
///
/// # async fn ask_the_vault() -> Result<String, BoxError> { Ok(String::new()) }
/// let basic = Auth::basic("admin@kestra.io", "Secret123");
/// let bearer = Auth::bearer("token");
/// let rotated = Auth::file("/var/run/secrets/kestra/token");
/// let provider = Auth::provider(|| async {
///     let token = ask_the_vault().await?;
///     Ok::<_, BoxError>(Token::new(token).expires_in(Duration::from_hours(1)))
/// });
/// # let _ = (basic, bearer, rotated, provider);
/// ```
#[derive(Clone, Default)]
pub struct Auth(pub(super) Kind);

#[derive(Clone, Default)]
pub(super) enum Kind {
    #[default]
    None,
    Fixed(Arc<Fixed>),
    Provider(Arc<Provider>),
}

pub(super) struct Fixed {
    scheme: &'static str,
    header: Result<HeaderValue, Problem>,
}

/// The field that is wrong, and what is wrong with it.
type Problem = (&'static str, &'static str);

impl Auth {
    /// No credentials.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A user with a password. An empty user, a colon in it or a line break in either is an error of the first call, or of
    /// [`check`](Self::check).
    #[must_use]
    pub fn basic(user: impl AsRef<str>, password: impl AsRef<str>) -> Self {
        Self(Kind::Fixed(Arc::new(Fixed {
            scheme: "basic",
            header: basic_header(user.as_ref(), password.as_ref()),
        })))
    }

    /// Creates a bearer token, such as an API token of Enterprise Edition, without `Bearer` before it. A token that is
    /// empty, begins with a scheme or has a line break is an error of the first call, or of [`check`](Self::check).
    #[must_use]
    pub fn bearer(token: impl AsRef<str>) -> Self {
        Self(Kind::Fixed(Arc::new(Fixed { scheme: "bearer", header: bearer_header(token.as_ref()) })))
    }

    /// Tokens from a source, such as an asynchronous closure that gives a [`Token`] or a string; it may take 30 seconds.
    #[must_use]
    pub fn provider(source: impl TokenSource) -> Self {
        Self(Kind::Provider(Arc::new(Provider::new("provider", source))))
    }

    /// The token in a file that something else rotates, such as a mounted secret. It is read again when a call comes more
    /// than 10 seconds after the last time, and after a 401; blanks and line breaks around the token are ignored.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Provider(Arc::new(Provider::new("file", FileSource::new(path.into())))))
    }

    /// Looks at what can be looked at without a call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](kestra_core::ErrorKind::Build) that names the user, password or token that no header can have.
    pub fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Kind::Fixed(fixed) => fixed.header().map(|_| ()),
            Kind::None | Kind::Provider(_) => Ok(()),
        }
    }
}

impl Fixed {
    pub(super) fn header(&self) -> Result<&HeaderValue, Error> {
        self.header.as_ref().map_err(|(field, problem)| Error::invalid(field, problem))
    }
}

impl Token {
    /// The header that the token makes.
    pub(super) fn header(&self) -> Result<HeaderValue, Error> {
        bearer_header(self.text()).map_err(|(field, problem)| Error::invalid(field, problem))
    }
}

fn basic_header(user: &str, password: &str) -> Result<HeaderValue, Problem> {
    let is_control = |character: char| character.is_control();
    let problem = |field, problem| Err((field, problem));
    match () {
        () if user.is_empty() => return problem("user", "it is empty"),
        () if user.contains(':') => return problem("user", "it has a colon, which basic auth doesn't allow"),
        () if user.contains(is_control) => return problem("user", CONTROL),
        () if password.contains(is_control) => return problem("password", CONTROL),
        () => {}
    }
    let mut pair = String::with_capacity(user.len() + 1 + password.len());
    pair.push_str(user);
    pair.push(':');
    pair.push_str(password);
    let mut header = String::from("Basic ");
    STANDARD.encode_string(pair, &mut header);
    sensitive(header, "password")
}

fn bearer_header(token: &str) -> Result<HeaderValue, Problem> {
    let problem = match () {
        () if token.trim().is_empty() => "it is empty",
        () if token.contains(|character: char| character.is_control()) => CONTROL,
        () if names_scheme(token) => {
            "it begins with the name of a scheme: remove `Bearer` or `Basic` and the space"
        }
        () => return sensitive(format!("Bearer {token}"), "token"),
    };
    Err(("token", problem))
}

/// Returns whether a token is a whole header value that begins with a scheme.
fn names_scheme(token: &str) -> bool {
    token.trim_start().split_once(' ').is_some_and(|(scheme, _)| {
        ["bearer", "basic", "token"]
            .iter()
            .any(|known| scheme.trim_end_matches(':').eq_ignore_ascii_case(known))
    })
}

const CONTROL: &str =
    "it has a line break or another control character; was it read from a file with a line break at its end?";

fn sensitive(header: String, field: &'static str) -> Result<HeaderValue, Problem> {
    let mut header = HeaderValue::try_from(header).map_err(|_| (field, "a header can't contain it"))?;
    header.set_sensitive(true);
    Ok(header)
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::None => "none",
            Kind::Fixed(fixed) => fixed.scheme,
            Kind::Provider(provider) => provider.name(),
        };
        write!(f, "Auth({kind})")
    }
}
