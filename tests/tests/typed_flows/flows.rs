// Written by kestra-flowgen: change the flows and run it again.

::kestra::flow_signatures! {
    /// What the types say of their flows, for `Client::verify_all`.
    ALL: 6;
    company_old::Old;
    company_team::StringFlow;
    company_team::EveryType;
    company_team::OnEveryServer;
    company_team_new::Form;
    company_team_new::Newest;
}

/// Flows of the namespace `company.old`.
#[allow(dead_code, unreachable_pub)]
pub mod company_old {
    ::kestra::flow_inputs! {
        /// The flow `old`.
        flow Old("company.old", "old") -> ();
        new {
            /// The input `kind`.
            kind: OldKind = set("kind", "ENUM", ["A", "B"]);
            /// The input `flag`.
            flag: bool = set("flag", "BOOLEAN", []);
            /// The input `parts`.
            parts: impl IntoIterator<Item = OldParts> = list("parts", "MULTISELECT", ["one", "two"]);
        }
        set {
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `kind` of the flow `old`.
        values OldKind {
            /// `A`.
            A = "A";
            /// `B`.
            B = "B";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `parts` of the flow `old`.
        values OldParts {
            /// `one`.
            One = "one";
            /// `two`.
            Two = "two";
        }
    }
}

/// Flows of the namespace `company.team`.
#[allow(dead_code, unreachable_pub)]
pub mod company_team {
    ::kestra::flow_inputs! {
        /// The flow `string`.
        flow StringFlow("company.team", "string") -> StringFlowOutputs;
        new {
        }
        set {
            /// The input `type`.
            ///
            /// Defaults to `a`.
            type_: impl Into<String> = text("type", "STRING", []);
            /// The input `new`.
            new_: i32 = set("new", "INT", []);
            /// The input `2nd`.
            ///
            /// Defaults to `true`.
            n2nd: bool = set("2nd", "BOOL", []);
            /// The input `dry-run`.
            ///
            /// Defaults to `false`.
            dry_run: bool = set("dry-run", "BOOL", []);
            /// The input `camelCase`.
            camel_case: impl Into<String> = text("camelCase", "STRING", []);
            /// The input `a.b`.
            ///
            /// Defaults to `10`.
            a_b: i32 = set("a.b", "INT", []);
            /// The input `mode`.
            ///
            /// Defaults to `other`.
            mode: StringFlowMode = set("mode", "SELECT", ["self", "on", "other"]);
            /// The input `region`.
            region: StringFlowRegion = set("region", "SELECT", ["eu", "us"]);
            /// The input `made`.
            made: impl Into<String> = text("made", "SELECT", []);
            /// The input `extra`.
            extra: impl Into<String> = text("extra", "STRING", []);
            /// fn name() {}.
            ///
            /// A text with a mark.
            ///
            /// - fn indented() {}
            marks: StringFlowMarks = set("marks", "SELECT", ["q`r", "```", "\u{202e}", "a\rb", "   ", "[x] <y>"]);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `string`.
        outputs StringFlowOutputs {
            /// The output `type`.
            type_: String = "type";
            /// The output `dry-run`.
            dry_run: bool = "dry-run";
            /// The output `mode`.
            mode: String = "mode";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `mode` of the flow `string`.
        values StringFlowMode {
            /// `self`.
            Self_ = "self";
            /// `on`.
            On = "on";
            /// `other`.
            Other = "other";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `region` of the flow `string`.
        values StringFlowRegion {
            /// `eu`.
            Eu = "eu";
            /// `us`.
            Us = "us";
        }
        others CustomValue
    }

    ::kestra::flow_values! {
        /// Values of the input `marks` of the flow `string`.
        values StringFlowMarks {
            /// q\`r.
            QR = "q`r";
            /// \`\`\`.
            Value2 = "```";
            /// `\u{202e}`.
            Value3 = "\u{202e}";
            /// `a\rb`.
            AB = "a\rb";
            /// A blank string.
            Value5 = "   ";
            /// `[x] <y>`.
            XY = "[x] <y>";
        }
    }

    ::kestra::flow_inputs! {
        /// Takes an input of every type that all versions have.
        ///
        /// no code
        ///
        /// See \[the page\] and \<b\>this\</b\>.
        flow EveryType("company.team", "every-type") -> EveryTypeOutputs;
        new EveryTypeRequired {
            /// What is written.
            ///
            /// Any text: `a`, snake\_case or CamelCase.
            text: String = text("text", "STRING", []);
            /// The input `choice`.
            choice: EveryTypeChoice = set("choice", "SELECT", ["red", "VERY_SLOW", "2nd", "", "≤", "größer als"]);
            /// The input `several`.
            several: Vec<EveryTypeSeveral> = list("several", "MULTISELECT", ["x", "y", "z"]);
            /// The input `whole`.
            whole: i32 = set("whole", "INT", []);
            /// The input `part`.
            part: f64 = set("part", "FLOAT", []);
            /// The input `flag`.
            flag: bool = set("flag", "BOOL", []);
            /// The input `moment`.
            moment: ::kestra::jiff::Timestamp = set("moment", "DATETIME", []);
            /// The input `day`.
            day: ::kestra::jiff::civil::Date = set("day", "DATE", []);
            /// The input `hour`.
            hour: ::kestra::jiff::civil::Time = set("hour", "TIME", []);
            /// The input `length`.
            length: ::std::time::Duration = set("length", "DURATION", []);
            /// The input `file`.
            file: ::kestra::FilePart = file("file", "FILE", []);
            /// The input `object`.
            object: ::kestra::typed::Value = set("object", "JSON", []);
            /// The input `tree`.
            tree: String = text("tree", "YAML", []);
            /// The input `address`.
            address: String = text("address", "URI", []);
            /// The input `mail`.
            mail: String = text("mail", "EMAIL", []);
            /// The input `numbers`.
            numbers: Vec<i32> = list("numbers", "ARRAY<INT>", []);
            /// The input `days`.
            days: Vec<::kestra::jiff::civil::Date> = list("days", "ARRAY<DATE>", []);
            /// The input `words`.
            words: Vec<String> = texts("words", "ARRAY<STRING>", []);
        }
        set {
            /// The input `rest`.
            ///
            /// Defaults to `none`.
            rest: impl Into<String> = text("rest", "STRING", []);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `every-type`.
        outputs EveryTypeOutputs {
            /// The output `text`.
            text: String = "text";
            /// How many
            whole: i32 = "whole";
            /// The output `part`.
            part: f64 = "part";
            /// The output `flag`.
            flag: bool = "flag";
            /// The output `moment`.
            moment: ::kestra::jiff::Timestamp = "moment";
            /// The output `day`.
            day: ::kestra::jiff::civil::Date = "day";
            /// The output `hour`.
            hour: ::kestra::jiff::civil::Time = "hour";
            /// The output `length`.
            length: ::std::time::Duration = "length";
            /// The output `file`.
            file: String = "file";
            /// The output `object`.
            object: ::kestra::typed::Value = "object";
            /// The output `address`.
            address: String = "address";
            /// The output `words`.
            words: Vec<::kestra::typed::Value> = "words";
            /// The output `rest`.
            rest: String = "rest";
            /// The output `nothing`.
            nothing: Option<i32> = "nothing";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `choice` of the flow `every-type`.
        values EveryTypeChoice {
            /// `red`.
            Red = "red";
            /// `VERY_SLOW`.
            VerySlow = "VERY_SLOW";
            /// `2nd`.
            N2nd = "2nd";
            /// A blank string.
            Value4 = "";
            /// `≤`.
            Value5 = "≤";
            /// `größer als`.
            GrößerAls = "größer als";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `several` of the flow `every-type`.
        values EveryTypeSeveral {
            /// `x`.
            X = "x";
            /// `y`.
            Y = "y";
            /// `z`.
            Z = "z";
        }
    }

    ::kestra::flow_inputs! {
        /// The flow `on-every-server`.
        flow OnEveryServer("company.team", "on-every-server") -> OnEveryServerOutputs;
        new OnEveryServerRequired {
            /// The input `text`.
            text: String = text("text", "STRING", []);
            /// The input `choice`.
            choice: OnEveryServerChoice = set("choice", "SELECT", ["red", "VERY_SLOW", "größer als"]);
            /// The input `several`.
            several: Vec<OnEveryServerSeveral> = list("several", "MULTISELECT", ["x", "y", "z"]);
            /// The input `whole`.
            whole: i32 = set("whole", "INT", []);
            /// The input `part`.
            part: f64 = set("part", "FLOAT", []);
            /// The input `flag`.
            flag: bool = set("flag", "BOOL", []);
            /// The input `moment`.
            moment: ::kestra::jiff::Timestamp = set("moment", "DATETIME", []);
            /// The input `day`.
            day: ::kestra::jiff::civil::Date = set("day", "DATE", []);
            /// The input `hour`.
            hour: ::kestra::jiff::civil::Time = set("hour", "TIME", []);
            /// The input `length`.
            length: ::std::time::Duration = set("length", "DURATION", []);
            /// The input `file`.
            file: ::kestra::FilePart = file("file", "FILE", []);
            /// The input `object`.
            object: ::kestra::typed::Value = set("object", "JSON", []);
            /// The input `tree`.
            tree: String = text("tree", "YAML", []);
            /// The input `address`.
            address: String = text("address", "URI", []);
            /// The input `mail`.
            mail: String = text("mail", "EMAIL", []);
            /// The input `numbers`.
            numbers: Vec<i32> = list("numbers", "ARRAY<INT>", []);
        }
        set {
            /// The input `dry-run`.
            ///
            /// Defaults to `false`.
            dry_run: bool = set("dry-run", "BOOL", []);
            /// The input `note`.
            note: impl Into<String> = text("note", "STRING", []);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `on-every-server`.
        outputs OnEveryServerOutputs {
            /// The output `text`.
            text: String = "text";
            /// The output `whole`.
            whole: i32 = "whole";
            /// The output `part`.
            part: f64 = "part";
            /// The output `dry-run`.
            dry_run: bool = "dry-run";
            /// The output `moment`.
            moment: ::kestra::jiff::Timestamp = "moment";
            /// The output `day`.
            day: ::kestra::jiff::civil::Date = "day";
            /// The output `hour`.
            hour: ::kestra::jiff::civil::Time = "hour";
            /// The output `length`.
            length: ::std::time::Duration = "length";
            /// The output `file`.
            file: String = "file";
            /// The output `object`.
            object: ::kestra::typed::Value = "object";
            /// The output `address`.
            address: String = "address";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `choice` of the flow `on-every-server`.
        values OnEveryServerChoice {
            /// `red`.
            Red = "red";
            /// `VERY_SLOW`.
            VerySlow = "VERY_SLOW";
            /// `größer als`.
            GrößerAls = "größer als";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `several` of the flow `on-every-server`.
        values OnEveryServerSeveral {
            /// `x`.
            X = "x";
            /// `y`.
            Y = "y";
            /// `z`.
            Z = "z";
        }
    }
}

/// Flows of the namespace `company.team.new`.
#[allow(dead_code, unreachable_pub)]
pub mod company_team_new {
    ::kestra::flow_inputs! {
        /// The flow `form`.
        flow Form("company.team.new", "form") -> FormOutputs;
        new {
            /// The input `order.count`.
            order_count: i32 = set("order.count", "INT", []);
        }
        set {
            /// The input `order.note`.
            order_note: impl Into<String> = text("order.note", "STRING", []);
            /// The input `order.size`.
            ///
            /// Defaults to `small`.
            order_size: FormOrderSize = set("order.size", "SELECT", ["small", "large"]);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `form`.
        outputs FormOutputs {
            /// The output `count`.
            count: i32 = "count";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `order.size` of the flow `form`.
        values FormOrderSize {
            /// `small`.
            Small = "small";
            /// `large`.
            Large = "large";
        }
    }

    ::kestra::flow_inputs! {
        /// The flow `newest`.
        flow Newest("company.team.new", "newest") -> NewestOutputs;
        new {
            /// The input `color`.
            color: NewestColor = set("color", "SELECT", ["#f00", "#0f0"]);
        }
        set {
            /// The input `sizes`.
            sizes: impl IntoIterator<Item = NewestSizes> = list("sizes", "MULTISELECT", ["s", "l"]);
            /// The input `ion`.
            ion: impl Into<String> = text("ion", "ION", []);
            /// The input `token`.
            token: impl Into<String> = text("token", "SECRET", []);
        }
    }

    ::kestra::flow_outputs! {
        /// Outputs of the flow `newest`.
        outputs NewestOutputs {
            /// The output `token`.
            token: Option<::kestra::models::Sensitive> = "token";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `color` of the flow `newest`.
        values NewestColor {
            /// `#f00`.
            F00 = "#f00";
            /// `#0f0`.
            N0f0 = "#0f0";
        }
    }

    ::kestra::flow_values! {
        /// Values of the input `sizes` of the flow `newest`.
        values NewestSizes {
            /// `s`.
            S = "s";
            /// `l`.
            L = "l";
        }
    }
}
