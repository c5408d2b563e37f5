//! Checks the flows of a folder as a server of one version would: `check_flows VERSION FOLDER`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::{env, fs};

use kestra_flow::{Release, check};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let release = match arguments.next().as_deref() {
        Some("1.0") => Release::V1_0,
        Some("1.3") => Release::V1_3,
        Some("2.0") => Release::V2_0,
        _ => return Err("name a version: 1.0, 1.3 or 2.0".into()),
    };
    let mut paths: Vec<_> = fs::read_dir(arguments.next().ok_or("name a folder")?)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        for finding in check(&fs::read_to_string(&path)?, release) {
            println!("{}:{finding}", path.display());
        }
    }
    Ok(())
}
