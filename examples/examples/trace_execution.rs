//! Draws the task runs of an execution as spans below the span of the call that ran it, after its end.
//!
//! A server with OpenTelemetry continues the trace by itself: it has the `traceparent` of the creation. Others keep times only.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::time::SystemTime;

use kestra::BoxError;
use kestra::jiff::Timestamp;
use kestra::models::{Execution, State, StateType};
use kestra_examples::{NAMESPACE, Server};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanBuilder, Status, TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let exporter = opentelemetry_stdout::SpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    let tracer = provider.tracer("my-service");
    tracing_subscriber::registry()
        .with(tracing_subscriber::EnvFilter::new("info,kestra=debug"))
        .with(tracing_opentelemetry::layer().with_tracer(tracer.clone()))
        .try_init()?;

    let server = Server::start().await?;
    let client = server
        .client()?
        .propagate_trace(|headers| {
            let context = Span::current().context();
            TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
        })
        .build()?;
    let id = format!("trace-{}", std::process::id());
    client.flows().deploy(source(&id)).await?;

    let report = tracing::info_span!("report");
    let parent = report.context();
    let finished = client.executions().run(NAMESPACE, &id).into_future().instrument(report).await?;
    let execution = client.executions().get_execution(finished.id()).await?;
    println!("traceparent of the execution: {:?}", execution.trace_parent);
    println!("{} task runs drawn", draw(&tracer, &parent, &execution));

    client.executions().delete_execution(finished.id()).await?;
    client.flows().delete_flow(NAMESPACE, &id).await?;
    provider.shutdown()?;
    Ok(())
}

/// Makes a span of each task run, below that of its parent. Returns their number.
fn draw(tracer: &SdkTracer, parent: &Context, execution: &Execution) -> usize {
    // A parent comes before its children.
    let mut contexts: HashMap<&str, Context> = HashMap::new();
    for run in execution.task_run_list.iter().flatten() {
        let Some((state, (start, end))) = run.state.as_ref().and_then(|state| Some((state, times(state)?)))
        else {
            continue;
        };
        let above = run.parent_task_run_id.as_deref().and_then(|id| contexts.get(id)).unwrap_or(parent);
        let mut span = SpanBuilder::from_name(run.task_id.clone())
            .with_start_time(start)
            .with_attributes([
                KeyValue::new("kestra.execution.id", execution.id.clone()),
                KeyValue::new("kestra.task.id", run.task_id.clone()),
                KeyValue::new("kestra.task_run.state", state.current.to_string()),
            ])
            .start_with_context(tracer, above);
        if state.current == StateType::Failed {
            span.set_status(Status::error("the task run failed"));
        }
        span.end_with_timestamp(end);
        contexts.insert(&run.id, above.with_remote_span_context(span.span_context().clone()));
    }
    contexts.len()
}

/// Returns when a task run began and ended.
fn times(state: &State) -> Option<(SystemTime, SystemTime)> {
    let start = state.start_date.or_else(|| state.histories.first()?.date)?;
    let end = state.end_date.or_else(|| state.histories.last()?.date).unwrap_or(start);
    let time =
        |at: Timestamp| SystemTime::UNIX_EPOCH + at.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs();
    Some((time(start), time(end)))
}

fn source(id: &str) -> String {
    format!(
        r#"
id: {id}
namespace: {NAMESPACE}
tasks:
  - id: extract
    type: io.kestra.plugin.core.log.Log
    message: extracting
  - id: both
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - id: load
        type: io.kestra.plugin.core.flow.Sleep
        duration: PT0.1S
      - id: report
        type: io.kestra.plugin.core.log.Log
        message: reporting
"#
    )
}
