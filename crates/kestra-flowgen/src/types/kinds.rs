//! The types of inputs and outputs, as Rust types.

/// How an input is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputKind {
    /// The type of an argument.
    pub(super) argument: String,
    /// The type of a field, where `impl Trait` can't be.
    pub(super) field: String,
    /// The method of `InputValues` that sets it.
    pub(super) set: &'static str,
}

impl InputKind {
    fn plain(type_: &str) -> Self {
        Self { argument: type_.to_owned(), field: type_.to_owned(), set: "set" }
    }

    fn of(argument: &str, field: &str, set: &'static str) -> Self {
        Self { argument: argument.to_owned(), field: field.to_owned(), set }
    }

    /// Returns the kind of a type that has no values of its own, or `None` if the type is unknown.
    pub(super) fn scalar(type_: &str) -> Option<Self> {
        Some(match type_ {
            "BOOL" | "BOOLEAN" => Self::plain("bool"),
            "INT" => Self::plain("i32"),
            "FLOAT" => Self::plain("f64"),
            "DATETIME" => Self::plain("::kestra::jiff::Timestamp"),
            "DATE" => Self::plain("::kestra::jiff::civil::Date"),
            "TIME" => Self::plain("::kestra::jiff::civil::Time"),
            "DURATION" => Self::plain("::std::time::Duration"),
            "JSON" => Self::plain("::kestra::typed::Value"),
            "FILE" => Self::of("::kestra::FilePart", "::kestra::FilePart", "file"),
            "STRING" | "SELECT" | "ENUM" | "SECRET" | "URI" | "EMAIL" | "YAML" | "ION" => {
                Self::of("impl Into<String>", "String", "text")
            }
            _ => return None,
        })
    }

    /// Returns the kind of an enum.
    pub(super) fn values(name: &str) -> Self {
        Self::plain(name)
    }

    /// Returns the kind of a list, or `None` if its items can't be in one.
    pub(super) fn list(item: Self) -> Option<Self> {
        let (argument, field) = (item.argument, item.field);
        match item.set {
            "set" => Some(Self::of(
                &format!("impl IntoIterator<Item = {argument}>"),
                &format!("Vec<{field}>"),
                "list",
            )),
            "text" => Some(Self::of("impl IntoIterator<Item = impl Into<String>>", "Vec<String>", "texts")),
            _ => None,
        }
    }
}

/// Returns the Rust type of an output, or `None` if its type is unknown.
pub(super) fn output(type_: &str) -> Option<&'static str> {
    Some(match type_ {
        "BOOL" | "BOOLEAN" => "bool",
        "INT" => "i32",
        "FLOAT" => "f64",
        "DATETIME" => "::kestra::jiff::Timestamp",
        "DATE" => "::kestra::jiff::civil::Date",
        "TIME" => "::kestra::jiff::civil::Time",
        "DURATION" => "::std::time::Duration",
        "STRING" | "SELECT" | "ENUM" | "URI" | "EMAIL" | "FILE" => "String",
        "SECRET" => "::kestra::models::Sensitive",
        "MULTISELECT" => "Vec<String>",
        "ARRAY" => "Vec<::kestra::typed::Value>",
        "JSON" | "YAML" | "ION" | "FORM" => "::kestra::typed::Value",
        _ => return None,
    })
}
