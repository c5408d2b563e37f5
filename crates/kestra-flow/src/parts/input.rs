//! Inputs.

use super::part;
use crate::{Map, Node, expression};

part! {
    /// An input of a flow.
    ///
    /// There are constructors for the types that Kestra 1.0 to 2.x have; [`Input::new`] creates an input of any other type.
    ///
    /// ```
    /// use kestra_flow::Input;
    ///
    /// let day = Input::date("day").description("The day to report on");
    /// assert_eq!(day.expression(), "{{ inputs.day }}");
    /// ```
    Input with id and type
}

/// Defines constructors that need nothing but an id.
macro_rules! inputs {
    ($($name:ident $kind:literal $what:literal)*) => {
        impl Input {
            $(
                #[doc = concat!("Creates an input for ", $what, ". (`", $kind, "`)")]
                #[must_use]
                pub fn $name(id: impl Into<String>) -> Self {
                    Self::new(id, $kind)
                }
            )*
        }
    };
}

inputs! {
    string "STRING" "a string"
    int "INT" "a whole number of 32 bits"
    float "FLOAT" "a number"
    boolean "BOOL" "a boolean"
    date "DATE" "a date, such as `2026-11-30`"
    datetime "DATETIME" "a date and time, such as `2026-11-30T08:00:00Z`"
    time "TIME" "a time of the day, such as `08:00:00`"
    duration "DURATION" "a duration, such as `PT1H30M`"
    json "JSON" "any JSON"
    yaml "YAML" "any YAML"
    uri "URI" "a URI"
    email "EMAIL" "an email address"
    file "FILE" "an uploaded file"
    secret "SECRET" "a string that the server stores encrypted; a server without an encryption key refuses it"
}

impl Input {
    /// Creates an input of the named type; [`set`](Input::set) sets its fields.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self(Map::new().with("id", id.into()).with("type", kind.into()))
    }

    /// Creates an input for one of the given values. (`SELECT`)
    #[must_use]
    pub fn select(id: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(id, "SELECT").set("values", strings(values))
    }

    /// Creates an input for any number of the given values. (`MULTISELECT`)
    #[must_use]
    pub fn multiselect(id: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(id, "MULTISELECT").set("values", strings(values))
    }

    /// Creates an input for a list of values of a type, such as `STRING`. (`ARRAY`)
    #[must_use]
    pub fn array(id: impl Into<String>, item_type: impl Into<String>) -> Self {
        Self::new(id, "ARRAY").set("itemType", item_type.into())
    }

    /// Sets the default value. (`defaults`)
    ///
    /// Kestra 1.3 and later refuse a default beside `required(false)`, and 2.0 and later refuse a default that isn't of the
    /// input's type.
    #[must_use]
    pub fn defaults(self, value: impl Into<Node>) -> Self {
        self.set("defaults", value)
    }

    /// Sets whether an execution needs a value. Defaults to `true`. (`required`)
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        self.set("required", required)
    }

    /// Sets the name that the user interface shows. (`displayName`)
    #[must_use]
    pub fn display_name(self, name: impl Into<String>) -> Self {
        self.set("displayName", name.into())
    }

    /// Returns the expression of the input's value.
    #[must_use]
    pub fn expression(&self) -> String {
        expression::reference("inputs", &[self.id()])
    }
}

fn strings(values: impl IntoIterator<Item = impl Into<String>>) -> Node {
    values.into_iter().map(Into::<String>::into).collect()
}
