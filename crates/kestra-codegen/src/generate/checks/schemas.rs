//! A table of all schemas, for properties that hold for each of them.

use crate::catalogue::Schema;
use crate::generate::types::From;
use crate::generate::writer::Writer;

pub(super) fn write<'a>(schemas: impl Iterator<Item = &'a Schema>) -> String {
    let mut names: Vec<&str> = schemas.map(|schema| schema.name.as_str()).collect();
    names.sort_unstable();
    let mut file = Writer::new();
    file.blank();
    file.doc("Names of all schemas.");
    file.line(format!("pub(crate) static NAMES: &[&str] = &{names:?};"));
    file.blank();
    file.doc("Decodes JSON as a schema's type and encodes it again; `None` for a name that no schema has.");
    file.line(
        "pub(crate) fn round_trip(schema: &str, json: &[u8]) -> Option<::serde_json::Result<::serde_json::Value>> {",
    );
    file.line("Some(match schema {");
    for name in names {
        let ty = From::Elsewhere.ty(&crate::catalogue::Type::Ref(name.to_owned()));
        file.line(format!("{name:?} => crate::recorded::round_trip::<{ty}>(json),"));
    }
    file.line("_ => return None,");
    file.line("})");
    file.line("}");
    file.finish()
}
