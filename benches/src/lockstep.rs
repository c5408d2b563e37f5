//! A server in the thread of the client, which answers whenever the client has nothing left to do.
//!
//! So the client always waits for a response and then finds all of it, however busy the machine is: it takes the same steps in
//! each run.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::str::from_utf8;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::server::body_for;

/// How often requests are looked for that the system delivered after the client had begun to wait.
const LATE: Duration = Duration::from_millis(200);

/// A listener, and its connections with what has come on each.
#[derive(Debug)]
pub struct Lockstep {
    listener: TcpListener,
    connections: Vec<(TcpStream, Vec<u8>)>,
}

impl Lockstep {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    ///
    /// Returns an error if the port can't be bound, or the thread for late requests not be started.
    pub fn bind() -> std::io::Result<Arc<Mutex<Self>>> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let server = Arc::new(Mutex::new(Self { listener, connections: Vec::new() }));
        let late = Arc::clone(&server);
        std::thread::Builder::new().name("late requests".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(LATE);
                late.lock().unwrap_or_else(PoisonError::into_inner).respond();
            }
        })?;
        Ok(server)
    }

    /// Returns the address of the listener.
    ///
    /// # Errors
    ///
    /// Returns an error if the system can't tell it.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Responds to all requests that are complete.
    pub fn respond(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).is_ok() {
                self.connections.push((stream, Vec::new()));
            }
        }
        self.connections.retain_mut(|(stream, received)| {
            let mut piece = [0; 4096];
            loop {
                match stream.read(&mut piece) {
                    Ok(0) => return false,
                    Ok(count) => received.extend_from_slice(&piece[..count]),
                    Err(problem) if problem.kind() == ErrorKind::WouldBlock => break,
                    Err(_) => return false,
                }
            }
            let Some(response) = response(received) else { return true };
            received.clear();
            stream.set_nonblocking(false).is_ok()
                && stream.write_all(&response).is_ok()
                && stream.set_nonblocking(true).is_ok()
        });
    }
}

/// Returns the response to a request, or `None` if it isn't complete.
fn response(request: &[u8]) -> Option<Vec<u8>> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = from_utf8(&request[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    if request.len() < end + length.unwrap_or(0) {
        return None;
    }
    let path = head.split([' ', '?']).nth(1)?;
    let body = body_for(path)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\ndate: Tue, 24 Nov 2026 06:42:51 GMT\r\n\r\n",
        body.len()
    );
    // In one piece.
    Some([head.as_bytes(), &body].concat())
}
