//! A program of `target/neighbours` that runs in a process of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::folder::Folder;

/// Where `.ci/neighbours` unpacks programs.
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/neighbours");
/// How many ports are tried, as another process may take one first.
const ATTEMPTS: usize = 5;
/// How long a start may take.
const START: Duration = Duration::from_secs(30);
/// After how many seconds a process is ended, should the test not do so.
const LIFETIME: &str = "1200";

/// A process that listens on a loopback port, until it is dropped.
pub(crate) struct Process {
    process: Child,
    folder: Folder,
    port: u16,
}

impl Process {
    /// Starts a program, whose arguments are made of a folder for its configuration and the port to listen on.
    pub(crate) async fn start(program: &str, arguments: impl Fn(&Folder, u16) -> Vec<String>) -> Self {
        let name = program.rsplit('/').next().unwrap();
        for _ in 0..ATTEMPTS {
            let port = unused_port();
            let folder = Folder::new(&format!("{name}-{port}"));
            let arguments = arguments(&folder, port);
            let process = spawn(program, &arguments, &folder);
            let mut started = Self { process, folder, port };
            if started.listens().await {
                return started;
            }
            println!("{program} on port {port}: {}", started.log());
        }
        panic!("{program} does not start");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What the program wrote to its standard output and its standard error.
    pub(crate) fn log(&self) -> String {
        self.folder.read("log")
    }

    /// Waits until the port accepts connections. Returns whether it does, rather than the process having ended.
    async fn listens(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < START {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(self.address()).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // `timeout` passes the signal on, and kills what doesn't end then.
        let _ = Command::new("sh").args(["-c", &format!("kill {}", self.process.id())]).status();
        let _ = self.process.wait();
    }
}

fn spawn(program: &str, arguments: &[String], folder: &Folder) -> Child {
    let path = program_path(program);
    assert!(path.is_file(), "{program} is missing: run .ci/neighbours");
    let log = File::create(folder.path().join("log")).unwrap();
    Command::new("timeout")
        .args(["--kill-after=5", LIFETIME])
        .arg(path)
        .args(arguments)
        .env("LD_LIBRARY_PATH", libraries())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The path of a file of the packages, such as `usr/sbin/nginx`.
pub(crate) fn program_path(name: &str) -> PathBuf {
    Path::new(PROGRAMS).join(name)
}

/// Where their libraries are: below a folder whose name is that of the machine's architecture.
fn libraries() -> String {
    let mut paths = Vec::new();
    for folder in ["usr/lib", "lib"] {
        let Ok(entries) = fs::read_dir(program_path(folder)) else { continue };
        let entries = entries.map(|entry| entry.unwrap().path());
        paths.extend(entries.filter(|path| path.to_string_lossy().ends_with("-linux-gnu")));
    }
    let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    paths.join(":")
}

fn unused_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
