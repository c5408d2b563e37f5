//! What is generated, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::names;
use super::writer::Writer;
use crate::catalogue::{Catalogue, CharacterRules, Content, Edition, Filters, Kind, Operation, Schema, Type};
use crate::error::{Error, Result};

/// Schemas that are written by hand; the catalogue refers to them, nothing is generated.
const BY_HAND: &[&str] =
    &["BulkOutcome", "EpochMillis", "KvValue", "Label", "Labels", "PebbleFunction", "Permissions"];

/// The module of a type that several areas share.
const SHARED: &str = "shared";

/// The module of a generated item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Home {
    /// Whether it is there only with Enterprise operations.
    pub(super) enterprise: bool,
    /// The module's name.
    pub(super) module: String,
}

impl Home {
    /// The folder of Enterprise modules within a folder of modules, and their parent module.
    const ENTERPRISE: &str = "enterprise";

    /// The module's file.
    pub(super) fn path(&self, folder: &str) -> String {
        match self.enterprise {
            true => format!("{folder}/{}/{}.rs", Self::ENTERPRISE, self.module),
            false => format!("{folder}/{}.rs", self.module),
        }
    }

    /// The module's path from the module of all generated code.
    pub(super) fn module_path(&self) -> String {
        match self.enterprise {
            true => format!("{}::{}", Self::ENTERPRISE, self.module),
            false => self.module.clone(),
        }
    }

    /// The files that declare the modules and re-export what is in them: the root, and that of Enterprise if there is any.
    pub(super) fn modules<'a>(homes: impl Iterator<Item = &'a Self>) -> (Writer, Option<Writer>) {
        let (enterprise, open): (Vec<&Self>, Vec<&Self>) = homes.partition(|home| home.enterprise);
        let mut root = Writer::new();
        root.blank();
        if !enterprise.is_empty() {
            root.line(format!("{IF_ENTERPRISE}\nmod {};", Self::ENTERPRISE));
        }
        declare(&open, "mod", &mut root);
        if enterprise.is_empty() {
            return (root, None);
        }
        root.line(format!("{IF_ENTERPRISE}\npub use self::{}::*;", Self::ENTERPRISE));
        let mut file = Writer::new();
        file.blank();
        declare(&enterprise, "pub(super) mod", &mut file);
        (root, Some(file))
    }

    /// Adds the files of [`modules`](Self::modules) to a folder.
    pub(super) fn add_modules((root, enterprise): (Writer, Option<Writer>), folder: &str, files: &mut Files) {
        files.add(format!("{folder}/mod.rs"), root.finish());
        if let Some(file) = enterprise {
            files.add(format!("{folder}/{}/mod.rs", Self::ENTERPRISE), file.finish());
        }
    }
}

/// Attribute of what only Enterprise operations need.
pub(super) const IF_ENTERPRISE: &str = "#[cfg(feature = \"enterprise\")]";

fn declare(homes: &[&Home], keyword: &str, file: &mut Writer) {
    for home in homes {
        file.line(format!("{keyword} {};", home.module));
    }
    file.blank();
    for home in homes {
        file.line(format!("pub use self::{}::*;", home.module));
    }
}

