//! Every example runs by itself, on the embedded server, and ends well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use kestra_testkit::{Dialect, TestServer};
use tokio::process::Command;

/// Far more than any of them takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Where cargo puts examples: next to the directory of this test.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let program = built.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.is_file(),
        "{name} isn't built: `cargo test -p kestra-examples` builds all examples first"
    );
    program
}

async fn run(name: &str) -> String {
    run_with(name, &[]).await
}

async fn run_with(name: &str, variables: &[(&str, &str)]) -> String {
    let (code, text) = run_command(name, &[], variables).await;
    assert_eq!(code, Some(0), "{text}");
    text
}

/// Returns the exit code and what the program printed.
async fn run_command(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(program(name));
    command.args(arguments);
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("KESTRA_")) {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("it doesn't end").unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn create_and_run_flow_ends_in_success() {
    let text = run("create_and_run_flow").await;
    assert!(text.trim_end().ends_with("ended in state SUCCESS"), "{text}");
}

#[tokio::test]
async fn derive_inputs_calls_the_flow_that_it_deployed() {
    let text = run("derive_inputs").await;
    assert!(
        text.contains("limit None: 10 rows, VerySlow") && text.contains("limit Some(3): 3 rows"),
        "{text}"
    );
    assert!(text.contains("the input `day` was DATE and is STRING"), "{text}");
    assert!(text.contains("the input `mode` does not take `Fast` any more"), "{text}");
}

#[tokio::test]
async fn task_program_reports_its_output() {
    let text = run("task_program").await;
    assert!(text.contains(r#"::{"outputs":{"sum":6}}::"#), "{text}");
}

#[tokio::test]
async fn select_servers_refuses_what_cannot_be() {
    let text = run("select_servers").await;
    assert!(text.contains("index 7 is out of range") && text.contains("`ftp` is not allowed"), "{text}");
}

#[tokio::test]
async fn survive_outages_does_every_job_once() {
    let text = run("survive_outages").await;
    assert!(text.contains("server 1 fails") && text.contains("server 2 fails"), "{text}");
    assert!(text.contains("server 1 works again"), "{text}");
    assert!(text.contains("60 jobs are done, 60 executions were started"), "{text}");
}

#[tokio::test]
async fn move_namespace_moves_all_with_their_types() {
    let text = run("move_namespace").await;
    assert!(text.contains("4 changed, 0 failed, 0 unchanged") && text.contains("Some(Success)"), "{text}");
    assert!(
        text.contains("greeting = \"hello world\"") && text.contains("since = 1970-01-01T00:00:00Z"),
        "{text}"
    );
}

#[tokio::test]
async fn flows_as_code_deploys_what_it_builds_and_changes() {
    let text = run("flows_as_code").await;
    assert!(text.contains("first time: 2 changes") && text.contains("second time: 0 changes"), "{text}");
    assert!(text.contains("outputs {\"x\":\"2026-02-03\"}"), "{text}");
    assert!(text.contains("changed in its text: revision Some(3)"), "{text}");
}

#[tokio::test]
async fn typed_flow_reads_outputs_and_tells_drift() {
    let text = run("typed_flow").await;
    assert!(text.contains("very-slow report of 2026-11-30: 7 rows"), "{text}");
    let flow = "sdk.examples.typed.report (revision 2)";
    for sentence in ["the input `limit` was INT and is STRING", "the input `who` must be given now"] {
        assert!(text.contains(&format!("{flow}: {sentence}\n")), "{text}");
    }
}

#[tokio::test]
async fn check_flows_finds_what_an_upgrade_would_refuse() {
    let text = run("check_flows").await;
    assert!(text.contains("sdk.examples.check.hello:4:"), "{text}");
    assert!(text.contains("the flow has no input `nmae`"), "{text}");
    assert!(text.contains("sdk.examples.check.each:5:") && text.contains("1 errors"), "{text}");
}

#[tokio::test]
async fn compose_stack_answers_its_caller() {
    let text = run("compose_stack").await;
    assert!(text.contains("200 OK") && text.contains("example-1") && text.contains("0 flows"), "{text}");
}

#[tokio::test]
async fn use_proxy_goes_through_and_past_it() {
    let text = run("use_proxy").await;
    assert!(text.contains("it saw 1 requests") && text.contains("it saw 0 more"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn trace_calls_ships_spans() {
    let text = run("trace_calls").await;
    assert!(text.contains("search_flows") && text.contains("GET /api/v1/{tenant}/flows/search"), "{text}");
}

#[tokio::test]
async fn trace_execution_draws_the_task_runs() {
    let text = run("trace_execution").await;
    assert!(text.contains("4 task runs drawn") && text.contains("kestra.task_run.state"), "{text}");
}

#[tokio::test]
async fn serve_runs_answers_counts_and_traces() {
    let text = run("serve_runs").await;
    assert!(text.contains("(200, \"kestra ") && text.contains("{202: "), "{text}");
    assert!(text.contains("(404, ") && text.contains("(422, "), "{text}");
    for counted in [
        "kestra_client_call_duration_seconds_count{",
        "http_client_request_duration_seconds_count{",
        "kestra_operation=\"create_execution\",kestra_outcome=\"success\"",
        "http_client_open_connections",
    ] {
        assert!(text.contains(counted), "{counted}: {text}");
    }
    assert!(text.contains("kestra.namespace"), "the span of `start` has ids: {text}");
}

#[tokio::test]
async fn count_calls_counts() {
    let text = run("count_calls").await;
    assert!(text.contains("flows.search_flows: 3 calls"), "{text}");
}

#[tokio::test]
async fn tune_retries_starts_one_execution() {
    let text = run("tune_retries").await;
    assert!(text.contains("attempt 3") && text.contains("executions: 1"), "{text}");
    assert!(text.contains("502 Bad Gateway (after 4 attempts)"), "{text}");
}

#[tokio::test]
async fn sync_namespace_files_changes_nothing_twice() {
    let text = run("sync_namespace_files").await;
    assert!(text.contains("create    file queries/orders.sql"), "{text}");
    assert!(text.contains("changed the second time:\n0 changed, 0 failed, 2 unchanged"), "{text}");
    assert!(
        text.contains("copied:\n") && text.trim_end().ends_with("2 changed, 0 failed, 0 unchanged"),
        "{text}"
    );
}

#[tokio::test]
async fn deploy_flows_plans_and_applies() {
    let text = run("deploy_flows").await;
    assert!(text.contains("create    flow ") && text.contains("a second time: 0 changes"), "{text}");
}

#[tokio::test]
async fn backfill_trigger_catches_up() {
    let text = run("backfill_trigger").await;
    assert!(text.contains("started 4 executions"), "{text}");
}

#[tokio::test]
async fn restart_failed_leaves_out_what_is_gone() {
    let text = run("restart_failed").await;
    assert!(
        text.contains("3 executions have failed") && text.contains("3 restarted and seen to be"),
        "{text}"
    );
    assert!(text.contains("left out 4kJ2mQ7ZtP1xWv9Ls8RbCd: execution not found"), "{text}");
}

#[tokio::test]
async fn find_stuck_executions_finds_the_silent_one() {
    let text = run("find_stuck_executions").await;
    assert!(text.contains("is RUNNING, silent since") && text.contains("in task sleep"), "{text}");
    assert!(text.trim_end().ends_with("1 of them are stuck"), "{text}");
}

#[tokio::test]
async fn rotate_credentials_sends_the_new_ones() {
    let text = run("rotate_credentials").await;
    let sent: Vec<_> =
        text.lines().filter_map(|line| line.split_once("Bearer ")).map(|(_, token)| token).collect();
    assert_eq!(sent, ["vault-1", "vault-1", "vault-2", "file-1", "file-1", "file-2"], "{text}");
}

#[tokio::test]
async fn without_a_runtime_runs_on_threads() {
    let text = run("without_a_runtime").await;
    assert_eq!(text.matches("Some(Success)").count(), 4, "{text}");
    for line in ["number 1", "number 2", "number 3", "number 4", "line 1", "line 2", "line 3"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn export_executions_reads_every_page() {
    let text = run("export_executions").await;
    assert_eq!(text.matches(",SUCCESS,").count(), 5, "{text}");
    assert!(text.contains("5 of Some(5) rows; a later run goes on from `end`"), "{text}");
}

#[tokio::test]
async fn plot_execution_draws_each_task() {
    let text = run("plot_execution").await;
    assert!(text.trim_end().ends_with("</svg>") && text.matches("<rect").count() == 5, "{text}");
}

#[tokio::test]
async fn call_webhook_starts_one() {
    let text = run("call_webhook").await;
    assert_eq!(text.matches("the webhook started").count(), 1, "{text}");
}

#[tokio::test]
async fn run_and_wait_shows_progress_and_outputs() {
    let text = run("run_and_wait").await;
    assert_eq!(text.trim_end(), "3 of 3 tasks are done: Hello, Rust!");
}

#[tokio::test]
async fn transfer_file_shows_progress_up_and_down() {
    let text = run("transfer_file").await;
    assert_eq!(text.trim_end(), "8388608 bytes up, 8388608 bytes down, the same: true");
}

#[tokio::test]
async fn export_dashboard_writes_the_rows_of_a_chart() {
    let text = run("export_dashboard").await;
    let mut lines = text.lines();
    assert!(
        lines.next().is_some_and(|columns| columns.contains("flow") && columns.contains("total")),
        "{text}"
    );
    assert!(text.contains("SUCCESS") && text.contains('3'), "{text}");
}

#[tokio::test]
async fn follow_logs_ends_with_the_execution() {
    let text = run("follow_logs").await;
    assert!(text.contains("something is odd") && text.trim_end().ends_with("3 lines"), "{text}");
}

#[tokio::test]
async fn shutdown_gracefully_waits_again_after_the_restart() {
    let text = run("shutdown_gracefully").await;
    let (before, after) = text.split_once("starts anew").unwrap();
    assert!(before.contains("execution stored") && after.contains("ended in state SUCCESS"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn shutdown_gracefully_keeps_the_execution_at_a_signal() {
    let server = TestServer::start().await.unwrap();
    let store = std::env::temp_dir().join(format!("kestra-store-{}", std::process::id()));
    let process = || {
        let mut command = Command::new(program("shutdown_gracefully"));
        command
            .env("KESTRA_URL", server.url())
            .env("STORE", &store)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().unwrap()
    };
    let created = || server.requests().iter().filter(|request| request.path.ends_with("/follow")).count() > 0;

    let first = process();
    let creation = async {
        while !created() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, creation).await.expect("it doesn't follow what it started");
    let id = first.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let ended = tokio::time::timeout(LIMIT, first.wait_with_output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success() && text.contains("told to end: execution stored"), "{text}");

    let ended = tokio::time::timeout(LIMIT, process().wait_with_output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success() && text.contains("ended in state SUCCESS"), "{text}");
    assert!(!store.exists(), "what is done is forgotten");
}

#[tokio::test]
async fn examples_use_the_server_of_the_environment_and_leave_nothing_there() {
    for dialect in Dialect::ALL {
        let (user, password) = ("user@example.com", "Passw0rd");
        let server = TestServer::builder().dialect(dialect).basic_auth(user, password).start().await.unwrap();
        let variables =
            [("KESTRA_URL", server.url()), ("KESTRA_USERNAME", user), ("KESTRA_PASSWORD", password)];
        for name in [
            "create_and_run_flow",
            "select_servers",
            "compose_stack",
            "use_proxy",
            "trace_calls",
            "trace_execution",
            "count_calls",
            "sync_namespace_files",
            "deploy_flows",
            "backfill_trigger",
            "restart_failed",
            "find_stuck_executions",
            "without_a_runtime",
            "export_executions",
            "plot_execution",
            "call_webhook",
            "run_and_wait",
            "transfer_file",
            "export_dashboard",
            "follow_logs",
            "shutdown_gracefully",
        ] {
            server.clear_requests();
            let text = run_with(name, &variables).await;
            assert!(!server.requests().is_empty(), "{name}");
            assert!(!text.contains(password), "{name}: {text}");
        }
        let client = kestra::Client::builder()
            .server(server.url())
            .auth(kestra::Auth::basic(user, password))
            .build()
            .unwrap();
        assert_eq!(client.flows().search_flows().await.unwrap().total, Some(0));
        assert_eq!(client.executions().search_executions().await.unwrap().total, Some(0));
    }
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kestra-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn server(dialect: Dialect) -> TestServer {
    TestServer::builder().dialect(dialect).start().await.unwrap()
}

const HELLO: &str = "id: hello\nnamespace: user.git\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n";

#[tokio::test]
async fn apply_folder_plans_applies_and_prunes() {
    for dialect in Dialect::ALL {
        let (dev, other) = (server(dialect).await, server(dialect).await);
        let folder = Folder::new("apply");
        folder.write(
            "servers.yaml",
            &format!("contexts:\n  dev: {{host: '{}'}}\n  other: {{host: '{}'}}\n", dev.url(), other.url()),
        );
        folder.write("all/flows/team/hello.yml", HELLO);
        folder.write("all/files/user.git/a/b.txt", "b");
        folder.write("all/files/user.git/c.txt", "c");
        folder.write("all/kv/user.git.json", r#"{"one": 1, "two": "2"}"#);
        let (config, all) = (folder.path("servers.yaml"), folder.path("all"));
        let run = async |command: &str, options: &[&str]| {
            let fixed = ["--config", config.as_str(), "--server", "dev"];
            run_command("apply_folder", &[&fixed, options, &[command, all.as_str()]].concat(), &[]).await
        };
        let (code, text) = run("plan", &["--json"]).await;
        assert_eq!(code, Some(2), "{text}");
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&plan["changes"], &plan["failures"]), (&5.into(), &0.into()), "{plan}");
        assert_eq!(plan["items"][0]["name"], "user.git.hello");
        assert_eq!(run("apply", &[]).await.0, Some(2));
        assert_eq!(run("plan", &[]).await, (Some(0), String::new()), "{dialect:?}");
        assert!(other.requests().is_empty());

        std::fs::remove_file(folder.0.join("all/files/user.git/c.txt")).unwrap();
        folder.write("all/kv/user.git.json", r#"{"one": 1}"#);
        folder.write("all/flows/team/hello.yml", &HELLO.replace("message: hi", "message: changed"));
        let (code, text) = run("apply", &["--prune"]).await;
        assert_eq!(code, Some(2), "{text}");
        assert!(
            text.contains("update    flow user.git.hello") && text.contains("delete    file c.txt"),
            "{text}"
        );
        assert!(text.contains("delete    key two"), "{text}");
        assert_eq!(run("plan", &["--prune"]).await.0, Some(0));

        folder.write("all/flows/team/hello.yml", "id: hello\nnamespace: user.git\ntasks: 3\n");
        assert_eq!(run("apply", &[]).await.0, Some(3));
    }
}

#[tokio::test]
async fn recover_executions_saves_logs_and_restarts() {
    for dialect in Dialect::ALL {
        let server = server(dialect).await;
        let stop = "  - {id: stop, type: io.kestra.plugin.core.execution.Fail}\n";
        let client = kestra::Client::builder().server(server.url()).build().unwrap();
        for namespace in ["user.ops.a", "user.ops.b"] {
            let fine = HELLO.replace("user.git", namespace);
            server.deploy(format!("{fine}{stop}").replace("id: hello", "id: flaky")).unwrap();
            server.deploy(fine).unwrap();
            for (flow, team) in [("flaky", "data"), ("flaky", "web"), ("hello", "data")] {
                let run = client.executions().run(namespace, flow).label("team", team);
                run.any_end_state().await.unwrap();
            }
        }
        let folder = Folder::new("recover");
        let logs = folder.path("logs");
        let arguments = ["--label", "team=data", "--logs", logs.as_str()];
        let variables = [("KESTRA_URL", server.url())];
        let (code, text) = run_command("recover_executions", &arguments, &variables).await;
        assert_eq!(code, Some(0), "{text}");
        assert_eq!(text.matches(" flaky ").count(), 2, "{text}");
        assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 2);
        let (code, text) =
            run_command("recover_executions", &[&arguments[..], &["--restart"]].concat(), &variables).await;
        // They fail again.
        assert_eq!(code, Some(1), "{text}");
        assert_eq!(text.matches("1 failed tasks").count(), 2, "{dialect:?}: {text}");
    }
}

const INGEST: &str = r#"
id: ingest
namespace: user.ingest
inputs:
  - {id: name, type: STRING}
  - {id: data, type: FILE}
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: "got {{ inputs.name }}"}
  - {id: stop, type: io.kestra.plugin.core.execution.Fail, condition: "{{ inputs.name == 'f13.csv' }}"}
outputs:
  - {id: name, type: STRING, value: "{{ inputs.name }}"}
  - {id: uri, type: STRING, value: "{{ inputs.data }}"}
"#;

#[tokio::test]
async fn ingest_files_starts_each_once() {
    for dialect in Dialect::ALL {
        let server = server(dialect).await;
        server.deploy(INGEST).unwrap();
        let folder = Folder::new("ingest");
        for number in 0..40 {
            folder.write(&format!("in/f{number}.csv"), "a,b\n");
        }
        let (input, dead) = (folder.path("in"), folder.path("dead.jsonl"));
        let arguments = ["--folder", input.as_str(), "--dead", dead.as_str()];
        for found in ["39 ok (0 found), 1 dead", "39 ok (39 found), 1 dead"] {
            let (code, text) = run_command("ingest_files", &arguments, &[("KESTRA_URL", server.url())]).await;
            assert_eq!(code, Some(0), "{text}");
            assert!(text.contains("40 files") && text.contains(found), "{dialect:?}: {text}");
            let letter = std::fs::read_to_string(&dead).unwrap();
            let letter: serde_json::Value = serde_json::from_str(&letter).unwrap();
            assert_eq!(
                (&letter["kind"], &letter["key"]),
                (&"ExecutionFailed".into(), &"run1-f13.csv".into())
            );
        }
        assert_eq!(server.executions_of("user.ingest", "ingest").len(), 40);
    }
}
