//! The loopback server as a process of its own: prints its address, serves until its standard input closes.

use std::io::Read as _;

fn main() -> std::io::Result<()> {
    let address = kestra_bench::server::spawn()?;
    #[allow(clippy::print_stdout)]
    {
        println!("{address}");
    }
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}
