//! A proxy that cuts connections at any point of an exchange.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Of how many connections one is followed by a moment in which nobody listens.
const REFUSES_AFTER: usize = 40;
/// How long that moment is.
const REFUSES_FOR: Duration = Duration::from_millis(20);

/// What becomes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fate {
    Passes,
    /// It passes, and the connection, which the client keeps for its next call, is closed a moment later.
    ClosedAfterwards,
    /// Nothing of the request is read.
    CutBeforeRequest,
    /// The server gets a part of the request.
    CutWithinRequest,
    /// The server gets the request, and nobody waits for the answer.
    CutAfterRequest,
    /// The client gets a part of the answer.
    CutWithinResponse,
}

impl Fate {
    /// Six of ten exchanges pass.
    fn by_chance(rng: &mut Rng) -> Self {
        match rng.u8(..20) {
            0..11 => Self::Passes,
            11 => Self::ClosedAfterwards,
            12..14 => Self::CutBeforeRequest,
            14..16 => Self::CutWithinRequest,
            16..18 => Self::CutAfterRequest,
            _ => Self::CutWithinResponse,
        }
    }
}

/// A proxy on a loopback port, until it is dropped.
pub(crate) struct CuttingProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    server: SocketAddr,
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How often each request was made.
    seen: HashMap<String, u64>,
    fates: HashMap<Fate, usize>,
    /// Exchanges that the server has not ended.
    open: usize,
}

impl CuttingProxy {
    pub(crate) async fn start(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { server, seed, state: Mutex::default() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What became of how many exchanges.
    pub(crate) fn fates(&self) -> String {
        let state = self.shared.state.lock().unwrap();
        let mut fates: Vec<_> = state.fates.iter().map(|(fate, count)| format!("{fate:?} {count}")).collect();
        fates.sort();
        fates.join(", ")
    }

    /// Waits until the server has done all that reached it.
    pub(crate) async fn settle(&self) {
        while self.shared.state.lock().unwrap().open > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(mut listener: TcpListener, shared: Arc<Shared>) {
    let address = listener.local_addr().unwrap();
    for connection in 1_usize.. {
        if let Ok((client, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            // What goes wrong on a connection is a cut, as others are.
            tokio::spawn(async move { shared.relay(client).await });
        }
        if connection.is_multiple_of(REFUSES_AFTER) {
            drop(listener);
            tokio::time::sleep(REFUSES_FOR).await;
            listener = TcpListener::bind(address).await.unwrap();
        }
    }
}

impl Shared {
    /// Relays exchanges until one is cut.
    async fn relay(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut server = None;
        let mut start = [0; 2048];
        loop {
            let length = client.peek(&mut start).await?;
            if length == 0 {
                return Ok(());
            }
            let fate = self.fate(&String::from_utf8_lossy(&start[..length]));
            if fate == Fate::CutBeforeRequest {
                // What is left unread makes it a reset.
                return Ok(());
            }
            let request = read_message(&mut client).await?;
            if fate == Fate::CutWithinRequest {
                let mut server = TcpStream::connect(self.server).await?;
                return server.write_all(&request[..request.len() / 2]).await;
            }
            if fate == Fate::CutAfterRequest {
                return self.ask(&mut server, &request, Some(client)).await.map(drop);
            }
            let answer = self.ask(&mut server, &request, None).await?;
            let sent = if fate == Fate::CutWithinResponse { answer.len() / 2 } else { answer.len() };
            client.write_all(&answer[..sent]).await?;
            if fate != Fate::Passes {
                return Ok(());
            }
        }
    }

    /// The same for the same request, whatever happens beside it.
    fn fate(&self, request: &str) -> Fate {
        let line = request.lines().next().unwrap_or_default();
        // The start of a search is the time at which it is made.
        let name: String = line.split(['?', '&']).filter(|part| !part.contains("startDate")).collect();
        let mut state = self.state.lock().unwrap();
        let seen = state.seen.entry(name.clone()).or_default();
        *seen += 1;
        let text = format!("{} {seen} {name}", self.seed);
        let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let fate = Fate::by_chance(&mut Rng::with_seed(seed));
        *state.fates.entry(fate).or_default() += 1;
        fate
    }

    /// What the server answers; a client that isn't to wait for that is gone once the request is out.
    async fn ask(
        &self,
        server: &mut Option<TcpStream>,
        request: &[u8],
        client: Option<TcpStream>,
    ) -> io::Result<Vec<u8>> {
        self.state.lock().unwrap().open += 1;
        let answer = async {
            let server = match server {
                Some(server) => server,
                none => none.insert(TcpStream::connect(self.server).await?),
            };
            server.set_nodelay(true)?;
            server.write_all(request).await?;
            drop(client);
            read_message(server).await
        };
        let answer = answer.await;
        self.state.lock().unwrap().open -= 1;
        answer
    }
}

/// Head and body of a request or an answer; all of them here have a `Content-Length` or no body.
async fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut message = Vec::with_capacity(2048);
    loop {
        if let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&message[..end]).to_ascii_lowercase();
            assert!(!head.contains("transfer-encoding"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if message.len() >= end + 4 + length {
                return Ok(message);
            }
        }
        if stream.read_buf(&mut message).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
