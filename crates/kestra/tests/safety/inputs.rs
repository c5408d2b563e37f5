use std::io::Write;
use std::sync::{Arc, Mutex};

use kestra::Error;
use kestra_testkit::Dialect;
use tracing_subscriber::fmt::MakeWriter;

use crate::{NAMESPACE, serve};

const FLOW: &str = "
id: careful
namespace: company.team
inputs:
  - id: dry_run
    type: BOOL
    defaults: false
tasks:
  - id: only
    type: io.kestra.plugin.core.log.Log
    message: done
";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn an_input_that_is_dropped_is_told() -> Result<(), Error> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    // Without a subscriber for all tests of the program, one of them may have the warning count as dead.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(FLOW).unwrap();
        let creation = || client.executions().create_execution(NAMESPACE, "careful");

        let right = creation().input("dry_run", true).await?;
        assert_eq!(right.inputs["dry_run"], true);
        assert!(lines.0.lock().unwrap().is_empty());

        // A slip of the pen, and it goes live.
        let wrong = creation().input("dryrun", true).input("token", "hush").await?;
        assert_eq!(wrong.inputs["dry_run"], false);
        assert_eq!(wrong.dropped_inputs(["dryrun", "token"]), ["dryrun", "token"]);
        let text = String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("WARN") && text.contains("input=dryrun") && !text.contains("hush"), "{text}");
    }
    Ok(())
}
