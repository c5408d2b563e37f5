//! Calls from threads that have no runtime.
//!
//! [`Client`] has everything that [`kestra::Client`](crate::Client) has. Where an asynchronous program awaits a builder, call its
//! method `call`; turn streams into iterators with [`Client::iter`], and downloads into readers with [`Client::reader`].
//!
//! ```no_run
//! use std::fs::File;
//!
//! use kestra::FilePart;
//!
//! fn main() -> Result<(), kestra::BoxError> {
//!     let client = kestra::blocking::Client::from_env()?;
//!     let finished = client.executions().run("company.team", "hello").input("name", "Rust").call()?;
//!     println!("{:?}", finished.outputs());
//!
//!     for execution in client.iter(client.executions().search_executions().items()) {
//!         println!("{}", execution?.id);
//!     }
//!
//!     let report = FilePart::reader("report.csv", File::open("report.csv")?);
//!     client.files().create_namespace_file("company.team", "/report.csv", report).call()?;
//!     let download = client.files().get_file_content("company.team", "/report.csv").call()?;
//!     std::io::copy(&mut client.reader(download), &mut File::create("copy.csv")?)?;
//!     Ok(())
//! }
//! ```
//!
//! The calls of a client run on one thread, which ends when the last clone of the client is dropped, with its builders and
//! iterators. Any number of threads may call at the same time. A call on a thread of a tokio runtime, also one of its `spawn_blocking`
//! or a callback such as `on_progress`, is an error of kind [`Build`](crate::ErrorKind::Build): it would stop the runtime's other
//! tasks.

mod client;
mod iter;
mod reader;

pub use client::Client;
pub use iter::Iter;
pub use reader::Reader;
