use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use crate::{Error, name};

/// Creates a file in the working folder of the task, for a result that is too large for an [`output`](crate::output).
///
/// The task must list the name in its `outputFiles`; the flow then reads the file as `{{ outputs.<task>.outputFiles["<name>"] }}`.
/// The working folder is `WORKING_DIR`, or the current folder if that is not set. Folders of the name are created.
///
/// # Errors
///
/// - [`Error::InvalidName`] if the name has anything but letters of ASCII, digits, `.`, `_`, `-` and `/`, which some servers cut or
///   fail on, or is no path below the working folder
/// - [`Error::File`] if the file cannot be created
///
/// ```no_run
/// use std::io::Write;
///
/// let mut rows = kestra_task::output_file("rows.csv")?;
/// writeln!(rows, "id,name")?;
/// rows.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn output_file(name: &str) -> Result<OutputFile, Error> {
    name::check_file(name)?;
    let failed = |source| Error::File { name: name.to_owned(), source };
    let folder = env::var_os("WORKING_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let path = folder.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = File::create(&path).map_err(failed)?;
    Ok(OutputFile { file: BufWriter::new(file), name: name.to_owned(), path })
}

/// A file that becomes an output of the task; see [`output_file`].
///
/// What is written is buffered. Call [`finish`](Self::finish) at the end to see whether all of it was written.
pub struct OutputFile {
    file: BufWriter<File>,
    name: String,
    path: PathBuf,
}

impl OutputFile {
    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn finish(mut self) -> Result<(), Error> {
        self.file.flush().map_err(|source| Error::File { name: self.name, source })
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFile").field("path", &self.path).finish_non_exhaustive()
    }
}
