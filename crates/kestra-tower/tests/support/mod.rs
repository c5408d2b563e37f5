//! Servers and proxies on loopback that do exactly what a test tells them.

#![allow(dead_code, unreachable_pub)]

pub mod proxies;
#[cfg(feature = "ring")]
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::internal::ACCEPT_JSON;
use kestra_core::{
    Body, Call, CallOptions, Error, OperationInfo, ResponseKind, Route, Target, Traffic, Versions,
};
use kestra_tower::Transport;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tower_service::Service as _;

const ROUTES: &[Route] = &[Route::get("/api/v1/thing", Versions::ALL)];
const POST_ROUTES: &[Route] = &[Route::post("/api/v1/thing", Versions::ALL)];

pub static READ: OperationInfo = OperationInfo::new("read_thing", "things", ROUTES);
pub static CREATE: OperationInfo = OperationInfo::new("create_thing", "things", POST_ROUTES);
pub static UPLOAD: OperationInfo =
    OperationInfo::new("upload_thing", "things", POST_ROUTES).traffic(Traffic::Upload);
pub static DOWNLOAD: OperationInfo = OperationInfo::new("download_thing", "things", ROUTES)
    .response(ResponseKind::Download, ACCEPT_JSON)
    .traffic(Traffic::Download);

/// A listener whose connections a test serves; it ends with the value.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Server {
    /// Serves each connection, which comes with its number from 0.
    pub async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, number));
            }
        });
        Self { address, connections, task: task.abort_handle() }
    }

    /// Reads one head a connection, answers with these bytes, and closes.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Arc::new(bytes.into());
        Self::start(move |mut stream, _| {
            let bytes = Arc::clone(&bytes);
            async move {
                read_head(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
            }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a head and whatever came with it.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub fn json(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The bytes as gzip.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, plain).expect("memory");
    encoder.finish().expect("memory")
}

/// A response with these headers, each with its line break.
pub fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// A transport that the environment of the test can't change.
pub fn transport() -> Transport {
    Transport::builder().no_proxy().build().expect("a transport")
}

pub fn request(info: &'static OperationInfo, url: &str) -> Request<Body> {
    request_with(info, url, CallOptions::new(), None)
}

pub fn request_with(
    info: &'static OperationInfo,
    url: &str,
    options: CallOptions,
    body: Option<Body>,
) -> Request<Body> {
    let mut call = Call::new(info);
    if let Some(body) = body {
        call.set_body("text/plain", body);
    }
    call.change_options(|_| options);
    call.into_request_for(&Target::new(url)).expect("a request")
}

/// Sends a request, with an end to the patience of the test.
pub async fn send(transport: &Transport, request: Request<Body>) -> Result<Response<Body>, Error> {
    let sent = transport.clone().call(request);
    let answer = tokio::time::timeout(Duration::from_secs(20), sent).await.expect("an answer in time");
    answer.map_err(Error::from_boxed)
}

/// The body of an answer that was read whole.
pub fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().into_bytes().expect("a body in memory");
    String::from_utf8(bytes.to_vec()).expect("text")
}
