//! Several servers of one cluster, over real sockets: members that are killed, refuse, hang, close, fail and differ in version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod follows;
mod moves;
mod versions;
mod work;

use std::time::Duration;

use kestra::{Client, ClientBuilder, ServerCluster, Servers};
use kestra_testkit::{Dialect, TestServer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const NAMESPACE: &str = "company.team";

const JOB: &str = r#"
id: job
namespace: company.team
tasks:
  - {id: first, type: io.kestra.plugin.core.log.Log, message: "begun"}
  - {id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT2S}
  - {id: last, type: io.kestra.plugin.core.log.Log, message: "done"}
outputs:
  - {id: said, type: STRING, value: "yes"}
"#;

const HELLO: &str = "id: hello\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n";

/// Embedded servers that share everything that is stored.
async fn members<const N: usize>(dialects: [Dialect; N]) -> [TestServer; N] {
    let mut members: Vec<TestServer> = Vec::new();
    for dialect in dialects {
        let mut builder = TestServer::builder().dialect(dialect);
        if let Some(first) = members.first() {
            builder = builder.beside(first);
        }
        members.push(builder.start().await.unwrap());
    }
    members[0].deploy(JOB).unwrap();
    members[0].deploy(HELLO).unwrap();
    members.try_into().unwrap()
}

fn cluster<const N: usize>(members: &[TestServer; N]) -> ServerCluster {
    Servers::cluster(members.each_ref().map(TestServer::url))
        .eject_for(Duration::from_millis(300), Duration::from_secs(1))
}

fn client(cluster: ServerCluster) -> Client {
    builder(cluster).build().unwrap()
}

fn builder(cluster: ServerCluster) -> ClientBuilder {
    Client::builder().servers(cluster)
}

/// How many requests each member got, without detections of the version.
fn counts<const N: usize>(members: &[TestServer; N]) -> [usize; N] {
    members
        .each_ref()
        .map(|member| member.requests().iter().filter(|request| !request.path.ends_with("/configs")).count())
}

/// A port that nobody listens on.
async fn refusing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A port whose queue of connections is full, so that connects neither succeed nor fail.
struct BlackHole {
    url: String,
    _listener: TcpListener,
    _queued: Vec<tokio::task::JoinHandle<std::io::Result<TcpStream>>>,
}

impl BlackHole {
    async fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let queued: Vec<_> = (0..8).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
        // Full once a connect doesn't end.
        while tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address)).await.is_ok() {}
        Self { url: format!("http://{address}"), _listener: listener, _queued: queued }
    }
}

/// A port that reads requests and closes without a response; sends how many bytes came.
async fn closing() -> (String, tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut read = vec![0; 64 * 1024];
            stream.readable().await?;
            if let Ok(count @ 1..) = stream.try_read(&mut read) {
                read.truncate(count);
                let _ = told.send(read);
            }
        }
        Ok::<_, std::io::Error>(())
    });
    (url, heard)
}
