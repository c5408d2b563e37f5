//! A server in a process of its own, so that a test can tell the client's memory from the server's.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Starts one of this package's programs that print their address and serve until their input ends. Returns the process, which
/// is killed when it is dropped, and the address.
///
/// # Panics
///
/// Panics if the program doesn't start.
pub async fn start(program: &str, arguments: &[&str]) -> (Child, String) {
    let mut process = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = output.next_line().await.unwrap().unwrap();
    (process, url)
}
