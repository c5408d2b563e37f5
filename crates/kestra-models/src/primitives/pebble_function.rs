use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A function of expressions: 1.x tells its name alone, 2.0 what it takes as well.
///
/// ```
/// use kestra_models::PebbleFunction;
///
/// let old: Vec<PebbleFunction> = serde_json::from_str(r#"["now"]"#)?;
/// let new: Vec<PebbleFunction> = serde_json::from_str(r#"[{"name": "now", "arguments": []}]"#)?;
/// assert_eq!(old[0].name, new[0].name);
/// assert_eq!((old[0].arguments.is_none(), new[0].arguments.is_none()), (true, false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PebbleFunction {
    /// The name.
    pub name: Option<String>,
    /// What it takes; `None` where the server doesn't tell.
    pub arguments: Option<Vec<PebbleFunctionArgument>>,
}

/// Something that a function takes.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serialize", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[non_exhaustive]
pub struct PebbleFunctionArgument {
    /// The name.
    pub name: Option<String>,
    /// The expression that editors fill in.
    #[cfg_attr(feature = "serialize", serde(skip_serializing_if = "Option::is_none"))]
    pub default_value: Option<String>,
}

object! {
    PebbleFunctionArgument {
        0 name = "name" text,
        1 default_value = "defaultValue" text,
    }
}

/// The function as 2.0 tells it.
#[derive(Default)]
struct Whole {
    name: Option<String>,
    arguments: Option<Vec<PebbleFunctionArgument>>,
}

object! {
    Whole {
        0 name = "name" text,
        1 arguments = "arguments" optional_list,
    }
}

impl<'de> Deserialize<'de> for PebbleFunction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FunctionVisitor)
    }
}

struct FunctionVisitor;

impl<'de> Visitor<'de> for FunctionVisitor {
    type Value = PebbleFunction;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a function, or an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(PebbleFunction::default())
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(PebbleFunction { name: Some(name.to_owned()), arguments: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let Whole { name, arguments } = Whole::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(PebbleFunction { name, arguments })
    }
}

#[cfg(feature = "serialize")]
impl serde::Serialize for PebbleFunction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let Some(arguments) = &self.arguments else { return self.name.serialize(serializer) };
        let mut fields = serializer.serialize_struct("PebbleFunction", 2)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("arguments", arguments)?;
        fields.end()
    }
}