/// What is generated.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    catalogue: &'a Catalogue,
    /// Operations by module, sorted by name.
    pub(super) operations: BTreeMap<Home, Vec<&'a Operation>>,
    /// Schemas by module, sorted by name.
    pub(super) schemas: BTreeMap<Home, Vec<&'a Schema>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Result<Self> {
        let mut plan = Self { catalogue, operations: BTreeMap::new(), schemas: BTreeMap::new() };
        let mut structs = BTreeMap::new();
        let mut reached: BTreeMap<&str, BTreeSet<Home>> = BTreeMap::new();
        for area in &catalogue.generation.areas {
            let operations = catalogue
                .areas
                .get(area)
                .ok_or_else(|| Error::invalid("generated code", format!("there is no area `{area}`")))?;
            for operation in operations {
                if let Some(other) = structs.insert(names::upper_camel(&operation.name), area) {
                    let message =
                        format!("`{}` is an operation of `{other}` and of `{area}`", operation.name);
                    return Err(Error::invalid("generated code", message));
                }
                let home = Home {
                    enterprise: operation.edition == Edition::Enterprise,
                    module: names::escape(area),
                };
                for ty in operation_types(operation) {
                    plan.reach(ty, &home, &mut reached)?;
                }
                plan.operations.entry(home).or_default().push(operation);
            }
        }
        for operations in plan.operations.values_mut() {
            operations.sort_by(|a, b| a.name.cmp(&b.name));
        }
        for (name, homes) in reached {
            let schema = plan.schema(name)?;
            plan.schemas.entry(home_of(&homes)).or_default().push(schema);
        }
        Ok(plan)
    }

    /// What searches and actions by query can be filtered by.
    pub(super) fn filters(&self) -> &'a Filters {
        &self.catalogue.filters
    }

    /// The fields of an object that servers send, in their order.
    pub(super) fn wire_order(&self, schema: &str) -> &'a [String] {
        self.catalogue.wire_order.get(schema).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of the characters of names.
    pub(super) fn characters(&self) -> &'a CharacterRules {
        &self.catalogue.characters
    }

    /// The schema of this name.
    pub(super) fn schema(&self, name: &str) -> Result<&'a Schema> {
        if names::TAKEN_TYPES.contains(&name) {
            return Err(Error::invalid(
                "generated code",
                format!("`{name}` is a type of Rust or of the primitives"),
            ));
        }
        self.catalogue
            .schemas
            .get(name)
            .ok_or_else(|| Error::invalid("generated code", format!("there is no schema `{name}`")))
    }

    /// What a schema is, if there is one of this name.
    pub(super) fn kind(&self, name: &str) -> Option<&'a Kind> {
        self.catalogue.schemas.get(name).map(|schema| &schema.kind)
    }

    /// Whether a field of `owner` that holds `ty` makes the type contain itself.
    pub(super) fn is_recursive(&self, owner: &str, ty: &Type) -> bool {
        let Type::Ref(name) = ty else { return false };
        let mut seen = BTreeSet::new();
        let mut pending = vec![name.as_str()];
        while let Some(name) = pending.pop() {
            if name == owner {
                return true;
            }
            if seen.insert(name) {
                pending.extend(self.directly_held(name));
            }
        }
        false
    }

    /// Names of the schemas that a value of this one holds itself, not in a list or a map.
    fn directly_held(&self, name: &str) -> Vec<&'a str> {
        let types: Vec<&Type> = match self.kind(name) {
            Some(Kind::Object(object)) => object.fields.iter().map(|field| &field.ty).collect(),
            Some(Kind::Alias(ty)) => vec![ty],
            _ => Vec::new(),
        };
        types
            .into_iter()
            .filter_map(|ty| match ty {
                Type::Ref(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    fn reach(
        &self,
        ty: &'a Type,
        home: &Home,
        reached: &mut BTreeMap<&'a str, BTreeSet<Home>>,
    ) -> Result<()> {
        let Some(name) = ty.schema() else { return Ok(()) };
        if BY_HAND.contains(&name) || !reached.entry(name).or_default().insert(home.clone()) {
            return Ok(());
        }
        match &self.schema(name)?.kind {
            Kind::Object(object) => {
                for field in &object.fields {
                    self.reach(&field.ty, home, reached)?;
                }
            }
            Kind::Alias(ty) => self.reach(ty, home, reached)?,
            Kind::Union(union) => {
                for member in &union.members {
                    self.reach(&member.ty, home, reached)?;
                }
            }
            // An open type keeps JSON, whatever its fields are.
            Kind::Enum(_) | Kind::Open(_) => {}
        }
        Ok(())
    }
}

fn home_of(homes: &BTreeSet<Home>) -> Home {
    let enterprise = homes.iter().all(|home| home.enterprise);
    let modules: BTreeSet<&str> = homes.iter().map(|home| home.module.as_str()).collect();
    let module = match modules.first() {
        Some(module) if modules.len() == 1 => (*module).to_owned(),
        _ => SHARED.to_owned(),
    };
    Home { enterprise, module }
}

/// Every type that an operation's builder names.
fn operation_types(operation: &Operation) -> Vec<&Type> {
    let mut types: Vec<&Type> = Vec::new();
    types.extend(operation.path.iter().map(|parameter| &parameter.ty));
    types.extend(operation.query.iter().map(|parameter| &parameter.ty));
    types.extend(operation.headers.iter().map(|parameter| &parameter.ty));
    for variant in operation.body.iter().flat_map(|body| &body.variants) {
        match &variant.content {
            Content::Json(ty) | Content::Form(ty) | Content::Typed(ty) => types.push(ty),
            Content::Multipart(multipart) => types.extend(multipart.parts.iter().map(|part| &part.ty)),
            Content::Yaml | Content::Text | Content::Bytes => {}
        }
    }
    types.extend(operation.answer.ty());
    types
}
