// Written by kestra-flowgen: change the flows and run it again.

::kestra::flow_signatures! {
    /// What the types say of their flows, for `Client::verify_all`.
    ALL: 1;
    sdk_examples_typed::Report;
}

/// Flows of the namespace `sdk.examples.typed`.
#[allow(dead_code, unreachable_pub)]
pub mod sdk_examples_typed {
    ::kestra::flow_inputs! {
        /// Counts the rows of a table.
        flow Report("sdk.examples.typed", "report") -> ReportOutputs;
        new {
            /// The day to report on.
            day: ::kestra::jiff::civil::Date = set("day", "DATE", []);
        }
        set {
            /// The input `mode`.
            ///
            /// Defaults to `fast`.
            mode: ReportMode = set("mode", "SELECT", ["fast", "very-slow"]);
            /// Most rows.
            ///
            /// Defaults to `100`.
            limit: i32 = set("limit", "INT", []);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `report`.
        outputs ReportOutputs {
            /// The output `rows`.
            rows: i32 = "rows";
            /// The output `title`.
            title: String = "title";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `mode` of the flow `report`.
        values ReportMode {
            /// `fast`.
            Fast = "fast";
            /// `very-slow`.
            VerySlow = "very-slow";
        }
    }
}
