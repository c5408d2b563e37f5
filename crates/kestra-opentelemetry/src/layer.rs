use std::fmt;
use std::sync::Arc;

use kestra_core::Observer;
use opentelemetry::metrics::Meter;
use tower_layer::Layer;

use crate::calls::record_event;
use crate::instruments::Instruments;
use crate::service::MetricsService;

/// Records metrics of HTTP requests, and by its [`observer`](Self::observer) those of the client; see the [crate](crate).
///
/// Copies share their instruments. A layer is cheap to copy, and allocates nothing for a request, except for one that fails.
#[derive(Clone)]
pub struct MetricsLayer {
    pub(crate) instruments: Arc<Instruments>,
    pub(crate) has_template: bool,
}

impl MetricsLayer {
    /// Creates the instruments of a meter.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self { instruments: Arc::new(Instruments::new(meter)), has_template: false }
    }

    /// Sets whether the attribute `url.template` is recorded, such as `/api/v1/{tenant}/flows/search`. Defaults to `false`.
    ///
    /// Only requests of the Kestra client have it. It multiplies the number of time series by that of the operations in use.
    #[must_use]
    pub fn url_template(mut self, record: bool) -> Self {
        self.has_template = record;
        self
    }

    /// Returns the observer that records `kestra.client.*` and `http.client.open_connections`, for `ClientBuilder::observe`.
    #[must_use]
    pub fn observer(&self) -> Observer {
        let instruments = Arc::clone(&self.instruments);
        Observer::new(move |event| record_event(&instruments, event))
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> MetricsService<S> {
        MetricsService::new(inner, self.clone())
    }
}

impl fmt::Debug for MetricsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").field("url_template", &self.has_template).finish_non_exhaustive()
    }
}
