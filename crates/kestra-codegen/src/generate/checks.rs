//! Tables for tests: what an operation's answer decodes into, a builder made from a recorded request, and all schemas.

mod requests;
mod schemas;

use std::collections::BTreeMap;

use super::TESTS;
use super::files::Files;
use super::operations::Builder;
use super::plan::Plan;
use super::types::From;
use super::writer::Writer;
use crate::catalogue::{Answer, Operation};
use crate::error::Result;

pub(super) fn write(plan: &Plan<'_>, files: &mut Files) -> Result<()> {
    let operations: Vec<&Operation> = plan.operations.values().flatten().copied().collect();
    files.add(format!("{TESTS}/answers.rs"), answers(&operations)?);
    files.add(format!("{TESTS}/requests.rs"), requests::write(&operations)?);
    files.add(format!("{TESTS}/schemas.rs"), schemas::write(plan.schemas.values().flatten().copied()));
    let mut root = Writer::new();
    root.blank();
    root.line("pub(crate) mod answers;");
    root.line("pub(crate) mod requests;");
    root.line("pub(crate) mod schemas;");
    files.add(format!("{TESTS}/mod.rs"), root.finish());
    Ok(())
}

fn answers(operations: &[&Operation]) -> Result<String> {
    let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for operation in operations {
        let Some(ty) = operation.answer.ty() else { continue };
        for builder in Builder::all(operation)? {
            let ty = match operation.answer {
                Answer::OptionalJson(_) => format!("Option<{}>", From::Elsewhere.ty(ty)),
                _ => From::Elsewhere.ty(ty),
            };
            by_type.entry(ty).or_default().push(format!("{:?}", builder.method));
        }
    }
    let mut file = Writer::new();
    file.blank();
    file.doc(
        "Does something with the type of an operation's response; `None` where the response is no JSON.",
    );
    file.line(
        "pub(crate) fn with_type<D: crate::recorded::Typed>(operation: &str, typed: D) -> Option<D::Output> {",
    );
    file.line("Some(match operation {");
    for (ty, names) in by_type {
        file.line(format!("{} => typed.with::<{ty}>(),", names.join(" | ")));
    }
    file.line("_ => return None,");
    file.line("})");
    file.line("}");
    Ok(file.finish())
}
