//! What processes really write: each test starts this program again as a task and reads its output as a server does.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)]

#[path = "../src/strict_reader.rs"]
mod strict_reader;

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::{env, fs, process, thread};

use kestra_task::{Context, Error, Level, Metric};
use strict_reader::{Seen, read};

/// The variable that names what the program does when it is started as a task.
const ROLE: &str = "KESTRA_TASK_TEST_ROLE";

fn start(role: &str, variables: &[(&str, &str)]) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "task", "--nocapture"])
        .env(ROLE, role)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns what a server sees of a task, without the lines of the test harness.
fn run(role: &str, variables: &[(&str, &str)]) -> (Vec<Seen>, ExitStatus, String) {
    let output = start(role, variables).wait_with_output().unwrap();
    let harness = ["running 1 test", "test task", "test result", "successes"];
    let mut seen = read(&output.stdout);
    seen.retain(
        |seen| !matches!(seen, Seen::Plain(line) if harness.iter().any(|known| line.starts_with(known))),
    );
    (seen, output.status, String::from_utf8(output.stderr).unwrap())
}

fn log_line(level: &str, message: &str) -> Seen {
    Seen::Log { level: level.to_owned(), message: message.to_owned() }
}

/// Not a test of its own, but the task that the tests start.
#[test]
fn task() {
    let Ok(role) = env::var(ROLE) else { return };
    // The harness has begun a line.
    println!();
    match role.as_str() {
        "threads" => threads(),
        "unfinished lines" => unfinished_lines(),
        "closed output" => closed_output(),
        "panic" => {
            process::exit(code(kestra_task::main(|| -> Result<(), Error> { panic!("no rows: {}", 3) })))
        }
        "error" => process::exit(code(kestra_task::main(|| Err("no such table")))),
        "fail" => {
            print!("loading 99%");
            std::io::stdout().flush().unwrap();
            kestra_task::fail("no such table")
        }
        "inputs" => inputs(),
        "file" => file(),
        "timer" => drop(kestra_task::timer("load").tag("table", "users")),
        #[cfg(feature = "tracing")]
        "tracing" => traced(),
        role => panic!("no role {role}"),
    }
    process::exit(0);
}

fn code(code: process::ExitCode) -> i32 {
    if format!("{code:?}") == format!("{:?}", process::ExitCode::SUCCESS) { 0 } else { 1 }
}

const THREADS: usize = 8;
const LINES: usize = 10_000;

fn threads() {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let filler = "ü".repeat(thread * 70);
                for line in 0..LINES {
                    match line % 4 {
                        0 => kestra_task::log(Level::Info, format_args!("{thread} {line} {filler}")).unwrap(),
                        1 => kestra_task::output(&format!("{thread}-{line}"), &filler).unwrap(),
                        2 => kestra_task::counter("rows", line).unwrap(),
                        _ => println!("plain {thread} {line}"),
                    }
                }
            });
        }
    });
}

#[test]
fn lines_of_several_threads_stay_whole() {
    let (seen, status, _) = run("threads", &[]);
    assert!(status.success());
    let (mut logs, mut outputs, mut metrics, mut plain) = (0, 0, 0, 0);
    for seen in seen {
        match seen {
            Seen::Log { .. } => logs += 1,
            Seen::Outputs(_) => outputs += 1,
            Seen::Metric { .. } => metrics += 1,
            Seen::Plain(line) => {
                assert!(line.starts_with("plain "), "{line}");
                plain += 1;
            }
            Seen::Bad(why) => panic!("{why}"),
        }
    }
    assert_eq!([logs, outputs, metrics, plain], [THREADS * LINES / 4; 4]);
}

fn unfinished_lines() {
    print!("not yet written");
    kestra_task::log(Level::Warn, "one").unwrap();
    println!();
    print!("already written");
    std::io::stdout().flush().unwrap();
    kestra_task::output("two", 2).unwrap();
    Command::new("printf").arg("of a child").status().unwrap();
    kestra_task::counter("three", 3).unwrap();
}

#[test]
fn a_message_begins_a_line_also_beside_unfinished_ones() {
    let (seen, ..) = run("unfinished lines", &[]);
    let plain = |text: &str| Seen::Plain(text.to_owned());
    assert_eq!(
        seen,
        [
            log_line("WARN", "one"),
            plain("not yet written"),
            plain("already written"),
            Seen::Outputs([("two".to_owned(), 2.into())].into_iter().collect()),
            plain("of a child"),
            Seen::Metric { kind: "counter".to_owned(), name: "three".to_owned(), value: 3.0 },
        ]
    );
}

fn closed_output() {
    // Until the pipe is full or closed.
    let error = loop {
        if let Err(error) = kestra_task::output("a", "x".repeat(1_000)) {
            break error;
        }
    };
    assert!(matches!(error, Error::Write(_)), "{error}");
    assert!(kestra_task::log(Level::Error, "lost").is_err());
    assert!(Metric::gauge("a", 1).send().is_err());
    drop(kestra_task::timer("a"));
    process::exit(7);
}

