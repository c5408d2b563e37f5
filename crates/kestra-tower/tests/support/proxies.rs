//! Small proxies that keep a record of what they were asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Server, read_head};

/// What a proxy was asked, in its order.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    pub fn push(&self, line: impl Into<String>) {
        self.0.lock().expect("the record").push(line.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("the record").clone()
    }
}

/// Serves one connection of an HTTP proxy: tunnels, or answers a forwarded request itself. Every name leads to
/// `upstream`. With `authorization`, that value is demanded.
pub async fn http<S>(mut stream: S, record: Record, upstream: String, authorization: Option<&'static str>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let head = read_head(&mut stream).await;
        if head.is_empty() {
            return;
        }
        record.push(&*head);
        let value = header(&head, "proxy-authorization");
        if authorization.is_some() && value.as_deref() != authorization {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(refusal.as_bytes()).await;
            continue;
        }
        if head.starts_with("CONNECT ") {
            let Ok(mut target) = TcpStream::connect(&upstream).await else { return };
            let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
            return;
        }
        let _ = stream.write_all(super::json("\"forwarded\"").as_bytes()).await;
    }
}

/// An HTTP proxy that listens.
pub async fn http_proxy(
    record: Record,
    upstream: impl Into<String>,
    authorization: Option<&'static str>,
) -> Server {
    let upstream = upstream.into();
    Server::start(move |stream, _| http(stream, record.clone(), upstream.clone(), authorization)).await
}

/// A SOCKS 5 proxy: every name and address leads to `upstream`.
pub async fn socks_proxy(
    record: Record,
    upstream: impl Into<String>,
    credentials: Option<(&'static str, &'static str)>,
) -> Server {
    let upstream = upstream.into();
    Server::start(move |stream, _| {
        let (record, upstream) = (record.clone(), upstream.clone());
        async move {
            let _ = socks(stream, record, upstream, credentials).await;
        }
    })
    .await
}

async fn socks(
    mut stream: TcpStream,
    record: Record,
    upstream: String,
    credentials: Option<(&str, &str)>,
) -> std::io::Result<()> {
    let mut start = [0; 2];
    stream.read_exact(&mut start).await?;
    let mut methods = vec![0; start[1].into()];
    stream.read_exact(&mut methods).await?;
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, method]).await?;
    if let Some((user, password)) = credentials {
        assert_eq!(stream.read_u8().await?, 1, "version of the credentials");
        let given = (read_text(&mut stream).await?, read_text(&mut stream).await?);
        let right = given == (user.to_owned(), password.to_owned());
        stream.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(());
        }
    }
    let mut command = [0; 4];
    stream.read_exact(&mut command).await?;
    let host = match command[3] {
        1 => {
            let mut ip = [0; 4];
            stream.read_exact(&mut ip).await?;
            format!("ip {}", std::net::Ipv4Addr::from(ip))
        }
        3 => format!("name {}", read_text(&mut stream).await?),
        _ => "another address".to_owned(),
    };
    let port = stream.read_u16().await?;
    record.push(format!("{host} {port}"));
    if host == "name refused.test" {
        return stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    }
    let mut target = TcpStream::connect(upstream).await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
    tokio::io::copy_bidirectional(&mut stream, &mut target).await?;
    Ok(())
}

async fn read_text(stream: &mut TcpStream) -> std::io::Result<String> {
    let length = stream.read_u8().await?;
    let mut text = vec![0; length.into()];
    stream.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The value of a header within a head.
pub fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (given, value) = line.split_once(':')?;
        given.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
