//! Writes Rust types for the flows of a folder or the plugins of a server, and checks flows without one. See the README.

mod folder;
mod links;
mod plugins;
mod report;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fmt, fs};

use clap::{Args, Parser, Subcommand};
use kestra_flow::{Release, Schema, Severity};
use kestra_flowgen::{files, is_current};

use folder::{Checked, check_links};
use report::{Format, count};

type Failure = Box<dyn std::error::Error>;

/// Writes Rust types for the inputs and outputs of the flows of a folder.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    types: Option<Types>,
}

/// What types are written of.
#[derive(Args)]
struct Types {
    /// The folder of the flows.
    #[arg(value_name = "FLOWS")]
    flows: PathBuf,
    /// The file that is written, such as src/flows.rs.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Writes nothing; exits with 1 if the file is not as it would be written.
    #[arg(long)]
    check: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Reports what a server would refuse. Exits with 1 if there is an error.
    Check {
        /// The version of the server, such as 1.0.3, 1.3 or 2.0.0.
        #[arg(long = "for", value_name = "VERSION", default_value = "2.0", value_parser = release)]
        release: Release,
        /// The schema of one server with its plugins: the response of GET /api/v1/plugins/schemas/flow.
        #[arg(long, value_name = "FILE", conflicts_with = "release")]
        schema: Option<PathBuf>,
        /// How findings are written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Folders, or single files.
        #[arg(required = true, value_name = "FLOWS")]
        paths: Vec<PathBuf>,
    },
    /// Writes the types of one server's tasks, triggers and conditions as Rust.
    Plugins {
        /// The schema of the server: the response of GET /api/v1/plugins/schemas/flow.
        schema: PathBuf,
        /// The file that is written, such as src/plugins.rs.
        target: PathBuf,
        /// The crate that the code needs: `kestra` or `kestra-flow`.
        #[arg(long = "crate", value_name = "NAME", default_value = "kestra", value_parser = ["kestra", "kestra-flow"])]
        library: String,
        /// Writes nothing; exits with 1 if the file is not as it would be written.
        #[arg(long)]
        check: bool,
    },
}

/// Reads a version; what comes after its second number does not matter.
fn release(text: &str) -> Result<Release, String> {
    let mut numbers = text.split(['.', '-']).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), None) if (1..=2).contains(&major) => Ok(Release::of(major, 0)),
        (Some(Ok(major)), Some(Ok(minor))) if major > 0 => Ok(Release::of(major, minor)),
        _ => Err("write a version of Kestra, such as 1.3.25 or 2.0".to_owned()),
    }
}

fn main() -> ExitCode {
    let Arguments { command, types } = Arguments::parse();
    match (command, types) {
        (Some(Command::Check { release, schema, format, paths }), _) => {
            report(check(release, schema, &paths), format)
        }
        (Some(Command::Plugins { schema, target, library, check }), _) => {
            write_plugins(&schema, &target, &library, check)
        }
        (None, Some(types)) => write_types(&types),
        // Clap refuses it.
        (None, None) => ExitCode::from(2),
    }
}

fn write_types(Types { flows, file, check }: &Types) -> ExitCode {
    match kestra_flowgen::generate(flows) {
        Ok(code) => write(file, &code, *check, &format!("{} {}", flows.display(), file.display())),
        Err(errors) => fail(errors, 1),
    }
}

fn write_plugins(schema: &Path, target: &Path, library: &str, check: bool) -> ExitCode {
    let name = if library == "kestra" { "kestra::flow" } else { "kestra_flow" };
    match plugins::generate(schema, name) {
        Ok((code, types)) => {
            if let Err(problem) = print(&format!("{}: {}", target.display(), count(types, "type"))) {
                return fail(problem, 2);
            }
            let option = if library == "kestra" { "" } else { "--crate kestra-flow " };
            write(target, &code, check, &format!("plugins {option}{} {}", schema.display(), target.display()))
        }
        Err(problem) => fail(problem, 2),
    }
}

/// Writes a file, or with `check` only tells whether it is stale. `arguments` are those of the command that writes it.
fn write(file: &Path, code: &str, check: bool, arguments: &str) -> ExitCode {
    // A file that is the same keeps its time, so that nothing is compiled anew.
    if is_current(file, code) {
        return ExitCode::SUCCESS;
    }
    if check {
        return fail(format_args!("{}: stale, run `kestra-flowgen {arguments}`", file.display()), 1);
    }
    match fs::write(file, code) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(format_args!("{}: {problem}", file.display()), 2),
    }
}

/// Prints a line. It is no error that nobody reads it, as behind `head`.
fn print(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints what went wrong, if somebody reads it, and returns the exit code.
fn fail(problem: impl fmt::Display, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{problem}");
    ExitCode::from(code)
}

fn report(checked: Result<Vec<Checked>, Failure>, format: Format) -> ExitCode {
    match checked {
        Ok(checked) => {
            let mut findings = checked.iter().flat_map(|file| &file.findings);
            let has_error = findings.any(|finding| finding.severity == Severity::Error);
            match print(&format.write(&checked)) {
                Err(problem) => fail(problem, 2),
                Ok(()) if has_error => ExitCode::from(1),
                Ok(()) => ExitCode::SUCCESS,
            }
        }
        Err(problem) => fail(problem, 2),
    }
}

fn check(release: Release, schema: Option<PathBuf>, paths: &[PathBuf]) -> Result<Vec<Checked>, Failure> {
    let read =
        |path: PathBuf| Schema::read(&path).map_err(|problem| format!("{}: {problem}", path.display()));
    let schema = schema.map(read).transpose()?;
    let mut checked = Vec::new();
    for path in files(paths)? {
        let source = fs::read_to_string(&path).map_err(|problem| format!("{}: {problem}", path.display()))?;
        let findings = match &schema {
            Some(schema) => schema.check(&source),
            None => kestra_flow::check(&source, release),
        };
        checked.push(Checked { path, source, findings });
    }
    check_links(&mut checked);
    Ok(checked)
}
