//! Command line of the generator: `import`, `generate` and `export`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kestra_codegen::catalogue::Catalogue;
use kestra_codegen::openapi::Document;
use kestra_codegen::{Error, Result, export, generate, import};

const USAGE: &str = "\
usage: kestra-codegen import --document VERSION=FILE... [--api FOLDER]
       kestra-codegen generate [--check] [--root FOLDER]
       kestra-codegen export --version VERSION [--api FOLDER]";

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
        _ => Err(Error::Usage(USAGE.to_owned())),
    }
}

/// Prints the document of a version, as JSON.
fn export_command(arguments: &[String]) -> Result<String> {
    let mut folder = PathBuf::from("api");
    let mut version = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--api", Some(value)) => folder = PathBuf::from(value),
            ("--version", Some(value)) => {
                version = Some(value.parse().map_err(|error| Error::Usage(format!("{error}")))?);
            }
            _ => return Err(Error::Usage(format!("`{argument}` is not known or needs a value\n{USAGE}"))),
        }
    }
    let version = version.ok_or_else(|| Error::Usage(USAGE.to_owned()))?;
    let document = export::document(&Catalogue::load(&folder)?, version);
    Ok(format!("{document:#}\n"))
}

fn generate_command(arguments: &[String]) -> Result<String> {
    let mut root = PathBuf::from(".");
    let mut check = false;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.as_slice()) {
            ("--check", _) => check = true,
            ("--root", [folder, ..]) => {
                root = PathBuf::from(folder);
                arguments.next();
            }
            _ => return Err(Error::Usage(format!("`{argument}` is not known or needs a value\n{USAGE}"))),
        }
    }
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
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value =
            arguments.next().ok_or_else(|| Error::Usage(format!("{argument} needs a value\n{USAGE}")))?;
        match argument.as_str() {
            "--api" => folder = PathBuf::from(value),
            "--document" => {
                let (version, path) = value
                    .split_once('=')
                    .ok_or_else(|| Error::Usage(format!("`{value}` is not VERSION=FILE")))?;
                let version = version.parse().map_err(|error| Error::Usage(format!("{error}")))?;
                documents.push(Document::read(version, Path::new(path))?);
            }
            _ => return Err(Error::Usage(format!("`{argument}` is not known\n{USAGE}"))),
        }
    }
    if documents.is_empty() {
        return Err(Error::Usage(USAGE.to_owned()));
    }
    let findings = import::import(&documents, &folder)?;
    let mut text = String::new();
    for finding in findings.0 {
        text.push_str(&finding);
        text.push('\n');
    }
    Ok(text)
}
