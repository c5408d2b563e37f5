//! The operations: a request builder and its facts for each form of each operation.

mod arguments;
mod builder;
mod filters;
mod info;

use super::OPERATIONS;
use super::files::Files;
use super::plan::{Home, IF_ENTERPRISE, Plan};
use super::writer::Writer;
use crate::error::Result;

pub(super) use self::arguments::Argument;
pub(super) use self::builder::Builder;

pub(super) fn write(plan: &Plan<'_>, files: &mut Files) -> Result<()> {
    for (home, operations) in &plan.operations {
        let mut file = Writer::new();
        for operation in operations {
            for builder in Builder::all(operation)? {
                file.blank();
                builder.write(operations, &mut file)?;
                file.blank();
                info::write(&builder, plan.filters(), &mut file)?;
            }
        }
        info::write_table(operations, &mut file)?;
        files.add(home.path(OPERATIONS), file.finish());
    }
    let mut characters = Writer::new();
    info::write_characters(plan.characters(), &mut characters);
    files.add(format!("{OPERATIONS}/characters.rs"), characters.finish());
    let mut filters = Writer::new();
    filters::write(plan.filters(), &mut filters)?;
    files.add(format!("{OPERATIONS}/filters.rs"), filters.finish());
    let mut modules = Home::modules(plan.operations.keys());
    let root = &mut modules.0;
    root.blank();
    root.line("#[doc(hidden)]");
    root.line("pub mod characters;");
    root.line("mod filters;");
    root.blank();
    root.line("pub(crate) static OPERATIONS: &[&[&::kestra_core::OperationInfo]] = &[");
    for home in plan.operations.keys() {
        if home.enterprise {
            root.line(IF_ENTERPRISE);
        }
        root.line(format!("{}::OPERATIONS,", home.module_path()));
    }
    root.line("];");
    Home::add_modules(modules, OPERATIONS, files);
    Ok(())
}
