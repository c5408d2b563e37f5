//! What a flow is made of: maps with setters for what every version of Kestra takes.

mod flow;
mod input;
mod output;
mod retry;
mod task;
mod trigger;

pub use flow::Flow;
pub use input::Input;
pub use output::Output;
pub use retry::Retry;
pub use task::Task;
pub use trigger::Trigger;

/// Defines a type around a map: setters, and how it becomes a node.
macro_rules! part {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, PartialEq)]
        pub struct $name(pub(super) $crate::Map);

        impl $name {
            /// Sets a field by its name in the source; an existing field keeps its place. `None` or null removes the field.
            #[must_use]
            pub fn set(mut self, key: impl Into<String>, value: impl Into<$crate::Node>) -> Self {
                self.0.put(key.into(), value.into());
                self
            }

            /// Returns the node of a field.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<&$crate::Node> {
                self.0.get(key)
            }

            /// Returns all fields in their order.
            #[must_use]
            pub const fn as_map(&self) -> &$crate::Map {
                &self.0
            }

            /// Returns all fields, to change them.
            #[must_use]
            pub const fn as_map_mut(&mut self) -> &mut $crate::Map {
                &mut self.0
            }
        }

        impl From<$crate::Map> for $name {
            /// Takes the fields as they are.
            fn from(map: $crate::Map) -> Self {
                Self(map)
            }
        }

        impl From<$name> for $crate::Map {
            fn from(part: $name) -> Self {
                part.0
            }
        }

        impl From<$name> for $crate::Node {
            fn from(part: $name) -> Self {
                Self::Map(part.0)
            }
        }
    };
    ($(#[$about:meta])* $name:ident with id and type) => {
        part!($(#[$about])* $name);

        impl $name {
            /// Returns the id; an empty string if there is none. (`id`)
            #[must_use]
            pub fn id(&self) -> &str {
                self.0.get_str("id").unwrap_or_default()
            }

            /// Returns the name of the type; an empty string if there is none. (`type`)
            #[must_use]
            pub fn kind(&self) -> &str {
                self.0.get_str("type").unwrap_or_default()
            }

            /// Sets the description, in Markdown. (`description`)
            #[must_use]
            pub fn description(self, text: impl Into<String>) -> Self {
                self.set("description", text.into())
            }
        }

        // Without values, which may be secrets.
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name)).field("id", &self.id()).field("type", &self.kind()).finish_non_exhaustive()
            }
        }
    };
}
use part;
