//! Where a server is, perhaps with placeholders.

use http::uri::PathAndQuery;
use http::{Method, Uri};
use kestra_core::internal::BaseUrl;
use kestra_core::{CallOptions, Error, Server, Servers, Variable};

use super::{fields, text};

/// A password that no output may have.
const PASSWORD: &str = "hunter2secret";

/// A server's URL is usable as it resolves, or the error says so; a placeholder is its value and nothing else; and no password is
/// printed.
///
/// Fields: the URL, the name of a variable, its default, its value in a call.
pub fn server_url(data: &[u8]) {
    let mut fields = fields(data).map(text);
    let url = fields.next().unwrap_or_default();
    let (name, default) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let value = fields.next();

    if let Ok(base) = resolved(&url, &name, &default, value.as_deref()) {
        is_usable(&base);
        let placeholder = format!("{{{name}}}");
        let filled = url.replace(&placeholder, value.as_deref().unwrap_or(&default));
        if !name.contains(['{', '}']) && !filled.contains(['{', '}']) {
            let plain = resolved(&filled, "", "", None);
            assert_eq!(plain.ok().as_ref(), Some(&base), "{url} is {filled}");
        }
        if !url.contains(['{', '}']) {
            is_what_http_reads(&url, &base);
        }
    }
    let with_password = format!("user:{PASSWORD}@{url}");
    for url in [
        format!("http://{with_password}"),
        format!("HTTPS://{with_password}"),
        with_password.clone(),
        format!("http://user:{PASSWORD}{url}@host"),
        format!("http://{url}:{PASSWORD}@host:8080/x"),
    ] {
        let _ = resolved(&url, &name, &default, value.as_deref());
    }
    for (default, value) in [(with_password.clone(), None), (default, Some(with_password.as_str()))] {
        let _ = resolved("http://{host}/x", "host", &default, value);
        let _ = resolved(&url, &name, &default, value);
    }
}

/// Where a server is, if it is anywhere; what is printed on the way has no password.
fn resolved(url: &str, name: &str, default: &str, value: Option<&str>) -> Result<BaseUrl, Error> {
    let servers = Servers::new([Server::new(url).variable(name, Variable::new(default))]);
    let mut options = CallOptions::new();
    if let Some(value) = value {
        options = options.server_variable(name, value);
    }
    let resolved = servers.resolve(None, &options);
    let mut printed = format!("{servers:?} {options:?}");
    for error in [servers.check().err().as_ref(), resolved.as_ref().err()].into_iter().flatten() {
        printed.push_str(&format!("{error:#} {error:?}"));
    }
    assert!(!printed.contains(PASSWORD), "{printed}");
    resolved
}

fn is_usable(base: &BaseUrl) {
    assert!(matches!(base.scheme().as_str(), "http" | "https") && !base.authority().host().is_empty());
    assert!(!base.prefix().ends_with('/') && !base.authority().as_str().contains('@'));
    let uri = match base.join(&Method::GET, PathAndQuery::from_static("/api/v1/x?y=z")) {
        Ok(uri) => uri,
        Err(problem) => panic!("{base}: {problem}"),
    };
    assert_eq!(uri.path(), format!("{}/api/v1/x", base.prefix()));
    assert!(base.is_origin_of(&uri));
    let read_again: Result<Uri, _> = uri.to_string().parse();
    assert_eq!(read_again.ok(), Some(uri));
}

/// Whether the `http` crate finds the same in a URL, if it is one to that too.
fn is_what_http_reads(url: &str, base: &BaseUrl) {
    let Ok(uri) = url.trim().parse::<Uri>() else { return };
    let default = if base.scheme().as_str() == "https" { 443 } else { 80 };
    assert_eq!(uri.scheme_str().map(str::to_ascii_lowercase).as_deref(), Some(base.scheme().as_str()));
    assert_eq!(uri.host().map(str::to_ascii_lowercase).as_deref(), Some(base.authority().host()));
    assert_eq!(uri.port_u16().unwrap_or(default), base.authority().port_u16().unwrap_or(default));
    assert_eq!(uri.path().trim_end_matches('/'), base.prefix());
}
