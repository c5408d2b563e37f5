//! A gateway in front of a server, which may lose it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What gateways give with a 404: nginx and load balancers a page, Traefik a line, Envoy nothing, Kong and API Gateway JSON.
pub(crate) const PAGES: [&str; 4] = [
    "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
    "404 page not found\n",
    "",
    r#"{"message":"Not Found","request_id":"6d1b0c0a"}"#,
];

/// Passes connections on to a server, or breaks them and responds with 404s while it has lost the server.
pub(crate) struct Gateway {
    address: SocketAddr,
    is_lost: watch::Sender<bool>,
}

impl Gateway {
    pub(crate) async fn before(server: SocketAddr, page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_lost, lost) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, server, lost.clone(), page));
            }
        });
        Self { address, is_lost }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn lose_server(&self) {
        self.is_lost.send_replace(true);
    }

    pub(crate) fn find_server(&self) {
        self.is_lost.send_replace(false);
    }
}

/// Serves a connection until the state of the gateway changes.
async fn serve(
    mut stream: TcpStream,
    server: SocketAddr,
    mut lost: watch::Receiver<bool>,
    page: &'static str,
) -> std::io::Result<()> {
    if !*lost.borrow_and_update() {
        let mut server = TcpStream::connect(server).await?;
        tokio::select! {
            passed = tokio::io::copy_bidirectional(&mut stream, &mut server) => passed.map(drop)?,
            _ = lost.changed() => {}
        }
        return Ok(());
    }
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            length => head.extend_from_slice(&part[..length]),
        }
    }
    let kind = if page.starts_with('{') { "application/json" } else { "text/html" };
    let length = page.len();
    let response = format!(
        "HTTP/1.1 404 Not Found\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    // What is left of the request is read, as closing before that would reset the connection.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}
