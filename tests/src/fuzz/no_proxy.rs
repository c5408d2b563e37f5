//! Lists of hosts that are reached without a proxy.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use kestra_tower::Proxy;

use super::{fields, text};

/// Who is reached directly is who some entry of a list names, in any case and order; a plain entry names what its text says, and
/// every host names itself.
///
/// Fields: a list, another list, host and port.
pub fn no_proxy(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let (first, second) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let authority = fields.next().unwrap_or_default();
    let Ok(uri) = Uri::from_str(&format!("http://{authority}/")) else { return };
    let Some(host) = uri.host() else { return };
    let is_direct = |list: &str| !proxy().no_proxy(list).is_used_for(&uri);
    assert!(!is_direct("") && is_direct("*"));
    assert_eq!(is_direct(&format!("{first},{second}")), is_direct(&first) || is_direct(&second));
    assert_eq!(
        !proxy().no_proxy(&first).no_proxy(&second).is_used_for(&uri),
        is_direct(&first) || is_direct(&second)
    );
    assert_eq!(is_direct(&first.to_ascii_uppercase()), is_direct(&first.to_ascii_lowercase()));

    for list in [&first, &second] {
        let entries = list.split(|character: char| character == ',' || character.is_whitespace());
        for entry in entries.filter(|entry| !entry.is_empty()) {
            if let Some(meant) = names(entry, host, uri.port_u16().unwrap_or(80)) {
                assert_eq!(is_direct(entry), meant, "{entry} and {uri}");
            }
        }
    }
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name && host.contains(|character| character != '.') || address(host).is_some() {
        assert!(is_direct(host), "{host}");
        let port = uri.port_u16().unwrap_or(80);
        assert!(is_direct(&format!("{host}:{port}")), "{host}:{port}");
        assert!(!is_direct(&format!("{host}:{}", port ^ 1)), "{host}:{port}");
    }
}

fn proxy() -> Proxy {
    match Proxy::all("http://proxy:3128") {
        Ok(proxy) => proxy.include_loopback(),
        Err(error) => panic!("{error}"),
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').parse().ok()
}

/// Whether an entry names a host; `None` for an entry that isn't plain.
fn names(entry: &str, host: &str, port: u16) -> Option<bool> {
    let address = address(host);
    if let Some((network, length)) = entry.split_once('/') {
        let (network, length) = (network.parse::<IpAddr>().ok()?, length.parse::<u32>().ok()?);
        return match (network, address.map(|address| address.to_canonical())) {
            (IpAddr::V4(network), Some(IpAddr::V4(address))) if length <= 32 => {
                let differ = u32::from(network) ^ u32::from(address);
                Some(differ.leading_zeros() >= length)
            }
            (IpAddr::V6(network), Some(IpAddr::V6(address))) if length <= 128 => {
                let differ = u128::from(network) ^ u128::from(address);
                Some(differ.leading_zeros() >= length)
            }
            (IpAddr::V4(_), None) | (IpAddr::V6(_), None) => Some(false),
            _ => None,
        };
    }
    if let Ok(named) = entry.parse::<IpAddr>() {
        return Some(address.is_some_and(|address| address.to_canonical() == named.to_canonical()));
    }
    let (name, only) = match entry.split_once(':') {
        Some((name, only)) => (name, Some(only.parse::<u16>().ok().filter(|_| !only.starts_with('+'))?)),
        None => (entry, None),
    };
    let domain = name.strip_prefix("*.").or(name.strip_prefix('.')).unwrap_or(name).to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if domain.is_empty() || !domain.split('.').all(|label| !label.is_empty() && label.bytes().all(is_plain)) {
        return None;
    }
    if name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let is_named = address.is_none() && (host == domain || host.ends_with(&format!(".{domain}")));
    Some(is_named && only.is_none_or(|only| only == port))
}
