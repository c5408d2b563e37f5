//! A program without a runtime: threads that run a flow, a loop over log lines, and files as readers.
#![allow(clippy::print_stdout)]

use std::io::{BufRead as _, Cursor};

use kestra::blocking::Client;
use kestra::{BoxError, FilePart, Filter};
use kestra_examples::{NAMESPACE, Server};

fn main() -> Result<(), BoxError> {
    // For the embedded server only; the client has a thread of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let server = runtime.block_on(Server::start())?;
    let client = Client::new(server.client()?.build()?)?;

    let id = format!("blocking-{}", std::process::id());
    let source = format!(
        "id: {id}\nnamespace: {NAMESPACE}\ninputs:\n  - {{id: number, type: INT}}\ntasks:\n  - id: log\n    type: \
         io.kestra.plugin.core.log.Log\n    message: number {{{{ inputs.number }}}}\n"
    );
    client.flows().deploy(source).call()?;

    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4)
            .map(|number| {
                let run = client.executions().run(NAMESPACE, &id).input("number", number);
                scope.spawn(move || run.call())
            })
            .collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(finished) => finished.map(|finished| println!("{:?}", finished.state())),
            Err(_) => {
                println!("a thread panicked");
                Ok(())
            }
        })
    })?;

    let search = client.executions().search_executions().filter(Filter::flow_id().equals(&id));
    let mut ids = Vec::new();
    for execution in client.iter(search.items()) {
        let execution = execution?;
        for line in client.iter(client.logs().follow_logs_from_execution(&execution.id).stream()) {
            println!("{}", line?.message);
        }
        ids.push(execution.id);
    }

    let path = format!("/{id}/numbers.txt");
    let part = FilePart::reader("numbers.txt", Cursor::new("1\n2\n3\n"));
    client.files().create_namespace_file(NAMESPACE, &path, part).call()?;
    let download = client.files().get_file_content(NAMESPACE, &path).call()?;
    for line in client.reader(download).lines() {
        println!("line {}", line?);
    }

    client.files().delete_file(NAMESPACE, &path).call()?;
    client.executions().delete_executions_by_ids(ids).call()?;
    client.flows().delete_flow(NAMESPACE, &id).call()?;
    Ok(())
}
