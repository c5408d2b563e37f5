//! Command line of the generator: `import`, `generate`, `export` and `compare`.

mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kestra_codegen::catalogue::{Catalogue, Version};
use kestra_codegen::openapi::Document;
use kestra_codegen::{Error, Result, compare, export, generate, import};

const USAGE: &str = "\
usage: kestra-codegen import [--document VERSION=FILE]... [--api FOLDER]
       kestra-codegen generate [--check] [--root FOLDER]
       kestra-codegen export --version VERSION [--api FOLDER]
       kestra-codegen compare (--server URL | --document FILE) [--api FOLDER]

import    keeps a compact form of each document in FOLDER/documents, and joins all of them anew
generate  writes the generated code, or with --check fails where it isn't what the catalogue says
export    prints the OpenAPI document of a version
compare   prints what a server's or a file's OpenAPI document has and the catalogue lacks or has otherwise;
          KESTRA_USERNAME and KESTRA_PASSWORD, or KESTRA_API_TOKEN, log in to a server";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(text) => {
            // Nobody is left to tell when standard output is closed.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String> {
    match arguments.split_first() {
        Some((command, rest)) if command == "import" => import_command(rest),
        Some((command, rest)) if command == "generate" => generate_command(rest),
        Some((command, rest)) if command == "export" => export_command(rest),
        Some((command, rest)) if command == "compare" => compare_command(rest),
        _ => Err(Error::Usage(USAGE.to_owned())),
    }
}

/// Calls `set` with the name and the value of each option.
fn options(arguments: &[String], mut set: impl FnMut(&str, &str) -> Result<bool>) -> Result<()> {
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| Error::Usage(format!("{name} needs a value\n{USAGE}")))?;
        if !set(name, value)? {
            return Err(Error::Usage(format!("`{name}` is not known\n{USAGE}")));
        }
    }
    Ok(())
}

fn version(text: &str) -> Result<Version> {
    text.parse().map_err(|error| Error::Usage(format!("{error}")))
}

/// Prints the document of a version, as JSON.
fn export_command(arguments: &[String]) -> Result<String> {
    let mut folder = PathBuf::from("api");
    let mut of = None;
    options(arguments, |name, value| {
        match name {
            "--api" => folder = PathBuf::from(value),
            "--version" => of = Some(version(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let version = of.ok_or_else(|| Error::Usage(USAGE.to_owned()))?;
    let document = export::document(&Catalogue::load(&folder)?, version);
    Ok(format!("{document:#}\n"))
}

fn generate_command(arguments: &[String]) -> Result<String> {
    let check = arguments.iter().any(|argument| argument == "--check");
    let arguments: Vec<String> =
        arguments.iter().filter(|argument| *argument != "--check").cloned().collect();
    let mut root = PathBuf::from(".");
    options(&arguments, |name, value| {
        let known = name == "--root";
        if known {
            root = PathBuf::from(value);
        }
        Ok(known)
    })?;
    let catalogue = Catalogue::load(&root.join("api"))?;
    let mut files = generate::generate(&catalogue)?;
    files.format(&root)?;
    if !check {
        return Ok(format!("{} files written\n", files.write(&root)?));
    }
    match files.stale(&root)?.as_slice() {
        [] => Ok("generated code is up to date\n".to_owned()),
        stale => Err(Error::invalid(
            "generated code",
            format!("not what the catalogue says; run `kestra-codegen generate`:\n{}", stale.join("\n")),
        )),
    }
}

fn import_command(arguments: &[String]) -> Result<String> {
    let mut folder = PathBuf::from("api");
    let mut documents = Vec::new();
    options(arguments, |name, value| {
        match name {
            "--api" => folder = PathBuf::from(value),
            "--document" => {
                let (of, path) = value
                    .split_once('=')
                    .ok_or_else(|| Error::Usage(format!("`{value}` is not VERSION=FILE")))?;
                documents.push(Document::read(version(of)?, Path::new(path))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let findings = import::import(&documents, &folder)?;
    let mut text = String::new();
    for finding in findings.0 {
        text.push_str(&finding);
        text.push('\n');
    }
    Ok(text)
}

fn compare_command(arguments: &[String]) -> Result<String> {
    let mut folder = PathBuf::from("api");
    let mut document = None;
    options(arguments, |name, value| {
        match name {
            "--api" => folder = PathBuf::from(value),
            "--document" => document = Some(Document::read(Version::OLDEST, Path::new(value))?),
            "--server" => document = Some(server::document(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let document = document.ok_or_else(|| Error::Usage(USAGE.to_owned()))?;
    let differences = compare::compare(&document, &Catalogue::load(&folder)?)?;
    Ok(format!("{} of version {}\n{differences}", document.title(), document.server_version()))
}
