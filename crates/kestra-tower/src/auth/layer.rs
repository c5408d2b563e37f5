use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tower_layer::Layer;

use super::credentials::Auth;
use super::service::AuthService;

/// Puts credentials on requests; see the [module](super).
#[derive(Clone, Debug)]
pub struct AuthLayer {
    pub(super) settings: Arc<Settings>,
}

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) auth: Auth,
    pub(super) webhooks: bool,
    /// Whether plain HTTP was warned about.
    pub(super) warned: AtomicBool,
}

impl AuthLayer {
    /// Puts these credentials on requests.
    #[must_use]
    pub fn new(auth: Auth) -> Self {
        Self { settings: Arc::new(Settings { auth, webhooks: false, warned: AtomicBool::new(false) }) }
    }

    /// Short for `AuthLayer::new(Auth::bearer(token))`.
    #[must_use]
    pub fn bearer(token: impl AsRef<str>) -> Self {
        Self::new(Auth::bearer(token))
    }

    /// Short for `AuthLayer::new(Auth::basic(user, password))`.
    #[must_use]
    pub fn basic(user: impl AsRef<str>, password: impl AsRef<str>) -> Self {
        Self::new(Auth::basic(user, password))
    }

    /// Sends credentials to webhooks as well, or not (the default). The server stores them with the execution; up to 1.0.3
    /// it may want them all the same.
    #[must_use]
    pub fn webhooks(self, send: bool) -> Self {
        let auth = self.settings.auth.clone();
        Self { settings: Arc::new(Settings { auth, webhooks: send, warned: AtomicBool::new(false) }) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService::new(inner, Arc::clone(&self.settings))
    }
}
