//! Uploads a file to a namespace and downloads it again, each with a progress bar, and never holds it whole in memory.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use kestra::{BoxError, FilePart, Progress};
use kestra_examples::{NAMESPACE, Server};

const BYTES: usize = 8 * 1024 * 1024;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    let client = server.client()?.build()?;
    let name = format!("/transfer-{}.bin", std::process::id());
    let folder = folder()?;
    let source = folder.join("source.bin");
    tokio::fs::write(&source, vec![7; BYTES]).await?;

    let up = bar("up")?;
    let file = FilePart::path(&source).on_progress(report(&up));
    client.namespace_files().create_namespace_file(NAMESPACE, &name, file).await?;
    up.finish();

    let down = bar("down")?;
    let download = client.namespace_files().get_file_content(NAMESPACE, &name).await?;
    let saved = download.on_progress(report(&down)).to_file(folder.join("copy.bin")).await?;
    down.finish();

    let is_same = tokio::fs::read(&source).await? == tokio::fs::read(&saved).await?;
    println!("{} bytes up, {} bytes down, the same: {is_same}", up.position(), down.position());
    client.namespace_files().delete_file(NAMESPACE, &name).await?;
    tokio::fs::remove_dir_all(folder).await?;
    Ok(())
}

/// Sets a bar to what was sent or read so far; a retry begins anew.
fn report(bar: &ProgressBar) -> impl Fn(Progress) + Send + Sync + 'static {
    let bar = bar.clone();
    move |progress| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.bytes);
    }
}

fn bar(direction: &'static str) -> Result<ProgressBar, BoxError> {
    let style = ProgressStyle::with_template("{msg:4} {bar:40} {bytes}/{total_bytes} {bytes_per_sec}")?;
    Ok(ProgressBar::no_length().with_style(style).with_message(direction))
}

fn folder() -> Result<PathBuf, BoxError> {
    let folder = std::env::temp_dir().join(format!("kestra-transfer-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
