// Written by kestra-flowgen: change the flows and run it again.

::kestra::flow_signatures! {
    /// What the types say of their flows, for `Client::verify_all`.
    ALL: 1;
    company_team::Report;
}

/// Flows of the namespace `company.team`.
#[allow(dead_code, unreachable_pub)]
pub mod company_team {
    ::kestra::flow_inputs! {
        /// The flow `report`.
        flow Report("company.team", "report") -> ReportOutputs;
        new {
            /// The input `who`.
            who: impl Into<String> = text("who", "STRING", []);
        }
        set {
            /// The input `max_rows`.
            ///
            /// Defaults to `1`.
            max_rows: i32 = set("max_rows", "INT", []);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `report`.
        outputs ReportOutputs {
            /// The output `lines`.
            lines: i32 = "lines";
        }
    }
}