#[test]
fn a_program_whose_reader_is_gone_goes_on() {
    let mut child = start("closed output", &[]);
    let mut some = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn failures_are_log_lines_and_an_exit_code() {
    for (role, begin) in [("error", "no such table"), ("fail", "no such table"), ("panic", "panicked at ")] {
        let (seen, status, errors) = run(role, &[]);
        assert_eq!(status.code(), Some(1), "{role}");
        assert_eq!(errors, "", "{role}");
        let is_unfinished = |seen: &&Seen| matches!(seen, Seen::Plain(line) if line == "loading 99%");
        let seen: Vec<&Seen> = seen.iter().filter(|seen| !is_unfinished(seen)).collect();
        match seen.as_slice() {
            [Seen::Log { level, message }] => {
                assert_eq!(level, "ERROR");
                assert!(message.starts_with(begin), "{message}");
                assert!(role != "panic" || message.ends_with("no rows: 3"), "{message}");
            }
            other => panic!("{role}: {other:?}"),
        }
    }
}

fn inputs() {
    assert_eq!(kestra_task::input::<u32>("limit").unwrap(), 7);
    assert_eq!(kestra_task::input::<String>("my-day").unwrap(), "2026-11-30");
    assert_eq!(kestra_task::input::<Option<u32>>("absent").unwrap(), None);
    assert_eq!(kestra_task::input::<Option<u32>>("null").unwrap(), None);
    let error = kestra_task::input::<u32>("absent").unwrap_err();
    assert!(error.to_string().contains("KESTRA_INPUT_ABSENT"), "{error}");
    let error = kestra_task::input::<u32>("my-day").unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable `KESTRA_INPUT_MY_DAY`: not of the type that the program reads: expected u32 at line 1 column 12"
    );
    let error = kestra_task::input::<String>("plain").unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable `KESTRA_INPUT_PLAIN`: not JSON: set it to `{{ inputs.plain | toJson }}`"
    );
    let context = Context::from_env().unwrap();
    assert_eq!([context.flow_id.as_str(), context.task_run_id.as_str()], ["hello", "6"]);
    assert_eq!(context.flow_revision, 4);
    kestra_task::output("done", true).unwrap();
}

#[test]
fn inputs_are_read_from_the_environment() {
    let (seen, _, errors) = run(
        "inputs",
        &[
            ("KESTRA_INPUT_LIMIT", "7"),
            ("KESTRA_INPUT_MY_DAY", "\"2026-11-30\""),
            ("KESTRA_INPUT_NULL", "null"),
            ("KESTRA_INPUT_PLAIN", "secret text"),
            ("KESTRA_EXECUTION_ID", "1"),
            ("KESTRA_FLOW_NAMESPACE", "company.team"),
            ("KESTRA_FLOW_ID", "hello"),
            ("KESTRA_FLOW_REVISION", "4"),
            ("KESTRA_TASK_ID", "5"),
            ("KESTRA_TASK_RUN_ID", "6"),
        ],
    );
    assert!(matches!(seen.as_slice(), [Seen::Outputs(_)]), "{seen:?} {errors}");
}

fn file() {
    let mut file = kestra_task::output_file("results/rows.csv").unwrap();
    writeln!(file, "id,name").unwrap();
    file.finish().unwrap();
    for name in ["", "a b.csv", "größe.csv", "a#b.csv", "../a.csv", "/tmp/a.csv", "a*.csv", "a//b"] {
        assert!(matches!(kestra_task::output_file(name), Err(Error::InvalidName { .. })), "{name}");
    }
    kestra_task::output("done", true).unwrap();
}

#[test]
fn large_results_go_to_a_file_of_the_working_folder() {
    let folder = env::temp_dir().join(format!("kestra-task-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (seen, _, errors) = run("file", &[("WORKING_DIR", folder.to_str().unwrap())]);
    assert!(matches!(seen.as_slice(), [Seen::Outputs(_)]), "{seen:?} {errors}");
    assert_eq!(fs::read_to_string(folder.join("results/rows.csv")).unwrap(), "id,name\n");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_guard_reports_seconds_when_it_is_dropped() {
    match run("timer", &[]).0.as_slice() {
        [Seen::Metric { kind, name, value }] => {
            assert_eq!((kind.as_str(), name.as_str()), ("timer", "load"));
            assert!(*value < 60.0, "{value}");
        }
        other => panic!("{other:?}"),
    }
}

#[cfg(feature = "tracing")]
fn traced() {
    use tracing_subscriber::layer::SubscriberExt;

    let subscriber = tracing_subscriber::registry().with(kestra_task::TaskLayer::new());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(rows = 42, table = "users", "loaded {}", 1);
        tracing::error!(reason = %"none");
    });
}

#[cfg(feature = "tracing")]
#[test]
fn events_are_log_lines() {
    assert_eq!(
        run("tracing", &[]).0,
        [log_line("INFO", "loaded 1 rows=42 table=\"users\""), log_line("ERROR", " reason=none")]
    );
}

#[test]
fn the_block_for_a_task_names_each_variable_once() {
    let block = kestra_task::env_block(&["day", "my-day", "form.2nd", "day"]).unwrap();
    for line in [
        "  KESTRA_EXECUTION_ID: '{{ execution.id }}'",
        "  KESTRA_INPUT_DAY: '{{ (inputs.day ?? null) | toJson }}'",
        "  KESTRA_INPUT_MY_DAY: '{{ (inputs[\"my-day\"] ?? null) | toJson }}'",
        "  KESTRA_INPUT_FORM_2ND: '{{ (inputs.form[\"2nd\"] ?? null) | toJson }}'",
    ] {
        assert_eq!(block.lines().filter(|found| *found == line).count(), 1, "{line}\n{block}");
    }
    assert!(matches!(kestra_task::env_block(&["my-day", "MY_DAY"]), Err(Error::SameVariable { .. })));
    assert!(matches!(kestra_task::env_block(&["a'b"]), Err(Error::InvalidName { .. })));
}
