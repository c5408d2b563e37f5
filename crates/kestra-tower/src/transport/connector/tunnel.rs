//! A tunnel through an HTTP proxy.
//!
//! hyper-util has one as well, but its error lacks the response of the proxy.

use http::StatusCode;
use kestra_core::{Error, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stream::Stream;
use crate::transport::proxy::{Endpoint, credentials_refused};

/// How long a proxy's head may be, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;

/// Asks a proxy to connect us with `target`, which is a host and a port.
pub(super) async fn open(mut stream: Stream, proxy: &Endpoint, target: &str) -> Result<Stream, Error> {
    let broken = |problem| {
        let message = format!("{proxy} closed the connection during CONNECT to {target}");
        Error::from_source(ErrorKind::Proxy, problem).with_message(message)
    };
    stream.write_all(&request(proxy, target)).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut head = Vec::with_capacity(256);
    let end = loop {
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        if head.len() > HEAD_LIMIT {
            return Err(refused(proxy, target, "its response head is too large"));
        }
        if stream.read_buf(&mut head).await.map_err(broken)? == 0 {
            return Err(refused(proxy, target, "it closed the connection without a response"));
        }
    };
    match status(&head[..end]) {
        Some(StatusCode::OK) if head.len() == end => Ok(stream),
        // Nobody but us may speak first within a tunnel.
        Some(StatusCode::OK) => Err(refused(proxy, target, "it sent data after its response head")),
        Some(status @ (StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED)) => {
            Err(credentials_refused(proxy, status))
        }
        Some(status) => Err(refused(proxy, target, status.to_string().trim_end())),
        None => Err(refused(proxy, target, "its response isn't HTTP")),
    }
}

fn refused(proxy: &Endpoint, target: &str, why: &str) -> Error {
    Error::new(ErrorKind::Proxy, format!("{proxy} opened no tunnel to {target}: {why}"))
}

fn request(proxy: &Endpoint, target: &str) -> Vec<u8> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// The status in the first line of a head.
fn status(head: &[u8]) -> Option<StatusCode> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    match rest {
        [b'0' | b'1', b' ', code @ ..] if matches!(code.get(3), Some(b' ' | b'\r')) => {
            StatusCode::from_bytes(code.get(..3)?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_from_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(StatusCode::OK));
        assert_eq!(status(b"HTTP/1.0 200\r\n\r\n"), Some(StatusCode::OK));
        assert_eq!(status(b"HTTP/1.1 407 x\r\n\r\n"), Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED));
        for wrong in
            ["HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "SSH-2.0\r\n\r\n", ""]
        {
            assert_eq!(status(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
