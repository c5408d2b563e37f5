//! A server that answers every request with the same small flow, in a thread of its own.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The answer: what a server says of a small flow.
pub const FLOW: &str = r#"{"id":"hello","namespace":"company.team","revision":3,"disabled":false,"deleted":false,"labels":[{"key":"team","value":"data"}],"tasks":[{"id":"log","type":"io.kestra.plugin.core.log.Log","message":"hello"}],"updated":"2026-11-24T06:42:51.282790Z","source":"id: hello\nnamespace: company.team\ntasks:\n- id: log\n  type: io.kestra.plugin.core.log.Log\n  message: hello\n"}"#;

/// A path that is never answered.
pub const SILENT: &str = "silent";

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
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(connection);
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path().ends_with(SILENT) {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::new(Bytes::from_static(FLOW.as_bytes())));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}
