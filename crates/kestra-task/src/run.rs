use std::any::Any;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, ExitCode};

use crate::log::log_last;

/// Runs the program: an error or a panic becomes a log line of level ERROR and exit code 1, with which the task fails.
///
/// The error is written as `{error:#}`, which for `anyhow` is the error with its causes. A panic of another thread is written as
/// well, but does not end the program.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     kestra_task::main(run)
/// }
///
/// fn run() -> Result<(), Box<dyn std::error::Error>> {
///     let limit: u32 = kestra_task::input("limit")?;
///     kestra_task::output("rows", limit * 2)?;
///     Ok(())
/// }
/// ```
pub fn main<E: Display>(run: impl FnOnce() -> Result<(), E>) -> ExitCode {
    install_panic_hook();
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            // With standard output closed there is no log to write to; the exit code tells of the failure.
            let _ = log_last(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
        // The hook has written it.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Ends the program with a log line of level ERROR and exit code 1, with which the task fails.
///
/// Destructors do not run; a [`Timer`](crate::Timer) that is still running reports nothing.
pub fn fail(message: impl Display) -> ! {
    let _ = log_last(message);
    process::exit(1)
}

/// Lets panics of all threads become log lines of level ERROR, in place of text on standard error.
///
/// [`main`] calls it. A program with a `main` of its own calls it first.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|panic| {
        let message = message(panic.payload());
        let _ = match panic.location() {
            Some(place) => log_last(format_args!("panicked at {place}: {message}")),
            None => log_last(format_args!("panicked: {message}")),
        };
    }));
}

fn message(payload: &dyn Any) -> &str {
    match payload.downcast_ref::<&str>() {
        Some(text) => text,
        None => payload.downcast_ref::<String>().map_or("of a value that is no text", String::as_str),
    }
}
