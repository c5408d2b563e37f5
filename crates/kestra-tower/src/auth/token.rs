use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use kestra_core::BoxError;
use tokio::time::Instant;

/// A bearer token, and until when it is good.
///
/// ```
/// use std::time::Duration;
/// use kestra_tower::Token;
///
/// let token = Token::new("secret").expires_in(Duration::from_mins(15));
/// assert!(!format!("{token:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct Token {
    text: String,
    lasts: Lasts,
}

/// How long a token is used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lasts {
    /// Until the server refuses it.
    Open,
    /// Until this instant.
    Until(Instant),
    /// Until its source is read again, or longer if that fails.
    UntilRead,
}

impl Token {
    /// A token that is used until the server refuses it.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self { text: token.into(), lasts: Lasts::Open }
    }

    /// Sets how long from now the token is good. The next token is requested a minute earlier, or after three
    /// quarters of the time if that is later.
    #[must_use]
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.lasts = Instant::now().checked_add(time).map_or(Lasts::Open, Lasts::Until);
        self
    }

    /// Sets the time at which the token expires.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "what others call a time is one of the wall clock")]
    pub fn expires_at(self, time: SystemTime) -> Self {
        self.expires_in(time.duration_since(SystemTime::now()).unwrap_or_default())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn lasts(&self) -> Lasts {
        self.lasts
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self::new(token)
    }
}

impl From<&str> for Token {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

kestra_core::debug_fields! { Token, this => { lasts: this.lasts } }

/// Where tokens come from: a vault, an identity provider.
///
/// Closures that return a future of a [`Token`], or of a string, are token sources. The future runs to its end also if the
/// call that needed it is given up, so a source whose own credentials can be used once only is safe.
pub trait TokenSource: Send + Sync + 'static {
    /// Returns a token. Called again shortly before the token expires, and when a server refuses it.
    fn token(&self) -> impl Future<Output = Result<Token, BoxError>> + Send;
}

impl<F, Fut, T, E> TokenSource for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Into<Token>,
    E: Into<BoxError>,
{
    async fn token(&self) -> Result<Token, BoxError> {
        self().await.map(Into::into).map_err(Into::into)
    }
}

/// A token source whose type is hidden.
pub(super) trait AnySource: Send + Sync {
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<Token, BoxError>> + Send + '_>>;
}

impl<S: TokenSource> AnySource for S {
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<Token, BoxError>> + Send + '_>> {
        Box::pin(self.token())
    }
}

/// The largest token file that is read, in bytes; no token is that long.
const FILE_LIMIT: u64 = 64 * 1024;

/// Tokens from a file that another program rotates.
pub(super) struct FileSource {
    path: PathBuf,
}

impl FileSource {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl TokenSource for FileSource {
    async fn token(&self) -> Result<Token, BoxError> {
        let path = self.path.clone();
        let token = tokio::task::spawn_blocking(move || read(&path)).await??;
        Ok(Token { text: token, lasts: Lasts::UntilRead })
    }
}

fn read(path: &Path) -> Result<String, BoxError> {
    let problem = |problem: String| format!("token file {}: {problem}", path.display());
    let mut text = String::new();
    let file = File::open(path).map_err(|error| problem(error.to_string()))?;
    file.take(FILE_LIMIT + 1).read_to_string(&mut text).map_err(|error| problem(error.to_string()))?;
    if text.len() as u64 > FILE_LIMIT {
        return Err(problem(format!("it has more than {FILE_LIMIT} bytes")).into());
    }
    match text.trim() {
        "" => Err(problem("it is empty".to_owned()).into()),
        token => Ok(token.to_owned()),
    }
}
