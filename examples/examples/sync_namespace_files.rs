//! Makes the files of a namespace those of a folder, and shows what that changes first.
//!
//! `sync_namespace_files [FOLDER]`; without a folder it makes one.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use kestra::{BoxError, SyncReport};
use kestra_examples::{NAMESPACE, Server};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let (folder, is_ours) = match std::env::args_os().nth(1) {
        Some(folder) => (PathBuf::from(folder), false),
        None => (example()?, true),
    };
    // A namespace of its own, so that deleting what the folder lacks takes nobody's files.
    let namespace = format!("{NAMESPACE}.files{}", std::process::id());

    let plan = client.files().sync_up(&namespace, &folder).delete(true).dry_run(true).await?;
    show("would change", &plan);
    let done = client.files().sync_up(&namespace, &folder).delete(true).await?;
    show("changed", &done);
    done.check()?;
    let again = client.files().sync_up(&namespace, &folder).delete(true).await?;
    show("changed the second time", &again);

    // Back into another folder, and away with it all: an empty folder takes the files of the namespace with it.
    let copy = std::env::temp_dir().join(format!("kestra-copy-{}", std::process::id()));
    show("copied", &client.files().sync_down(&namespace, &copy).await?);
    std::fs::remove_dir_all(&copy)?;
    std::fs::create_dir_all(&copy)?;
    client.files().sync_up(&namespace, &copy).delete(true).allow_empty(true).await?.check()?;
    std::fs::remove_dir_all(&copy)?;
    if is_ours {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn show(what: &str, report: &SyncReport) {
    println!("{what}:\n{report}");
}

fn example() -> Result<PathBuf, BoxError> {
    let folder = std::env::temp_dir().join(format!("kestra-files-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("queries"))?;
    std::fs::write(folder.join("main.py"), "print('hello')\n")?;
    std::fs::write(folder.join("queries/orders.sql"), "select * from orders\n")?;
    Ok(folder)
}
