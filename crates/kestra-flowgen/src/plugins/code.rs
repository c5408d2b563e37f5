//! Plugins as Rust code, as rustfmt writes it by default.

use std::collections::BTreeMap;

use super::names::{METHODS, Names, TYPES, path, snake};
use super::schema::{Plugin, Property, Role};
use super::words::comment;

/// What names and words that are not ours would be warned of, and types that a program has no use for.
const ALLOWED: [&str; 10] = [
    "dead_code",
    "deprecated",
    "unreachable_pub",
    "clippy::doc_markdown",
    "clippy::module_inception",
    "clippy::new_without_default",
    "clippy::should_implement_trait",
    "clippy::too_many_arguments",
    "clippy::upper_case_acronyms",
    "clippy::wrong_self_convention",
];

/// The properties that Kestra defines for tasks or triggers, in one version or another: the setters of the trait `Plugin`. One of each for every plugin would be
/// more than half of the code.
const COMMON: [&str; 16] = [
    "allowFailure",
    "allowWarning",
    "assets",
    "description",
    "disabled",
    "failOnTriggerError",
    "logLevel",
    "logToFile",
    "policyRefs",
    "retry",
    "runIf",
    "taskCache",
    "timeout",
    "version",
    "workerGroup",
    "workerSelector",
];

/// Lines longer than this are broken.
const WIDTH: usize = 100;

/// The arguments of a call longer than this are broken.
const CALL: usize = 60;

/// Returns the setter of what a type holds: a task or trigger, or a map.
fn setter(plugin: &Plugin) -> &'static str {
    if plugin.role == Role::Part { "with" } else { "set" }
}

/// A module: those within it, and its types by their names.
#[derive(Default)]
struct Module<'a> {
    modules: BTreeMap<String, Module<'a>>,
    plugins: BTreeMap<String, &'a Plugin>,
    names: Option<Names>,
}

/// Writes the file.
pub(super) fn write(plugins: &[Plugin], library: &str) -> String {
    let mut root = Module::default();
    for plugin in plugins {
        let (modules, name) = path(&plugin.kind);
        let module =
            modules.into_iter().fold(&mut root, |module, name| module.modules.entry(name).or_default());
        let name = module.names.get_or_insert_with(|| Names::new(&TYPES)).take(name);
        module.plugins.insert(name, plugin);
    }
    let mut code = Code { text: String::new(), indent: 0, library };
    code.line("// Written by `kestra-flowgen plugins`; changes are lost.");
    for (name, module) in &root.modules {
        code.blank();
        code.module(name, module, name);
    }
    code.text
}

struct Code<'a> {
    text: String,
    indent: usize,
    /// The path of the types of flows.
    library: &'a str,
}

