//! A way through a SOCKS proxy of version 5.

use std::net::IpAddr;

use http::Uri;
use kestra_core::{Error, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stream::Stream;
use crate::transport::proxy::{Endpoint, Host, Kind, port};

const VERSION: u8 = 5;
const NO_CREDENTIALS: u8 = 0;
const PASSWORD: u8 = 2;

/// Asks a proxy to connect us with `target`.
pub(super) async fn open(mut stream: Stream, proxy: &Endpoint, target: &Uri) -> Result<Stream, Error> {
    let port = port(target);
    let name = Host::new(target.host().unwrap_or_default());
    let address = match (name.ip, proxy.kind) {
        (None, Kind::Socks5) => Some(resolve(name.name, port).await?),
        (ip, _) => ip,
    };
    ask(&mut stream, proxy, address, name.name, port).await.map_err(|failure| {
        let error = |why: &str| {
            Error::new(ErrorKind::Proxy, format!("{proxy} found no way to {}:{port}: {why}", name.name))
        };
        match failure {
            Failure::Refused(why) => error(why),
            Failure::Broken(problem) => error("the connection broke").caused_by(problem),
        }
    })?;
    Ok(stream)
}

/// Why a proxy connects us with nothing.
enum Failure {
    Refused(&'static str),
    Broken(std::io::Error),
}

impl From<std::io::Error> for Failure {
    fn from(problem: std::io::Error) -> Self {
        Self::Broken(problem)
    }
}

/// The handshake of RFC 1928, with the passwords of RFC 1929.
async fn ask(
    stream: &mut Stream,
    proxy: &Endpoint,
    address: Option<IpAddr>,
    name: &str,
    port: u16,
) -> Result<(), Failure> {
    let credentials = proxy.credentials();
    let methods: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_CREDENTIALS, PASSWORD],
        None => &[VERSION, 1, NO_CREDENTIALS],
    };
    match (say(stream, methods).await?, credentials) {
        ([VERSION, NO_CREDENTIALS], _) => {}
        ([VERSION, PASSWORD], Some((user, password))) => {
            let mut message = vec![1];
            add_text(&mut message, user)?;
            add_text(&mut message, password)?;
            let [_, status] = say(stream, &message).await?;
            if status != 0 {
                return Err(Failure::Refused("it doesn't accept the credentials in its URL"));
            }
        }
        ([VERSION, _], None) => return Err(Failure::Refused("it wants credentials; put them in its URL")),
        ([VERSION, _], Some(_)) => return Err(Failure::Refused("it takes no user and password")),
        _ => return Err(Failure::Refused("it doesn't speak SOCKS 5")),
    }
    let mut message = vec![VERSION, 1, 0];
    match address {
        Some(IpAddr::V4(ip)) => {
            message.push(1);
            message.extend_from_slice(&ip.octets());
        }
        Some(IpAddr::V6(ip)) => {
            message.push(4);
            message.extend_from_slice(&ip.octets());
        }
        None => {
            message.push(3);
            add_text(&mut message, name)?;
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    let [version, status, _, form] = say(stream, &message).await?;
    match (version, status) {
        (VERSION, 0) => {}
        (VERSION, status) => return Err(Failure::Refused(reason(status))),
        _ => return Err(Failure::Refused("it doesn't speak SOCKS 5")),
    }
    // The address that it connects from, which nobody needs.
    let length = match form {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await?),
        _ => return Err(Failure::Refused("it doesn't speak SOCKS 5")),
    };
    stream.read_exact(&mut [0; 257][..length + 2]).await?;
    Ok(())
}

/// Sends a message and reads so much of the answer.
async fn say<const N: usize>(stream: &mut Stream, message: &[u8]) -> Result<[u8; N], Failure> {
    stream.write_all(message).await?;
    stream.flush().await?;
    let mut answer = [0; N];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// Adds a length and a text.
fn add_text(message: &mut Vec<u8>, text: &str) -> Result<(), Failure> {
    let length = text.len().try_into();
    message.push(length.map_err(|_| Failure::Refused("a name or password has more than 255 bytes"))?);
    message.extend_from_slice(text.as_bytes());
    Ok(())
}

fn reason(status: u8) -> &'static str {
    match status {
        2 => "its rules forbid that",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the connection was refused",
        6 => "the way was too long",
        7 => "it can't do that",
        8 => "it knows no such kind of address",
        _ => "it failed",
    }
}

/// Looks a name up without holding up the runtime, and takes an IPv4 address if there is one: few proxies reach others.
async fn resolve(name: &str, port: u16) -> Result<IpAddr, Error> {
    let failed = || {
        Error::new(ErrorKind::Connect, format!("{name} can't be resolved; socks5h:// lets the proxy do it"))
    };
    let found = tokio::net::lookup_host((name, port)).await.map_err(|problem| failed().caused_by(problem))?;
    let addresses: Vec<_> = found.map(|address| address.ip()).collect();
    addresses.iter().find(|ip| ip.is_ipv4()).or(addresses.first()).copied().ok_or_else(failed)
}
