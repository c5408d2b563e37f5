//! Writes the schema of a server in the form of `schemas/`: `condense_schema SCHEMA.json > schemas/2.0.txt`.

#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;

use kestra_flow::Schema;

fn main() -> Result<(), Box<dyn Error>> {
    let path =
        env::args().nth(1).ok_or("name the file with the response of GET /api/v1/plugins/schemas/flow")?;
    print!("{}", Schema::read(path)?);
    Ok(())
}