impl Code<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(&format!("{:indent$}{text}\n", "", indent = self.indent));
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Writes what stands between braces.
    fn within(&mut self, start: &str, write: impl FnOnce(&mut Self)) {
        self.line(&format!("{start} {{"));
        self.indent += 4;
        write(self);
        self.indent -= 4;
        self.line("}");
    }

    fn module(&mut self, name: &str, module: &Module<'_>, package: &str) {
        comment(&format!("Plugins of `{package}`."), &[], self.indent, &mut self.text);
        if self.indent == 0 {
            self.line("#[allow(");
            self.line(&format!("    {}", ALLOWED.join(",\n    ")));
            self.line(")]");
        }
        self.within(&format!("pub mod {name}"), |code| {
            let mut is_first = true;
            let mut separate = |code: &mut Self| {
                if !std::mem::take(&mut is_first) {
                    code.blank();
                }
            };
            for (name, plugin) in &module.plugins {
                separate(code);
                code.plugin(name, plugin);
            }
            for (name, module) in &module.modules {
                separate(code);
                code.module(name, module, &format!("{package}.{name}"));
            }
        });
    }

    fn plugin(&mut self, name: &str, plugin: &Plugin) {
        let (what, inner) = match plugin.role {
            Role::Task => ("task", "Task"),
            Role::Trigger => ("trigger", "Trigger"),
            Role::Part => ("plugin", "Map"),
        };
        let library = self.library;
        comment(&format!("The {what} `{}`.", plugin.kind), &plugin.about, self.indent, &mut self.text);
        // The fields of a map may be secrets.
        let derived = if plugin.role == Role::Part { "Clone" } else { "Clone, Debug" };
        self.line(&format!("#[derive({derived})]"));
        self.line("#[must_use]");
        if plugin.is_deprecated {
            self.line("#[deprecated]");
        }
        self.line(&format!("pub struct {name}(::{library}::{inner});"));
        self.blank();
        self.within(&format!("impl {name}"), |code| {
            code.line("/// The name of the type.");
            code.constant("TYPE", &plugin.kind);
            code.blank();
            code.constructor(plugin, what, inner);
            if plugin.role == Role::Part {
                code.blank();
                code.line("/// Sets a property by its name; `None` removes it.");
                code.set("pub fn", "with");
            }
            let mut names = Names::new(&METHODS);
            let is_own = |property: &&Property| {
                plugin.role == Role::Part || property.is_required || !COMMON.contains(&property.name.as_str())
            };
            for property in plugin.properties.iter().filter(is_own) {
                code.blank();
                code.setter(plugin, property, &names.take(snake(&property.name)));
            }
        });
        if plugin.role == Role::Part {
            self.blank();
            self.within(&format!("impl ::std::fmt::Debug for {name}"), |code| {
                let start = "fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result";
                code.within(start, |code| code.line(&format!("f.write_str({name:?})")));
            });
            self.conversion(name, "Node", "Self::Map(plugin.0)");
        } else {
            self.blank();
            self.within(&format!("impl ::{library}::Plugin for {name}"), |code| {
                code.set("fn", "set");
                code.blank();
                code.within(&format!("fn into_map(self) -> ::{library}::Map"), |code| {
                    code.line("self.0.into()")
                });
            });
            self.conversion(name, inner, "plugin.0");
        }
    }

    /// Writes the setter of a property by its name.
    fn set(&mut self, start: &str, setter: &str) {
        let parameters = ["self", "name: &str", &self.value("value")].map(str::to_owned);
        self.function_of(start, "set", &parameters, |code| {
            code.line(&format!("Self(self.0.{setter}(name, value))"));
        });
    }

    fn conversion(&mut self, name: &str, target: &str, value: &str) {
        self.blank();
        self.within(&format!("impl From<{name}> for ::{}::{target}", self.library), |code| {
            code.within(&format!("fn from(plugin: {name}) -> Self"), |code| code.line(value));
        });
    }

    fn value(&self, name: &str) -> String {
        format!("{name}: impl Into<::{}::Node>", self.library)
    }

    fn constant(&mut self, name: &str, value: &str) {
        let (start, value) = (format!("pub const {name}: &'static str ="), format!("{value:?};"));
        if self.indent + start.len() + 1 + value.len() <= WIDTH {
            self.line(&format!("{start} {value}"));
        } else {
            self.line(&start);
            self.line(&format!("    {value}"));
        }
    }

    /// Writes the constructor, which takes what is required.
    fn constructor(&mut self, plugin: &Plugin, what: &str, inner: &str) {
        let library = self.library;
        let mut names = Names::new(&["id", "plugin"]);
        let required = plugin.properties.iter().filter(|property| property.is_required);
        let required: Vec<_> =
            required.map(|property| (names.take(snake(&property.name)), property)).collect();
        let mut parameters = Vec::new();
        let first = match plugin.role {
            Role::Part => format!("::{library}::{inner}::new()"),
            _ => {
                parameters.push("id: impl Into<String>".to_owned());
                format!("::{library}::{inner}::new(id, Self::TYPE)")
            }
        };
        parameters.extend(required.iter().map(|(name, _)| self.value(name)));
        self.line(&format!("/// Creates the {what}."));
        self.function("new", &parameters, |code| {
            if required.is_empty() && plugin.role != Role::Part {
                code.line(&format!("Self({first})"));
                return;
            }
            code.line(&format!("let plugin = {first};"));
            let setter = setter(plugin);
            let set = |name: &str, value: &str| format!("plugin.{setter}({name}, {value})");
            let mut steps: Vec<String> =
                required.iter().map(|(name, property)| set(&format!("{:?}", property.name), name)).collect();
            if plugin.role == Role::Part {
                steps.insert(0, set("\"type\"", "Self::TYPE"));
            }
            steps.iter().for_each(|step| code.line(&format!("let plugin = {step};")));
            code.line("Self(plugin)");
        });
    }

    fn setter(&mut self, plugin: &Plugin, property: &Property, name: &str) {
        comment(&format!("Sets `{}`.", property.name), &property.about, self.indent, &mut self.text);
        if property.is_deprecated {
            self.line("#[deprecated]");
        }
        let parameters = ["self".to_owned(), self.value("value")];
        self.function(name, &parameters, |code| {
            let call = format!("{}({:?}, value)", setter(plugin), property.name);
            if "self.0.".len() + call.len() <= CALL {
                code.line(&format!("Self(self.0.{call})"));
            } else {
                for line in ["Self(", "    self.0", &format!("        .{call},"), ")"] {
                    code.line(line);
                }
            }
        });
    }

    /// Writes a function that returns `Self`.
    fn function(&mut self, name: &str, parameters: &[String], body: impl FnOnce(&mut Self)) {
        self.function_of("pub fn", name, parameters, body);
    }

    fn function_of(&mut self, begin: &str, name: &str, parameters: &[String], body: impl FnOnce(&mut Self)) {
        let start = format!("{begin} {name}({}) -> Self", parameters.join(", "));
        if self.indent + start.len() + 2 <= WIDTH {
            self.within(&start, body);
            return;
        }
        self.line(&format!("{begin} {name}("));
        parameters.iter().for_each(|parameter| self.line(&format!("    {parameter},")));
        self.within(") -> Self", body);
    }
}
