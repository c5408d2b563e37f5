//! HTTP by hand, to see what really goes over the wire.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a test waits for something that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// An answer as it came.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether the connection broke before the body was complete.
    pub(crate) cut: bool,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A request as text.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text + "\r\n" + body
}

/// Sends a request on a connection of its own; nothing if the connection was cut before an answer.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.ok()?;
    timeout(PATIENCE, read(&mut stream)).await.expect("an answer in time")
}

/// A request without headers of its own.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str) -> Option<Answer> {
    send(address, &request(method, path, &[], "")).await
}

/// Creates a flow.
pub(crate) async fn create_flow(address: SocketAddr, source: &str) -> Answer {
    let yaml = [("content-type", "application/x-yaml")];
    send(address, &request("POST", "/api/v1/main/flows", &yaml, source)).await.expect("an answer")
}

/// Reads one answer with a content length, or until the end.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let status = head.split(' ').nth(1)?.parse().ok()?;
            let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned(), cut: false };
            let length = answer.header("content-length").and_then(|value| value.parse().ok());
            if length.is_some_and(|length: usize| body.len() >= length)
                || answer.header("content-length").is_none() && status == 204
            {
                return Some(answer);
            }
            match stream.read(&mut buffer).await {
                Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
                _ => {
                    answer.cut = length.is_some() || !body.ends_with("0\r\n\r\n");
                    return Some(answer);
                }
            }
            continue;
        }
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}
