//! Ships the spans of calls and attempts as OpenTelemetry, here to stdout, and passes the trace on to the server.
#![allow(clippy::print_stdout)]

use kestra::BoxError;
use kestra::http::{HeaderMap, HeaderName, HeaderValue};
use kestra_examples::{NAMESPACE, Server};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // Any exporter fits: OTLP in production, stdout here.
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("my-service").build())
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    Registry::default()
        .with(EnvFilter::new("info,kestra=debug"))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("my-service")))
        .try_init()?;

    let server = Server::start().await?;
    let client = server
        .client()?
        .propagate_trace(|headers| {
            let context = Span::current().context();
            TraceContextPropagator::new().inject_context(&context, &mut Headers(headers));
        })
        .build()?;
    let work = async {
        client.flows().search_flows().size(1).await?;
        // An error marks its spans.
        let missing = client.flows().get_flow(NAMESPACE, "missing").await;
        tracing::info!(found = missing.is_ok(), "looked for a flow");
        Ok::<_, kestra::Error>(())
    };
    work.instrument(tracing::info_span!("work")).await?;

    provider.shutdown()?;
    Ok(())
}

/// Where a propagator writes to; the crate `opentelemetry-http` has one as well.
struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
