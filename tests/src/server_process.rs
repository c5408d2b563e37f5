//! A server in a process of its own, so that a test can tell the client's memory from the server's.

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Starts one of this package's programs that print their address and serve until their input ends. Returns the process, which
/// is killed when it is dropped, and the address.
///
/// # Errors
///
/// Returns an error if the program doesn't start, or ends without an address.
pub async fn start(program: &str, arguments: &[&str]) -> io::Result<(Child, String)> {
    let mut process = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let url = BufReader::new(output).lines().next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((process, url))
}
