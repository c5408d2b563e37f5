//! Writes the sources that `check_flows` breaks by rule, one file each: `broken_flows FOLDER`.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::{env, error, fs};

use kestra_tests::flow_sources::broken;

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = env::args().nth(1).ok_or("name a folder")?;
    fs::create_dir_all(&folder)?;
    let sources = broken()?;
    for (index, source) in sources.iter().enumerate() {
        fs::write(Path::new(&folder).join(format!("{index:05}.yaml")), source)?;
    }
    println!("{} sources", sources.len());
    Ok(())
}
