//! Which server a call goes to: index, list and variables, as the Go client has them.

use http::uri::PathAndQuery;
use kestra_core::{
    CallOptions, ErrorKind, OperationInfo, Route, Server, Servers, Target, Variable, Versions,
};

static CREATE_FLOW: OperationInfo =
    OperationInfo::new("create_flow", "flows", &[Route::post("/api/v1/{tenant}/flows", Versions::ALL)])
        .go_key("FlowsAPIService.CreateFlow");

const KEY: &str = "FlowsAPIService.CreateFlow";

fn url(servers: &Servers, options: &CallOptions) -> Result<String, kestra_core::Error> {
    servers.resolve(Some(&CREATE_FLOW), options).map(|base| base.to_string())
}

fn templated() -> Servers {
    Servers::new([Server::new("https://{host}:{port}/{basePath}")
        .variable("host", Variable::new("kestra.example.com"))
        .variable("port", Variable::new("443").allowed(["443", "8443"]))
        .variable("basePath", Variable::new("v1"))])
}

#[test]
fn the_first_server_is_the_default() {
    let servers = Servers::new(["https://a.example.com", "https://b.example.com"]);
    assert_eq!(url(&servers, &CallOptions::new()).unwrap(), "https://a.example.com");
    assert_eq!(url(&servers, &CallOptions::new().server_index(1)).unwrap(), "https://b.example.com");
}

