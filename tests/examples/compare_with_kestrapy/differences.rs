//! Where the requests are known to differ.

/// A request of kestrapy is ours but for one piece.
struct Difference {
    operation: &'static str,
    /// Empty if only ours sends the request.
    theirs: &'static str,
    ours: &'static str,
    /// Why theirs is wrong, or why both are the same to a server.
    reason: &'static str,
}

const DIFFERENCES: [Difference; 13] = [
    Difference {
        operation: "executions.follow_execution",
        theirs: "",
        ours: r#"GET /api/v1/main/executions/execution-1 [] "" """#,
        reason: "the end of the events may be a cut, which theirs can't tell; ours reads the execution after it",
    },
    Difference {
        operation: "kv.set_key_value",
        theirs: r#""a text""#,
        ours: r#""\"a text\"""#,
        reason: "theirs sends what it is given; the server reads that as Ion and cuts at a blank what isn't quoted",
    },
    file("files.create_namespace_file"),
    emptied("executions.latest_executions"),
    emptied("executions.set_labels_on_terminated_execution"),
    Difference {
        operation: "logs.download_logs_from_execution",
        theirs: r#"("minLevel", "ERROR")"#,
        ours: r#"("filters[level][GREATER_THAN_OR_EQUAL_TO]", "ERROR")"#,
        reason: "here servers have filters since 2.0, and no `minLevel`, so that theirs gets lines of all levels",
    },
    emptied("flows.export_flows_by_ids"),
    file("flows.import_flows"),
    emptied("flows.disable_flows_by_ids"),
    emptied("flows.enable_flows_by_ids"),
    emptied("flows.delete_flows_by_ids"),
    emptied("flows.flow_hashes_by_ids"),
    Difference {
        operation: "tenants.create_tenant",
        theirs: r#","type":"DEFAULT""#,
        ours: "",
        reason: "the default of the document, which theirs sends though nobody set it",
    },
];

/// A file without a media type.
const fn file(operation: &'static str) -> Difference {
    Difference {
        operation,
        theirs: "file of no type",
        ours: "file of application/octet-stream",
        reason: "a part with a file name is a file to the server, whatever its type; without one it would be text by RFC 7578",
    }
}

/// A list of models, each with a field that no schema has.
const fn emptied(operation: &'static str) -> Difference {
    Difference {
        operation,
        theirs: r#""additional_properties":{},"#,
        ours: "",
        reason: "a field of theirs that is no field of the API; single bodies are sent without it, lists with it",
    }
}

/// Which of them were met.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    met: [bool; DIFFERENCES.len()],
}

impl Differences {
    /// The reason of a difference that is known.
    pub(crate) fn explain(&mut self, operation: &str, theirs: &str, ours: &str) -> Option<&'static str> {
        let of_operation =
            DIFFERENCES.iter().zip(&mut self.met).filter(|(known, _)| known.operation == operation);
        for (known, met) in of_operation {
            if known.theirs.is_empty() == theirs.is_empty()
                && theirs.replacen(known.theirs, known.ours, 1) == ours
            {
                *met = true;
                return Some(known.reason);
            }
        }
        None
    }

    /// The operations of those that weren't met.
    pub(crate) fn unmet(&self) -> impl Iterator<Item = &'static str> {
        DIFFERENCES.iter().zip(self.met).filter(|(_, met)| !met).map(|(known, _)| known.operation)
    }
}
