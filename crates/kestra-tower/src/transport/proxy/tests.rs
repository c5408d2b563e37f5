use std::collections::HashMap;

use http::Uri;
use kestra_core::ErrorKind;
use proptest::prelude::*;

use super::*;

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

/// Whether a server is reached through the proxy, given this `NO_PROXY`.
fn proxied(no_proxy: &str, target: &str) -> bool {
    Proxy::all("http://p:3128").unwrap().no_proxy(no_proxy).of(&uri(target)).is_some()
}

fn env(variables: &[(&str, &str)]) -> Result<Proxy, Error> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    Proxy::from_env_with(|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn chosen(variables: &[(&str, &str)], target: &str) -> Option<String> {
    env(variables).unwrap().of(&uri(target)).map(|endpoint| endpoint.to_string())
}

#[test]
fn loopback_is_direct_unless_told_otherwise() {
    for target in [
        "http://localhost",
        "https://LOCALHOST:8080",
        "http://localhost.",
        "http://kestra.localhost",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:8080",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert!(!proxied("", target), "{target}");
        let told = Proxy::all("http://p:3128").unwrap().include_loopback();
        assert!(told.of(&uri(target)).is_some(), "{target}");
    }
    for target in ["http://notlocalhost", "http://localhost.example.com", "http://10.0.0.1", "http://[::2]"] {
        assert!(proxied("", target), "{target}");
    }
}

#[test]
fn exceptions_match_what_their_writers_mean() {
    let table = [
        // list, reached directly, reached through the proxy
        ("*", "http://example.com", ""),
        ("*", "http://10.0.0.1", ""),
        ("*", "https://[2001:db8::1]", ""),
        ("*:8080", "http://10.0.0.1:8080", "http://10.0.0.1"),
        ("example.com", "http://example.com", "http://notexample.com"),
        ("example.com", "https://a.b.example.com:8443", "http://example.com.org"),
        ("EXAMPLE.com", "http://Example.COM", "http://example.org"),
        (".example.com", "http://a.example.com", "http://aexample.com"),
        (".example.com", "http://example.com", "http://com"),
        ("*.example.com", "http://a.example.com", "http://aexample.com"),
        ("*.example.com", "http://example.com", "http://example.org"),
        ("example.com.", "http://example.com", "http://example.org"),
        ("example.com", "http://example.com.", "http://example.org."),
        ("example.com:8080", "http://a.example.com:8080", "http://example.com"),
        ("example.com:443", "https://example.com", "http://example.com"),
        ("example.com:80", "http://example.com", "https://example.com"),
        ("10.0.0.1:8080", "http://10.0.0.1:8080", "http://10.0.0.1:8081"),
        ("10.0.0.1", "http://10.0.0.1:8080", "http://10.0.0.11"),
        ("10.0.0.1.", "http://10.0.0.1", "http://10.0.0.11"),
        ("10.0.0.0/8", "http://10.200.3.4:1", "http://11.0.0.1"),
        ("10.1.2.3/8", "http://10.200.3.4", "http://11.0.0.1"),
        ("2001:db8::/32", "http://[2001:db8:1::1]", "http://[2001:db9::1]"),
        ("2001:db8::1", "http://[2001:db8::1]:80", "http://[2001:db8::2]"),
        ("[2001:db8::1]", "http://[2001:db8::1]", "http://[2001:db8::2]"),
        ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080", "http://[2001:db8::1]"),
        ("10.0.0.1", "http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.2]"),
        ("a.test b.test\tc.test", "http://b.test", "http://d.test"),
        (" a.test ,, b.test,c.test\n", "http://c.test", "http://d.test"),
        // What can't be understood is left out, and the rest holds.
        ("10.*,b.test", "http://b.test", "http://10.0.0.1"),
        ("http://b.test,a.test", "http://a.test", "http://b.test"),
        ("b.test:port,a.test", "http://a.test", "http://b.test"),
        ("b.test:99999,a*.test,a.test", "http://a.test", "http://b.test"),
        ("", "http://localhost", "http://b.test"),
        (",.,*.,[],:80", "http://localhost", "http://b.test"),
        // Networks are of addresses, names of names.
        ("0.0.0.0/0", "http://1.2.3.4", "http://example.com"),
        ("1", "http://1", "http://1.1.1.1"),
    ];
    for (list, direct, through) in table {
        assert!(!proxied(list, direct), "{list:?} should except {direct}");
        assert!(through.is_empty() || proxied(list, through), "{list:?} should not except {through}");
    }
}

#[test]
fn the_environment_is_read_in_both_cases() {
    let http = "http://example.com";
    let https = "https://example.com";
    assert_eq!(chosen(&[], http), None);
    let both = [("HTTP_PROXY", "a"), ("HTTPS_PROXY", "http://b:1/")];
    assert_eq!(chosen(&both, http).as_deref(), Some("http://a:80"));
    assert_eq!(chosen(&both, https).as_deref(), Some("http://b:1"));
    let lower = [("http_proxy", "a:3128"), ("https_proxy", "https://b")];
    assert_eq!(chosen(&lower, http).as_deref(), Some("http://a:3128"));
    assert_eq!(chosen(&lower, https).as_deref(), Some("https://b:443"));
    let all = [("all_proxy", "socks5://s"), ("HTTP_PROXY", "http://a")];
    assert_eq!(chosen(&all, http).as_deref(), Some("http://a:80"));
    assert_eq!(chosen(&all, https).as_deref(), Some("socks5://s:1080"));
    let upper_wins = [("HTTP_PROXY", "http://a"), ("http_proxy", "http://b")];
    assert_eq!(chosen(&upper_wins, http).as_deref(), Some("http://a:80"));
    let empty_hides_nothing =
        [("HTTP_PROXY", " "), ("http_proxy", "http://b"), ("NO_PROXY", ""), ("no_proxy", "x")];
    assert_eq!(chosen(&empty_hides_nothing, http).as_deref(), Some("http://b:80"));
    assert_eq!(chosen(&empty_hides_nothing, "http://x"), None);
    assert_eq!(chosen(&[("ALL_PROXY", "http://a"), ("no_proxy", "example.com")], https), None);
}

#[test]
fn within_cgi_a_request_cannot_choose_the_proxy() {
    let cgi = ("REQUEST_METHOD", "GET");
    let http = "http://example.com";
    assert_eq!(chosen(&[cgi, ("HTTP_PROXY", "http://evil")], http), None);
    assert_eq!(
        chosen(&[cgi, ("HTTP_PROXY", "http://evil"), ("http_proxy", "a")], http).as_deref(),
        Some("http://a:80")
    );
    let https = "https://example.com";
    assert_eq!(chosen(&[cgi, ("HTTPS_PROXY", "http://a")], https).as_deref(), Some("http://a:80"));
}

#[test]
fn a_broken_url_is_an_error_that_hides_its_credentials() {
    let broken = [
        "ftp://user:secret@p:1",
        "socks4://user:secret@p",
        "http://user:secret@p:port",
        "http://user:secret@",
        "http://user:secret@[::1",
        "user:secret@p:99999",
        "http://us%3Aer:secret@p",
        "http://user:secret%FF@p",
        "://user:secret@p",
        "user:secret@http://p",
        "http://user:secret#secret@p",
    ];
    for url in broken {
        let error = env(&[("https_proxy", url)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{url}");
        assert!(error.to_string().contains("https_proxy: "), "{error}");
        assert!(!format!("{error:#} {error:?}").contains("secret"), "{error:#}");
        Proxy::all(url).unwrap_err();
    }
    let long = format!("socks5://{}@p", "u".repeat(256));
    assert!(Proxy::all(&long).unwrap_err().to_string().contains("255"));
}

#[test]
fn credentials_are_decoded_and_never_shown() {
    let endpoint = Endpoint::parse("proxy", "http://us%40er:p%3Ass%20word@p:3128").unwrap();
    let value = endpoint.authorization().unwrap();
    assert_eq!(value, "Basic dXNAZXI6cDpzcyB3b3Jk");
    assert!(value.is_sensitive());
    let endpoint = Endpoint::parse("proxy", "socks5h://user:p%40ss@[::1]:1").unwrap();
    assert_eq!(endpoint.credentials(), Some(("user", "p@ss")));
    assert_eq!(format!("{endpoint} {endpoint:?}").matches("ss@").count(), 0);
    assert_eq!(endpoint.to_string(), "socks5h://[::1]:1");
}

#[test]
fn settings_unite() {
    let split = Proxy::http("a").unwrap().and(Proxy::https("b").unwrap().no_proxy("x"));
    assert_eq!(split.of(&uri("http://c")).unwrap().to_string(), "http://a:80");
    assert_eq!(split.of(&uri("https://c")).unwrap().to_string(), "http://b:80");
    assert!(split.of(&uri("http://x")).is_none());
    assert!(Proxy::http("a").unwrap().of(&uri("https://c")).is_none());
    assert!(Proxy::none().of(&uri("http://c")).is_none());
}

proptest! {
    #[test]
    fn no_list_panics(list in "\\PC{0,60}", host in "[a-z0-9.-]{1,20}") {
        let proxy = Proxy::all("p").unwrap().no_proxy(&list);
        if let Ok(uri) = format!("http://{host}/").parse::<Uri>() {
            proxy.of(&uri);
        }
    }

    #[test]
    fn a_name_excepts_itself_and_what_is_below_it(
        name in "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){1,3}",
        below in "[a-z0-9]{1,8}",
        dot in prop::sample::select(vec!["", ".", "*."]),
        port in prop::option::of(1..=u16::MAX),
    ) {
        let suffix = port.map(|port| format!(":{port}")).unwrap_or_default();
        let list = format!("other.test, {dot}{name}{suffix}");
        let direct_at = |host: &str| !proxied(&list, &format!("http://{host}{suffix}"));
        prop_assert!(direct_at(&name));
        prop_assert!(direct_at(&name.to_uppercase()));
        let with_name = format!("{below}.{name}");
        let with_dot = format!("{}.", name);
        let with_text = format!("{below}{name}");
        prop_assert!(direct_at(&with_name));
        prop_assert!(direct_at(&with_dot));
        prop_assert!(!direct_at(&with_text));
        if let Some(port) = port {
            let other = format!("http://{name}:{}", if port == 1 { 2 } else { port - 1 });
            prop_assert!(proxied(&list, &other));
        }
    }

    #[test]
    fn a_network_excepts_its_addresses_only(bits: u32, address: u32, length in 0u8..=32) {
        let network = std::net::Ipv4Addr::from(bits);
        let host = std::net::Ipv4Addr::from(address);
        let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
        let within = bits & mask == address & mask;
        let through = proxied(&format!("{network}/{length}"), &format!("http://{host}"));
        prop_assert_eq!(!through, within || host.is_loopback());
    }
}
