//! Types for the inputs and outputs of flows.

mod code;
mod docs;
mod kinds;
mod names;
mod read;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kestra_flow::{Edit, Flow, ParseError};

use crate::{Errors, FlowError};

use read::FlowType;

/// Returns the code for the flows of these files, or all that keeps them from having types.
pub(crate) fn generate(files: &[PathBuf]) -> Result<String, Errors> {
    let mut errors = Vec::new();
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for path in files {
        let Some((mut file, flow)) = File::read(path, &mut errors) else { continue };
        let read = read::flow(&mut file, &flow);
        if let Some(flow) = read {
            modules.entry(flow.module.clone()).or_default().add(&mut file, flow);
        }
        file.errors.sort_by_key(|error| error.place);
        errors.append(&mut file.errors);
    }
    if errors.is_empty() { Ok(code::write(&modules)) } else { Err(Errors(errors)) }
}

/// The flows of a namespace.
#[derive(Default)]
struct Module {
    namespace: String,
    flows: Vec<FlowType>,
    /// The names of types, with what has them.
    taken: BTreeMap<String, String>,
}

impl Module {
    fn add(&mut self, file: &mut File<'_>, flow: FlowType) {
        if self.namespace.is_empty() {
            self.namespace.clone_from(&flow.namespace);
        }
        if self.namespace != flow.namespace {
            let message = format!(
                "the namespaces `{}` and `{}` are both the module `{}`: rename one, or keep them in two folders",
                self.namespace, flow.namespace, flow.module
            );
            return file.fail(&["namespace"], message);
        }
        for (name, what) in flow.types() {
            let what = format!("{what} ({})", file.path.display());
            if let Some(other) = self.taken.insert(name.clone(), what.clone()) {
                file.fail(
                    &["id"],
                    format!("two types are `{name}`: that of {other}, and that of {what}: rename one"),
                );
            }
        }
        self.flows.push(flow);
    }
}

/// The source of a flow, and what is wrong in it.
struct File<'a> {
    path: &'a Path,
    source: Edit,
    errors: Vec<FlowError>,
}

impl<'a> File<'a> {
    fn read(path: &'a Path, errors: &mut Vec<FlowError>) -> Option<(Self, Flow)> {
        let mut fail = |place, message| errors.push(FlowError { path: path.to_owned(), place, message });
        match fs::read_to_string(path) {
            Err(problem) => fail(None, problem.to_string()),
            Ok(source) => match source.parse() {
                Ok(flow) => {
                    return Some((Self { path, source: Edit::new(source), errors: Vec::new() }, flow));
                }
                Err(problem) => {
                    let problem: ParseError = problem;
                    fail(Some((problem.line(), problem.column())), problem.cause().to_owned());
                }
            },
        }
        None
    }

    /// Adds an error about the value at a path, or about what it would be in.
    fn fail(&mut self, path: &[&str], message: impl Into<String>) {
        let place = (0..=path.len()).rev().find_map(|end| self.source.position(path.get(..end)?));
        self.errors.push(FlowError { path: self.path.to_owned(), place, message: message.into() });
    }

    /// Takes a name that nothing else has, or adds an error.
    fn take(&mut self, taken: &mut BTreeMap<String, String>, path: &[&str], name: &str, what: &str) {
        if let Some(other) = taken.insert(name.to_owned(), what.to_owned()) {
            self.fail(path, format!("`{other}` and `{what}` are both `{name}` in Rust: rename one"));
            // The first keeps the name for those that follow.
            taken.insert(name.to_owned(), other);
        }
    }
}
