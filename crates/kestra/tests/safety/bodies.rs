use std::io;

use futures_util::stream;
use http::Request;
use kestra::models::InputValue;
use kestra::{Error, FilePart, RequestSent};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, executions, serve};

const INPUTS: &str = "\
id: hello
namespace: company.team
inputs:
  - id: dry_run
    type: BOOL
    defaults: true
  - id: report
    type: FILE
    required: false
tasks:
  - id: greet
    type: io.kestra.plugin.core.debug.Return
    format: hello
";

#[tokio::test]
async fn an_upload_that_fails_breaks_the_connection() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.deploy(INPUTS).unwrap();
        // Some bytes, then a failure.
        let failing = stream::iter([Ok("half of it".into()), Err(io::Error::other("the disk is gone"))]);
        let error = client
            .executions()
            .create_execution(NAMESPACE, "hello")
            .input("dry_run", true)
            .input_file("report", FilePart::stream("report.csv", failing))
            .await
            .unwrap_err();
        assert_eq!(error.request_sent(), RequestSent::Maybe);
        assert!(format!("{error:#}").contains("the disk is gone"), "{error:#}");
        assert_eq!(executions(&client).await?, Some(0));

        // A body that merely ends too soon is taken for a whole one.
        let cut = "--x\r\nContent-Disposition: form-data; name=\"dry_run\"\r\n\r\nfal";
        let request = Request::post("/api/v1/main/executions/company.team/hello")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(cut)
            .unwrap();
        client.request(request).await?;
        assert_eq!(executions(&client).await?, Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_truth_value_is_written_so_that_it_is_read() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(INPUTS).unwrap();
        let run = |value: InputValue| {
            client.executions().create_execution(NAMESPACE, "hello").input("dry_run", value).into_future()
        };
        let read = |execution: &kestra::models::Execution| execution.inputs["dry_run"].clone();
        assert_eq!(read(&run(true.into()).await?), true);
        assert_eq!(read(&run(false.into()).await?), false);
        // Text that looks like one goes live.
        assert_eq!(read(&run("yes".into()).await?), false);
    }
    Ok(())
}

#[tokio::test]
async fn an_input_that_the_flow_lacks_is_told_by_the_answer() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(INPUTS).unwrap();
        // A typo, and the flow runs with its default.
        let created =
            client.executions().create_execution(NAMESPACE, "hello").input("dry-run", false).await?;
        assert_eq!(created.inputs["dry_run"], true);
        assert_eq!(created.dropped_inputs(["dry-run", "dry_run"]), ["dry-run"]);
    }
    Ok(())
}