#[test]
fn an_index_out_of_range_names_index_and_range() {
    let servers = Servers::new(["https://a.example.com", "https://b.example.com"]);
    let error = url(&servers, &CallOptions::new().server_index(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(
        error.to_string().contains("server index 2 is out of range: the client has servers 0 to 1"),
        "{error}"
    );
}

#[test]
fn an_operation_has_its_own_list_and_index() {
    let servers = Servers::new(["https://a.example.com", "https://b.example.com"]).operation(
        KEY,
        ["https://flows.example.com", "https://flows2.example.com", "https://flows3.example.com"],
    );
    assert_eq!(url(&servers, &CallOptions::new()).unwrap(), "https://flows.example.com");
    assert_eq!(url(&servers, &CallOptions::new().server_index(1)).unwrap(), "https://flows2.example.com");
    let options = CallOptions::new().server_index(1).operation_server_index(KEY, 2);
    assert_eq!(url(&servers, &options).unwrap(), "https://flows3.example.com");
    let other = CallOptions::new().operation_server_index("FlowsAPIService.Flow", 2);
    assert_eq!(url(&servers, &other).unwrap(), "https://flows.example.com");
    let error = url(&servers, &CallOptions::new().server_index(3)).unwrap_err().to_string();
    assert!(error.contains("FlowsAPIService.CreateFlow has servers 0 to 2"), "{error}");
}

#[test]
fn variables_of_an_operation_replace_the_general_ones_as_a_whole() {
    let servers = templated();
    assert_eq!(url(&servers, &CallOptions::new()).unwrap(), "https://kestra.example.com/v1");
    let general =
        CallOptions::new().server_variable("basePath", "v2").server_variable("host", "other.example.com");
    assert_eq!(url(&servers, &general).unwrap(), "https://other.example.com/v2");
    let both = general.operation_server_variable(KEY, "port", "8443");
    assert_eq!(url(&servers, &both).unwrap(), "https://kestra.example.com:8443/v1");
}

#[test]
fn a_value_that_is_not_allowed_names_variable_value_and_choice() {
    let error = url(&templated(), &CallOptions::new().server_variable("port", "80")).unwrap_err().to_string();
    assert!(error.contains("server variable `port`: `80` is not allowed; allowed are: 443, 8443"), "{error}");
}

#[test]
fn an_undeclared_variable_is_ignored_and_an_undeclared_placeholder_is_not() {
    let options = CallOptions::new().server_variable("nope", "x");
    assert_eq!(url(&templated(), &options).unwrap(), "https://kestra.example.com/v1");
    let servers = Servers::new(["https://{nope}.example.com"]);
    for error in [servers.check().unwrap_err(), url(&servers, &CallOptions::new()).unwrap_err()] {
        assert!(error.to_string().contains("placeholder `{nope}` is not declared"), "{error}");
    }
}

#[test]
fn a_url_that_is_none_says_what_is_wrong() {
    for (text, problem) in [
        ("kestra.example.com", "begin it with http:// or https://"),
        ("localhost:8080", "begin it with http:// or https://"),
        ("ftp://kestra.example.com", "the scheme `ftp`"),
        ("https://user:hush@kestra.example.com", "it contains credentials"),
        ("alice:hush@https://kestra.example.com", "its scheme is invalid"),
        ("https://user:hush#hush@kestra.example.com", "its port"),
        ("https://kestra.example.com?x=hush", "a query or a fragment"),
        ("https://kestra.example.com/api/v1/", "leave out `/api/v1`"),
        ("https://kestra.example.com/api/v1/main", "leave out `/api/v1/main`"),
        ("https://kestra.example.com/k/api/v1/acme/", "leave out `/api/v1/acme`"),
        ("https://kestra.example.com/ui", "leave out `/ui`"),
        ("https://kestra.example.com/k/ui/main/flows", "leave out `/ui/main/flows`"),
        ("https://user:hush{1@kestra.example.com", "is not closed"),
        ("https://user:a{hush}b@kestra.example.com", "a placeholder is not declared"),
        ("https://user:{hush}", "a placeholder is not declared"),
        ("https://user:hush@", "names no host"),
        ("https://user:hush%40kestra.example.com", "its host is invalid"),
        ("https://user:hush@hush@{host}", "placeholder `{host}` is not declared"),
        ("https://us{er:hu}sh@kestra.example.com", "is not declared"),
        ("https://user:hush＠kestra.example.com", "not ASCII"),
        ("https://{host", "is not closed"),
        ("http://", "names no host"),
        ("http://:8080", "names no host"),
        ("http://kestra.example.com:99999", "its port"),
        ("http://kestra.example.com:http", "its port"),
        ("http://[::1", "its host is invalid"),
        ("http://kestra example.com", "its host is invalid"),
        ("https://kestra.münchen.example", "as xn--"),
        ("https://kestra.example.com/a b", "percent-encoded"),
        ("https://kestra.example.com/ü", "percent-encoded"),
        ("https://kestra.example.com/#hush", "a query or a fragment"),
    ] {
        let error = Servers::new([text]).check().unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let gateway = |url| Servers::new([Server::new(url).any_path()]).check();
    gateway("https://gateway.example.com/api/v1/kestra").unwrap();
    gateway("https://gateway.example.com/ui").unwrap();
    Servers::new([
        "https://example.com/gui",
        "https://example.com/api/v10",
        "https://example.com/api/v1/a/b",
    ])
    .check()
    .unwrap();
    let none: [&str; 0] = [];
    assert!(Servers::new(none).check().unwrap_err().to_string().contains("the list is empty"));
}

#[test]
fn a_prefix_goes_before_the_path() {
    for (text, joined) in [
        ("http://localhost:8080", "http://localhost:8080/api/v1/main/flows?a=b"),
        ("http://localhost:8080/", "http://localhost:8080/api/v1/main/flows?a=b"),
        ("https://example.com/kestra/", "https://example.com/kestra/api/v1/main/flows?a=b"),
        ("http://[::1]:8080/x/y", "http://[::1]:8080/x/y/api/v1/main/flows?a=b"),
        ("HTTPS://Example.COM:443", "https://example.com/api/v1/main/flows?a=b"),
    ] {
        let base = Servers::new([text]).resolve(None, &CallOptions::new()).unwrap();
        let path = PathAndQuery::from_static("/api/v1/main/flows?a=b");
        assert_eq!(base.join(&http::Method::GET, path).unwrap().to_string(), joined);
        assert!(base.is_origin_of(&joined.parse().unwrap()));
        assert!(!base.is_origin_of(&"https://other.example.com/".parse().unwrap()));
    }
}

#[test]
fn debug_shows_no_password() {
    for url in [
        "http://user:hush@host",
        "http://user:hush{1@host",
        "http://user:hush%40host",
        "hush:hush@host",
        "http://host/?hush",
    ] {
        let server = Server::new(url);
        let servers = Servers::new([url]).operation(KEY, [url]);
        let target = Target::new(url).version("hush");
        let text = format!("{server:?} {servers:?} {target:?} {:#?}", Servers::new([url]).check());
        assert!(!text.contains("hush@") && !text.contains("hush{") && !text.contains("hush%"), "{text}");
        assert!(!text.contains(":hush") && !text.contains("?hush"), "{text}");
    }
    let secret = Server::new("https://{host}:{port}/{base}")
        .variable("host", Variable::new("hush").allowed(["hush"]))
        .variable("port", Variable::new("8443"))
        .variable("base", Variable::new("hush"));
    let options =
        CallOptions::new().server_variable("host", "hush").operation_server_variable(KEY, "host", "hush");
    let text =
        format!("{:?} {:?} {options:?} {:?}", secret, Servers::new([secret.clone()]), Variable::new("hush"));
    assert!(!text.contains("hush") && text.contains("https://{host}:{port}/{base}"), "{text}");
}
