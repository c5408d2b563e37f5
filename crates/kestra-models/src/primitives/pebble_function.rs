use kestra_core::internal::json::{FromValue, Read, Shape};
use kestra_core::object;
use serde::Deserialize as _;
use serde_json::Value;

/// A function of expressions. 1.x servers return only its name.
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
    /// The name, as expressions have it.
    pub name: Option<String>,
    /// The arguments. Absent on 1.x servers.
    pub arguments: Option<Vec<PebbleFunctionArgument>>,
}

/// An argument of a function.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
#[non_exhaustive]
pub struct PebbleFunctionArgument {
    /// The name, as expressions have it.
    pub name: Option<String>,
    /// The expression that editors fill in at first.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub default_value: Option<String>,
}

object! {
    PebbleFunctionArgument {
        0 name = "name",
        1 default_value = "defaultValue",
    }
}

read_by_shape! { PebbleFunction }

impl Read for PebbleFunction {
    fn blank() -> Self {
        Self::default()
    }

    fn shape(&mut self) -> Shape<'_> {
        Shape::FromValue(self)
    }
}

impl FromValue for PebbleFunction {
    fn set_value(&mut self, value: Value) -> Result<(), String> {
        match value {
            Value::Null => {}
            Value::String(name) => self.name = Some(name),
            Value::Object(_) => {
                let whole = Whole::deserialize(value).map_err(|problem| problem.to_string())?;
                (self.name, self.arguments) = (whole.name, whole.arguments);
            }
            _ => return Err("expected the name of a function, or an object".to_owned()),
        }
        Ok(())
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
        0 name = "name",
        1 arguments = "arguments",
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for PebbleFunction {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        // A function without a name can't be written as a string or null.
        if let (Some(name), None) = (&self.name, &self.arguments) {
            return name.serialize(serializer);
        }
        let mut fields = serializer.serialize_struct("PebbleFunction", 2)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("arguments", &self.arguments)?;
        fields.end()
    }
}
