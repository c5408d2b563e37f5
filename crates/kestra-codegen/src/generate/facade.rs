//! The areas of the facade: a method for each form of each operation.

use super::FACADE;
use super::docs;
use super::files::Files;
use super::names;
use super::operations::Builder;
use super::plan::{Home, IF_ENTERPRISE, Plan};
use super::writer::Writer;
use crate::error::Result;

pub(super) fn write(plan: &Plan<'_>, files: &mut Files) -> Result<()> {
    for (home, operations) in &plan.operations {
        let area = names::upper_camel(&home.module);
        let mut file = Writer::new();
        file.blank();
        file.line(format!("impl crate::areas::{area} {{"));
        for (place, operation) in operations.iter().enumerate() {
            for builder in Builder::all(operation)? {
                if place > 0 || builder.method != operation.name {
                    file.blank();
                }
                write_method(&builder, &mut file);
            }
        }
        file.line("}");
        files.add(home.path(FACADE), file.finish());
    }
    write_modules(plan, files);
    Ok(())
}

fn write_method(builder: &Builder<'_>, file: &mut Writer) {
    let name = builder.name();
    let arguments: Vec<&str> = builder.arguments.iter().map(|argument| argument.name.as_str()).collect();
    let signature = match builder.arguments.is_empty() {
        true => "&self".to_owned(),
        false => format!("&self, {}", builder.signature()),
    };
    file.doc(&docs::operation(builder.operation, &builder.arguments, "crate"));
    if builder.method == builder.operation.name {
        file.doc(&docs::example(builder.operation));
    }
    file.line(format!(
        "pub fn {}({signature}) -> ::kestra_operations::{name}<crate::Client> {{",
        names::escape(&builder.method)
    ));
    file.line(format!(
        "::kestra_operations::{name}::new({}).on(self.client().clone())",
        arguments.join(", ")
    ));
    file.line("}");
}

/// The modules have nothing to re-export: they add methods to the areas, which are written by hand.
fn write_modules(plan: &Plan<'_>, files: &mut Files) {
    let (enterprise, open): (Vec<&Home>, Vec<&Home>) =
        plan.operations.keys().partition(|home| home.enterprise);
    let mut root = Writer::new();
    root.blank();
    for home in &open {
        root.line(format!("mod {};", home.module));
    }
    if !enterprise.is_empty() {
        root.line(IF_ENTERPRISE);
        root.line("mod enterprise;");
        let mut file = Writer::new();
        file.blank();
        for home in &enterprise {
            file.line(format!("mod {};", home.module));
        }
        files.add(format!("{FACADE}/enterprise/mod.rs"), file.finish());
    }
    files.add(format!("{FACADE}/mod.rs"), root.finish());
}
