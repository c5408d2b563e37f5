//! A forward proxy on a loopback port, so that the examples have one.

use std::net::SocketAddr;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{Either, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kestra::BoxError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Answer = Response<Either<Incoming, Empty<Bytes>>>;
type Forward = legacy::Client<legacy::connect::HttpConnector, Incoming>;

/// A proxy that ends with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start() -> Result<Self, BoxError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&seen)));
        Ok(Self { address, seen, accepting })
    }

    /// Its URL, as a setting takes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came through it, a tunnel being one.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, seen: Arc<AtomicUsize>) {
    let forward: Forward = legacy::Client::builder(TokioExecutor::new()).build_http();
    while let Ok((stream, _)) = listener.accept().await {
        let (forward, seen) = (forward.clone(), Arc::clone(&seen));
        let service = service_fn(move |request| {
            seen.fetch_add(1, Ordering::Relaxed);
            answer(forward.clone(), request)
        });
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection.with_upgrades());
    }
}

/// Forwards a request whose URL is absolute, or opens a tunnel.
async fn answer(forward: Forward, request: Request<Incoming>) -> Result<Answer, BoxError> {
    if request.method() != Method::CONNECT {
        return Ok(forward.request(request).await?.map(Either::Left));
    }
    let Some(target) = request.uri().authority().map(ToString::to_string) else {
        return Ok(empty(StatusCode::BAD_REQUEST));
    };
    let Ok(mut server) = TcpStream::connect(target).await else {
        return Ok(empty(StatusCode::BAD_GATEWAY));
    };
    tokio::spawn(async move {
        let mut client = TokioIo::new(hyper::upgrade::on(request).await?);
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        Ok::<_, BoxError>(())
    });
    Ok(empty(StatusCode::OK))
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Right(Empty::new()));
    *answer.status_mut() = status;
    answer
}
