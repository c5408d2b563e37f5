#![doc = include_str!("../README.md")]

mod files;
mod types;
#[doc(hidden)]
pub mod words;

use std::env;
use std::fmt::{self, Display, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

#[doc(hidden)]
pub use files::{below, files, is_current};

/// Returns the Rust code of the types of all flows below a folder.
///
/// # Errors
///
/// Returns all that keeps flows from having types, such as two names that are the same in Rust, and files that can't be read.
pub fn generate(folder: &Path) -> Result<String, Errors> {
    types::generate(&files::files(&[folder.to_owned()]).map_err(|problem| Errors::of(folder, problem))?)
}

/// Writes the types of all flows below a folder to `flows.rs` in the folder of a build script's outputs (`OUT_DIR`).
///
/// For `build.rs`: it prints what cargo has to know, so that the script runs again when a flow is changed, added or removed, and so that
/// each error stops the build.
///
/// ```no_run
/// kestra_flowgen::build("flows");
/// ```
///
/// The crate then has `mod flows { include!(concat!(env!("OUT_DIR"), "/flows.rs")); }`.
#[expect(clippy::print_stdout, reason = "it is how a build script talks to cargo")]
pub fn build(folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let mut lines = String::new();
    // Cargo takes a folder with all that is below it.
    for path in [folder.to_owned()].into_iter().chain(files::below(folder).unwrap_or_default()) {
        // A path of several lines is no path then, and the script runs each time.
        let path = path.display().to_string().replace(['\n', '\r'], " ");
        let _ = writeln!(lines, "cargo::rerun-if-changed={path}");
    }
    if let Err(errors) = generate(folder).and_then(|code| write_to_out_dir(&code)) {
        for error in errors.0 {
            let _ = writeln!(lines, "cargo::error={error}");
        }
    }
    print!("{lines}");
}

fn write_to_out_dir(code: &str) -> Result<(), Errors> {
    let Some(folder) = env::var_os("OUT_DIR").map(PathBuf::from) else {
        return Err(Errors::of(Path::new("OUT_DIR"), "is not set: call it from a build script"));
    };
    let path = folder.join("flows.rs");
    fs::write(&path, code).map_err(|problem| Errors::of(&path, problem))
}

/// All that keeps flows from having types.
#[derive(Debug)]
pub struct Errors(Vec<FlowError>);

impl Errors {
    fn of(path: &Path, message: impl Display) -> Self {
        Self(vec![FlowError { path: path.to_owned(), place: None, message: message.to_string() }])
    }

    /// Returns the errors, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &FlowError> {
        self.0.iter()
    }
}

impl Display for Errors {
    /// Writes a line for each error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "\n" })?;
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// What keeps a flow from having types. It is shown as one line, `file:line:column: message`.
#[derive(Debug)]
#[non_exhaustive]
pub struct FlowError {
    /// The file.
    pub path: PathBuf,
    /// Line and column, counted from 1, unless it is about the whole file.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.map(|(line, column)| format!("{line}:{column}:")).unwrap_or_default();
        // It may quote what the file has.
        f.write_str(&words::one_line(&format!("{}:{place} {}", self.path.display(), self.message)))
    }
}
