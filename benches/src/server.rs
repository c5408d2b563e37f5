//! A server that returns the same response to every request for an operation, in a thread of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::LazyLock;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::decoding;

const CONFIGURATION: &str = r#"{"uuid":"1aHSh6ACqi22SJDpgqba56","version":"1.3.25","edition":"OSS","chartDefaultDuration":"PT24H","isCustomDashboardsEnabled":true,"isAnonymousUsageEnabled":false,"isUiAnonymousUsageEnabled":false,"isTemplateEnabled":false,"url":"http://localhost:8080/","preview":{"initial":100,"max":5000},"systemNamespace":"system","hiddenLabelsPrefixes":["system.","internal."],"isAiEnabled":false,"isAiApiKeyConfigured":false,"isBasicAuthInitialized":true,"pluginsHash":0,"isConcurrencyViewEnabled":true}"#;

const FLOW: &str = r#"{"id":"hello","namespace":"company.team","revision":3,"disabled":false,"deleted":false,"labels":[{"key":"team","value":"data"}],"tasks":[{"id":"log","type":"io.kestra.plugin.core.log.Log","message":"hello"}],"updated":"2026-11-24T06:42:51.282790Z","source":"id: hello\nnamespace: company.team\ntasks:\n- id: log\n  type: io.kestra.plugin.core.log.Log\n  message: hello\n"}"#;

const EXECUTION: &str = r#"{"id":"4ItUHq8BTMAb6NB1mDVvUN","namespace":"company.team","flowId":"hello","flowRevision":3,"inputs":{"name":"world"},"labels":[{"key":"system.correlationId","value":"4ItUHq8BTMAb6NB1mDVvUN"}],"variables":{},"state":{"current":"CREATED","histories":[{"state":"CREATED","date":"2026-11-24T06:42:51.282790739Z"}],"duration":"PT0.006321938S","startDate":"2026-11-24T06:42:51.282790739Z"},"originalId":"4ItUHq8BTMAb6NB1mDVvUN","deleted":false,"metadata":{"attemptNumber":1,"originalCreatedDate":"2026-11-24T06:42:51.283604870Z"},"url":"http://localhost:8080/ui/main/executions/company.team/hello/4ItUHq8BTMAb6NB1mDVvUN"}"#;

/// Serves on a free port of the loopback until the process ends.
///
/// # Errors
///
/// The port can't be bound, or the thread not be started.
pub fn spawn() -> std::io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("server".to_owned()).spawn(move || runtime.block_on(serve(listener)))?;
    Ok(address)
}

/// Serves on a listener until the process ends.
///
/// # Errors
///
/// The listener can't be used, or stops to give connections.
pub async fn serve(listener: std::net::TcpListener) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(respond));
        tokio::spawn(connection);
    }
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    drop(body.collect().await);
    let Some(body) = body_for(parts.uri.path()) else { return std::future::pending().await };
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Returns the body of the response for a path, or `None` if there is never a response.
pub(crate) fn body_for(path: &str) -> Option<Bytes> {
    Some(match path {
        "/api/v1/configs" => CONFIGURATION.into(),
        "/api/v1/main/executions/search" => page(),
        path if path.contains("/executions/") => EXECUTION.into(),
        path if path.ends_with("/silent") => return None,
        _ => FLOW.into(),
    })
}

fn page() -> Bytes {
    static PAGE: LazyLock<Bytes> = LazyLock::new(|| decoding::page(25).into());
    PAGE.clone()
}
