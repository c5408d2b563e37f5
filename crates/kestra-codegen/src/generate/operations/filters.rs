//! What searches can be filtered by, as statics.

use crate::catalogue::{Compared, ComparisonSet, Filters, Versions};
use crate::error::{Error, Result};
use crate::generate::writer::Writer;

use super::info::{range, version};

/// The file of all resources.
pub(super) fn write(filters: &Filters, file: &mut Writer) -> Result<()> {
    file.line("#![cfg_attr(not(feature = \"enterprise\"), allow(dead_code, reason = \"some belong to Enterprise alone\"))]");
    file.blank();
    let names = "Comparison, Comparisons, FilterField, FilterParameter, FilterResource";
    file.line(format!("use ::kestra_core::{{{names}}};"));
    file.blank();
    for (name, comparisons) in &filters.comparisons {
        file.line(format!("const {}: Comparisons = {};", name.to_uppercase(), set(comparisons)));
    }
    file.blank();
    file.line("static PARAMETERS: &[FilterParameter] = &[");
    for parameter in &filters.parameters {
        let comparison = comparison(&parameter.comparison);
        file.line(format!(
            "FilterParameter::new({:?}, {comparison}, {:?}),",
            parameter.field, parameter.parameter
        ));
    }
    file.line("];");
    for (name, resource) in &filters.resources {
        file.blank();
        let groups = range(filters.groups);
        file.line(format!("pub(super) static {}: FilterResource =", name.to_uppercase()));
        let new = format!("FilterResource::new({:?}, {groups}, PARAMETERS)", resource.title);
        let Some(fields) = &resource.fields else {
            file.line(format!("{new};"));
            continue;
        };
        file.line(format!("{new}.fields(&["));
        let own = fields.iter().map(|(name, compared)| (name, compared, ""));
        let entries = resource.entries.iter().map(|(name, compared)| (name, compared, ".any_entry()"));
        for (name, compared, any_entry) in own.chain(entries) {
            let ways = ways(filters, compared)?;
            let mut line = format!("FilterField::new({name:?}, &[{ways}]){any_entry}");
            if let Some(hint) = resource.instead.get(name) {
                line.push_str(&format!(".instead({hint:?})"));
            }
            if let Some(renamed) = filters.renamed.get(name) {
                let (newer, older) = (comparison(&renamed.newer), comparison(&renamed.older));
                line.push_str(&format!(".renamed({newer}, {older}, {})", version(renamed.since)));
            }
            file.line(format!("{line},"));
        }
        file.line("]);");
    }
    Ok(())
}

fn ways(filters: &Filters, compared: &Compared) -> Result<String> {
    let mut ways = Vec::new();
    for (versions, comparisons) in compared {
        let versions: Versions =
            versions.parse().map_err(|_| Error::invalid("filters", format!("`{versions}` is no range")))?;
        let comparisons = match comparisons {
            ComparisonSet::Named(name) => name.to_uppercase(),
            ComparisonSet::Listed(_) => set(filters.comparisons(comparisons)?),
        };
        ways.push(format!("({}, {comparisons})", range(versions)));
    }
    Ok(ways.join(", "))
}

fn set(comparisons: &[String]) -> String {
    format!("Comparisons::of(&{comparisons:?})")
}

fn comparison(name: &str) -> String {
    format!("Comparison::new({name:?})")
}
