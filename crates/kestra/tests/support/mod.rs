//! What the tests of the client share.
#![allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "each test uses some of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kestra::{Client, ClientBuilder, Retry};
use kestra_testkit::TestServer;
use tokio::net::{TcpListener, TcpStream};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// A flow that does nothing.
pub const FLOW: &str = "\
id: hello
namespace: company.team
tasks:
  - id: greet
    type: io.kestra.plugin.core.debug.Return
    format: hello
";

/// The flow with a comment of this many bytes.
pub fn flow_of(bytes: usize) -> String {
    format!("{FLOW}# {}\n", "x".repeat(bytes))
}

/// An embedded server and a client that tries once.
pub async fn embedded() -> (TestServer, Client) {
    let server = TestServer::start().await.unwrap();
    let client = once(server.url()).build().unwrap();
    (server, client)
}

/// A client of a server that tries once.
pub fn once(url: &str) -> ClientBuilder {
    Client::builder().server(url).retry(Retry::none())
}

/// The requests of a server, as methods and paths.
pub fn seen(server: &TestServer) -> Vec<String> {
    server.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// A port that passes everything on to a server, and counts connections.
pub struct Passage {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Passage {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await?;
                    tokio::io::copy_bidirectional(&mut stream, &mut server).await
                });
            }
        });
        Self { address, connections }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Spans and events, in the order in which they began.
#[derive(Clone, Default)]
pub struct Traces(Arc<Mutex<Vec<Trace>>>);

/// A span or an event.
#[derive(Clone, Debug)]
pub struct Trace {
    id: Option<u64>,
    pub parent: Option<String>,
    pub target: String,
    pub level: tracing::Level,
    pub fields: BTreeMap<String, String>,
}

impl Traces {
    pub fn of(&self, target: &str) -> Vec<Trace> {
        self.0.lock().unwrap().iter().filter(|trace| trace.target == target).cloned().collect()
    }

    pub fn all(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context
            .span(id)
            .and_then(|span| span.parent())
            .map(|parent| parent.metadata().target().to_owned());
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        self.0.lock().unwrap().push(Trace {
            id: Some(id.into_u64()),
            parent,
            target: metadata.target().to_owned(),
            level: *metadata.level(),
            fields: fields.0,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let mut traces = self.0.lock().unwrap();
        if let Some(trace) = traces.iter_mut().rev().find(|trace| trace.id == Some(id.into_u64())) {
            trace.fields.extend(fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        self.0.lock().unwrap().push(Trace {
            id: None,
            parent: context.event_span(event).map(|span| span.metadata().target().to_owned()),
            target: metadata.target().to_owned(),
            level: *metadata.level(),
            fields: fields.0,
        });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
