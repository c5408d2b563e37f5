//! Types of the catalogue as Rust writes them.

use crate::catalogue::Type;

/// Where the models are, as seen from the file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// From the models' own crate.
    Models,
    /// From any other.
    Elsewhere,
}

impl From {
    fn model(self, name: &str) -> String {
        match self {
            Self::Models => format!("crate::{name}"),
            Self::Elsewhere => format!("::kestra_models::{name}"),
        }
    }

    /// The type of a value within JSON, a parameter or an answer.
    pub(super) fn ty(self, ty: &Type) -> String {
        match ty {
            Type::String => "String".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int32 | Type::Int64 => "i64".to_owned(),
            Type::Double => "f64".to_owned(),
            Type::Timestamp => "::jiff::Timestamp".to_owned(),
            Type::Date => "::jiff::civil::Date".to_owned(),
            Type::Duration => self.model("IsoDuration"),
            Type::Json => "::serde_json::Value".to_owned(),
            Type::Bytes => "::kestra_core::FilePart".to_owned(),
            Type::Filters => "::kestra_core::Filter".to_owned(),
            Type::List(inner) if is_label(inner) => self.model("Labels"),
            Type::List(inner) => format!("Vec<{}>", self.ty(inner)),
            Type::Map(inner) if **inner == Type::Json => {
                "::serde_json::Map<String, ::serde_json::Value>".to_owned()
            }
            Type::Map(inner) => format!("::std::collections::BTreeMap<String, {}>", self.ty(inner)),
            Type::Page(inner) => format!("{}<{}>", self.model("Page"), self.ty(inner)),
            Type::Nullable(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Ref(name) => self.model(name),
        }
    }

    /// The type of an argument that takes whatever becomes the value.
    pub(super) fn argument(self, ty: &Type) -> String {
        match ty {
            Type::Bool | Type::Timestamp | Type::Date | Type::Filters => self.ty(ty),
            Type::Int32 | Type::Int64 => "impl ::kestra_core::Integer".to_owned(),
            Type::List(inner) => match self.ty(inner) {
                _ if is_integer(inner) => "impl IntoIterator<Item = impl ::kestra_core::Integer>".to_owned(),
                item if takes_into(inner) => format!("impl IntoIterator<Item = impl Into<{item}>>"),
                item => format!("impl IntoIterator<Item = {item}>"),
            },
            other => format!("impl Into<{}>", self.ty(other)),
        }
    }

    /// The expression that makes the value of an argument of [`argument`](Self::argument)'s type.
    pub(super) fn value(self, ty: &Type, name: &str) -> String {
        match ty {
            Type::Bool | Type::Timestamp | Type::Date | Type::Filters => name.to_owned(),
            ty if is_integer(ty) => format!("::kestra_core::Integer::to_i64({name})"),
            Type::List(inner) if is_integer(inner) => {
                format!("{name}.into_iter().map(::kestra_core::Integer::to_i64).collect::<Vec<i64>>()")
            }
            Type::List(inner) if takes_into(inner) => {
                format!("{name}.into_iter().map(Into::into).collect::<{}>()", self.ty(ty))
            }
            Type::List(_) => format!("{name}.into_iter().collect::<{}>()", self.ty(ty)),
            other => format!("Into::<{}>::into({name})", self.ty(other)),
        }
    }
}

/// Whether an argument of the type is `impl Into<..>`.
pub(super) fn takes_into(ty: &Type) -> bool {
    !matches!(ty, Type::Bool | Type::Timestamp | Type::Date | Type::Filters | Type::List(_))
}

/// Returns whether an argument of the type takes any integer.
pub(super) fn is_integer(ty: &Type) -> bool {
    matches!(ty, Type::Int32 | Type::Int64)
}

/// Whether a list of the type is a view by key.
pub(super) fn is_label(ty: &Type) -> bool {
    matches!(ty, Type::Ref(name) if name == "Label")
}
