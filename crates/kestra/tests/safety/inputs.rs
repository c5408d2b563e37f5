use kestra::Error;
use kestra_testkit::Dialect;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::Traces;
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

#[tokio::test]
async fn an_input_that_is_dropped_is_told() -> Result<(), Error> {
    // Without a subscriber for all tests of the program, one of them may have the warning count as dead.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    for dialect in Dialect::ALL {
        let traces = Traces::default();
        let _listening =
            tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
        let told = || traces.of("kestra::inputs");
        let (server, client) = serve(dialect).await;
        server.deploy(FLOW).unwrap();
        let creation = || client.executions().create_execution(NAMESPACE, "careful");

        let right = creation().input("dry_run", true).await?;
        assert_eq!(right.inputs["dry_run"], true);
        assert!(told().is_empty());

        // A slip of the pen, and it goes live.
        let wrong = creation().input("dryrun", true).input("token", "hush").await?;
        assert_eq!(wrong.inputs["dry_run"], false);
        assert_eq!(wrong.dropped_inputs(["dryrun", "token"]), ["dryrun", "token"]);
        let names: Vec<_> = told().iter().map(|trace| trace.fields["input"].clone()).collect();
        assert_eq!(names, ["dryrun", "token"]);
        assert!(told().iter().all(|trace| trace.level == Level::WARN));
        assert!(!traces.all().contains("hush"));
    }
    Ok(())
}
