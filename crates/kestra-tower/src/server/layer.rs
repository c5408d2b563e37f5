use std::sync::Arc;
use std::time::Duration;

use kestra_core::{Observer, Servers, Version};
use tower_layer::Layer;

use super::cluster::Cluster;
use super::service::ServerService;
use super::version_cache::VersionCache;

/// Points requests at a server; see the [module](super).
#[derive(Clone, Debug)]
pub struct ServerLayer {
    pub(super) settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) servers: Servers,
    pub(super) cluster: Option<Cluster>,
    pub(super) api_version: Option<Version>,
    pub(super) version_ttl: Duration,
    pub(super) version_timeout: Duration,
    pub(super) versions: VersionCache,
    pub(super) observer: Option<Observer>,
}

impl ServerLayer {
    /// Points requests at these servers. What is wrong with the list comes out with the first call, or with
    /// [`Servers::check`].
    #[must_use]
    pub fn new(servers: impl Into<Servers>) -> Self {
        let servers = servers.into();
        Self {
            settings: Arc::new(Settings {
                cluster: Cluster::of(&servers),
                servers,
                api_version: None,
                version_ttl: Duration::from_mins(5),
                version_timeout: Duration::from_secs(10),
                versions: VersionCache::new(),
                observer: None,
            }),
        }
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(&mut self.settings));
        self
    }

    /// Sets the version of all servers, so that it isn't detected. A call's own option wins.
    #[must_use]
    pub fn api_version(self, version: Version) -> Self {
        self.set(|settings| settings.api_version = Some(version))
    }

    /// Sets how long a detected version is trusted. Defaults to 5 minutes.
    #[must_use]
    pub fn version_ttl(self, ttl: Duration) -> Self {
        self.set(|settings| settings.version_ttl = ttl)
    }

    /// Sets the timeout of a version detection. Defaults to 10 seconds.
    #[must_use]
    pub fn version_timeout(self, limit: Duration) -> Self {
        self.set(|settings| settings.version_timeout = limit)
    }

    /// Shares what is known about servers with other layers; each layer has its own cache by default.
    #[must_use]
    pub fn version_cache(self, cache: VersionCache) -> Self {
        self.set(|settings| settings.versions = cache)
    }

    /// Sets the observer of version detections, and of members of a cluster that are left out and come back. None by default.
    #[must_use]
    pub fn observe(self, observer: Observer) -> Self {
        self.set(|settings| settings.observer = Some(observer))
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService::new(inner, Arc::clone(&self.settings))
    }
}
