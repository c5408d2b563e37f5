//! Types as Rust code. All of it is in calls of macros of the crate `kestra`, so that rustfmt changes nothing.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::Module;
use super::read::{FlowType, InputType};
use crate::words::{self, one_line};

/// Writes the file.
pub(super) fn write(modules: &BTreeMap<String, Module>) -> String {
    let mut code = Code::default();
    // No doc comment, which can't be included into a module.
    code.line(0, format_args!("// Written by kestra-flowgen: change the flows and run it again."));
    let all = modules.iter().flat_map(|(name, module)| module.flows.iter().map(move |flow| (name, flow)));
    let count = all.clone().count();
    code.line(0, format_args!("\n::kestra::flow_signatures! {{"));
    code.line(1, format_args!("/// What the types say of their flows, for `Client::verify_all`."));
    code.line(1, format_args!("ALL: {count};"));
    for (module, flow) in all {
        code.line(1, format_args!("{module}::{};", flow.name));
    }
    code.line(0, format_args!("}}"));
    for (name, module) in modules {
        code.line(0, format_args!(""));
        code.doc(0, &format!("Flows of the namespace `{}`.", module.namespace));
        code.line(0, format_args!("#[allow(dead_code, unreachable_pub)]"));
        code.line(0, format_args!("pub mod {name} {{"));
        for (position, flow) in module.flows.iter().enumerate() {
            if position > 0 {
                code.line(0, format_args!(""));
            }
            code.flow(flow);
        }
        code.line(0, format_args!("}}"));
    }
    code.0
}

#[derive(Default)]
struct Code(String);

impl Code {
    fn line(&mut self, depth: usize, text: fmt::Arguments<'_>) {
        let start = self.0.len();
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:width$}{text}", "", width = 4 * depth);
        if self.0[start..].trim().is_empty() {
            self.0.truncate(start);
            self.0.push('\n');
        }
    }

    /// Writes a line of a doc comment; what would end the line is a blank.
    fn doc(&mut self, depth: usize, line: &str) {
        let line = one_line(line);
        let blank = if line.is_empty() { "" } else { " " };
        self.line(depth, format_args!("///{blank}{}", line.trim_end()));
    }

    fn docs(&mut self, depth: usize, lines: &[String]) {
        for line in lines {
            self.doc(depth, line);
        }
    }

    fn flow(&mut self, flow: &FlowType) {
        let FlowType { namespace, id, name, about, inputs, outputs, .. } = flow;
        let (required, results) = (flow.required(), flow.results());
        self.line(1, format_args!("::kestra::flow_inputs! {{"));
        self.docs(2, about);
        let outputs_type = results.as_deref().unwrap_or("()");
        self.line(2, format_args!("flow {name}({namespace:?}, {id:?}) -> {outputs_type};"));
        match &required {
            Some(required) => self.line(2, format_args!("new {required} {{")),
            None => self.line(2, format_args!("new {{")),
        }
        for input in flow.given() {
            self.input(3, input, required.is_some());
        }
        self.line(2, format_args!("}}"));
        self.line(2, format_args!("set {{"));
        for input in inputs.iter().filter(|input| !input.is_given) {
            self.input(3, input, false);
        }
        self.line(2, format_args!("}}"));
        self.line(1, format_args!("}}"));
        if let Some(results) = results {
            self.line(0, format_args!("\n    ::kestra::flow_outputs! {{"));
            self.doc(2, &format!("Outputs of the flow `{id}`."));
            self.line(2, format_args!("outputs {results} {{"));
            for output in outputs {
                self.docs(3, &output.about);
                self.line(3, format_args!("{}: {} = {:?};", output.name, output.type_, output.id));
            }
            self.line(2, format_args!("}}"));
            self.line(1, format_args!("}}"));
        }
        for (input, values) in inputs.iter().filter_map(|input| Some((input, input.values.as_ref()?))) {
            self.line(0, format_args!("\n    ::kestra::flow_values! {{"));
            self.doc(2, &format!("Values of the input `{}` of the flow `{id}`.", input.id));
            self.line(2, format_args!("values {} {{", values.name));
            for (name, value) in &values.all {
                self.doc(3, &words::value(value));
                self.line(3, format_args!("{name} = {value:?};"));
            }
            self.line(2, format_args!("}}"));
            if values.takes_others {
                self.line(2, format_args!("others CustomValue"));
            }
            self.line(1, format_args!("}}"));
        }
    }

    fn input(&mut self, depth: usize, input: &InputType, is_field: bool) {
        let InputType { id, name, type_, kind, .. } = input;
        self.docs(depth, &input.about);
        let rust = if is_field { &kind.field } else { &kind.argument };
        let values = match &input.values {
            Some(values) => {
                let all: Vec<_> = values.all.iter().map(|(_, value)| format!("{value:?}")).collect();
                format!("[{}]", all.join(", "))
            }
            None => "[]".to_owned(),
        };
        self.line(depth, format_args!("{name}: {rust} = {}({id:?}, {type_:?}, {values});", kind.set));
    }
}
