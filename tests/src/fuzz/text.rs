//! Text of one line: URLs, lists of hosts, times, places in a list.

use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;
use kestra_core::paging::Continuation;
use kestra_core::{CallOptions, Server, Servers, Variable, instant};
use kestra_models::IsoDuration;
use kestra_tower::Proxy;

use super::{fields, text};

/// A password that no output may have.
const PASSWORD: &str = "hunter2secret";

/// A server's URL is usable as it resolves, or the error says so; neither prints a password.
///
/// Fields: the URL, the name of a variable, its default, its value in a call.
pub fn server_url(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let url = fields.next().unwrap_or_default();
    let (name, default) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let value = fields.next();

    for url in
        [url.clone(), format!("http://user:{PASSWORD}@{url}"), format!("http://user:{PASSWORD}{url}@host")]
    {
        let servers = Servers::new([Server::new(url).variable(name.clone(), Variable::new(default.clone()))]);
        assert!(!format!("{servers:?} {servers:#?}").contains(PASSWORD), "{servers:?}");
        if let Err(error) = servers.check() {
            assert!(!format!("{error} {error:#} {error:?}").contains(PASSWORD), "{error}");
        }
        let mut options = CallOptions::new();
        if let Some(value) = &value {
            options = options.server_variable(name.clone(), value.clone());
        }
        match servers.resolve(None, &options) {
            Ok(base) => {
                assert!(matches!(base.scheme().as_str(), "http" | "https"));
                assert!(!base.authority().host().is_empty());
            }
            Err(error) => {
                assert!(!format!("{error} {error:#} {error:?}").contains(PASSWORD), "{error}");
            }
        }
    }
}

/// What a list of exceptions leaves to the proxy, a longer list may take from it, never the other way round; `*` takes all,
/// and a host that is listed is reached directly.
///
/// Fields: a list, another list, a host.
pub fn no_proxy(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let (first, second) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let host = fields.next().unwrap_or_default();
    let Ok(uri) = Uri::from_str(&format!("http://{host}/")) else { return };
    let Some(name) = uri.host() else { return };
    let proxy = |list: &str| match Proxy::all("http://proxy:3128") {
        Ok(proxy) => proxy.include_loopback().no_proxy(list),
        Err(error) => panic!("{error}"),
    };
    assert!(proxy("").is_used_for(&uri));
    assert!(!proxy("*").is_used_for(&uri));
    if !proxy(&first).is_used_for(&uri) {
        assert!(!proxy(&first).no_proxy(&second).is_used_for(&uri));
        assert!(!proxy(&second).no_proxy(&first).is_used_for(&uri));
    }
    if name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-') {
        assert!(!proxy(name).is_used_for(&uri), "{name}");
    }
}

/// A time that is read is the one that `jiff` reads, if that can hold it.
pub fn timestamp(data: &[u8]) {
    let text = text(data);
    let Some(read) = instant::parse(&text) else { return };
    // The name of a zone is passed over here, while jiff looks whether it fits.
    let plain = text.split_once('[').map_or(text.as_str(), |(plain, _)| plain);
    match plain.parse::<Timestamp>() {
        Ok(theirs) => assert_eq!(read, theirs, "{text}"),
        Err(_) => assert!(is_beyond_jiff(plain, read), "{text} was read as {read}"),
    }
}

/// Whether jiff refuses it only because of a year, a leap second or an offset that it doesn't know.
fn is_beyond_jiff(_text: &str, read: Timestamp) -> bool {
    read == Timestamp::MIN || read == Timestamp::MAX
}

/// A span of time stays what it is when it is written and read again.
pub fn duration(data: &[u8]) {
    let read = IsoDuration::from(text(data).as_str());
    let _ = (read.to_signed(), read.to_span());
    let Some(span) = read.to_std() else { return };
    let written = IsoDuration::from(span);
    assert_eq!(written.to_std(), Some(span), "{read} became {written}");
    assert!(span <= Duration::MAX);
}

/// A place in a list stays what it is when it is stored and read again.
pub fn continuation(data: &[u8]) {
    let Ok(place) = text(data).parse::<Continuation>() else { return };
    assert_eq!(place.to_string().parse().as_ref(), Ok(&place), "{place}");
}
