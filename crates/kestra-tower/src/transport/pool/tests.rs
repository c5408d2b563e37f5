use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::Request;
use kestra_core::{Body, Timeouts};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::http1::Http1;
use super::*;
use crate::transport::connector::{Connection, Connector, ConnectorLayers, Stream, Tcp, Tls};
use crate::transport::proxy::Proxy;
use crate::transport::tls::TlsSetup;

/// A stream that is closed between two looks at it.
struct Closing {
    looks: usize,
    written: Arc<AtomicUsize>,
}

impl Tls for Closing {
    #[cfg(feature = "http2")]
    fn is_http2(&self) -> bool {
        false
    }
}

impl AsyncRead for Closing {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.looks += 1;
        if self.looks == 1 { Poll::Pending } else { Poll::Ready(Ok(())) }
    }
}

impl AsyncWrite for Closing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.written.fetch_add(bytes.len(), Ordering::SeqCst);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_request_whose_connection_closes_before_it_is_written_goes_on_a_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/path", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let tcp = Tcp { keepalive: None, nodelay: true };
    let tls = TlsSetup::deferred(false);
    let connector = Connector::new(tcp, &ConnectorLayers::default(), Proxy::none(), tls, Timeouts::default());
    let pool = Pool::new(connector, Builder::new(), Limits { idle: None, max_idle: 9 }, None);
    let written = Arc::new(AtomicUsize::new(0));
    let request = Request::post(&url).body(RequestBody::new(Body::from("body"), None)).unwrap();
    let host = pool.host_of(request.uri(), None).unwrap();
    for _ in 0..2 {
        let stream = Stream::Tls(Box::new(Closing { looks: 0, written: Arc::clone(&written) }));
        let connection = Http1::new(Connection::new(stream, false), &Builder::new(), || None).await.unwrap();
        host.with(|state, effects| state.put(connection, Instant::now(), effects));
    }
    let mut call = Pool::call(request, None, false);
    let (parts, _) = poll_fn(|cx| call.poll(&pool, || false, cx)).await.unwrap();
    assert_eq!(parts.status, 204);
    assert_eq!(written.load(Ordering::SeqCst), 0);
    let seen = server.await.unwrap();
    assert!(seen.starts_with("POST /path HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nbody"), "{seen}");
    assert_eq!(seen.matches("host: ").count(), 1, "{seen}");
}
