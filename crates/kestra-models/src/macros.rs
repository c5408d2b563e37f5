//! What generated enums and open types have in common.

/// Defines an enum of strings that keeps a value which it doesn't know.
macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$doc])*
                $variant,
            )*
            /// A value that this client doesn't know.
            Unknown(::std::string::String),
        }

        impl $name {
            /// The values that this client knows, as they are on the wire.
            pub const VALUES: &'static [&'static str] = &[$($wire),*];

            /// The value as it is on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(value) => value,
                }
            }

            /// Returns whether there is no value: no server sent one.
            #[allow(dead_code, reason = "few enums are fields that are always sent")]
            pub(crate) fn is_blank(&self) -> bool {
                self.as_str().is_empty()
            }
        }

        /// The empty string, which no server sends.
        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self::Unknown(::std::string::String::new())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl ::kestra_core::ParameterValue for $name {
            fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
                with(self.as_str())
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl ::kestra_core::internal::json::FromText for $name {
            fn from_text(text: &str) -> Self {
                Self::from(text)
            }
        }

        impl ::kestra_core::internal::json::Read for $name {
            fn blank() -> Self {
                Self::default()
            }

            #[inline]
            fn shape(&mut self) -> ::kestra_core::internal::json::Shape<'_> {
                ::kestra_core::internal::json::Shape::Scalar(self)
            }
        }

        read_by_shape! { $name }
    };
}

/// Implements `Deserialize` by [`kestra_core::internal::json`].
macro_rules! read_by_shape {
    ($($name:ident $(<$generic:ident>)?)*) => {$(
        impl<'de $(, $generic: ::kestra_core::internal::json::Read)?> ::serde::Deserialize<'de> for $name $(<$generic>)? {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                ::kestra_core::internal::json::read(deserializer)
            }
        }
    )*};
}

/// Lets what has no default, and therefore a derived `Deserialize`, be a part of what is read by its shape.
#[cfg(feature = "enterprise")]
macro_rules! made_whole {
    ($name:ident { $($field:ident),* }) => {
        impl ::kestra_core::internal::json::Read for $name {
            fn blank() -> Self {
                Self { $($field: ::kestra_core::internal::json::Read::blank()),* }
            }

            fn shape(&mut self) -> ::kestra_core::internal::json::Shape<'_> {
                ::kestra_core::internal::json::Shape::FromValue(self)
            }
        }

        impl ::kestra_core::internal::json::FromValue for $name {
            fn set_value(&mut self, value: ::serde_json::Value) -> ::std::result::Result<(), ::std::string::String> {
                *self = ::serde::Deserialize::deserialize(value).map_err(|problem: ::serde_json::Error| problem.to_string())?;
                Ok(())
            }
        }
    };
}

/// Defines a type that plugins extend: a JSON object with accessors, so that no field is lost.
macro_rules! open_type {
    ($(#[$meta:meta])* $name:ident { $($accessors:tt)* }) => {
        json_object! { $(#[$meta])* #[derive(Debug)] $name { $($accessors)* } }
    };
}

/// As [`open_type`], but shows the names of its fields alone, since a value may be a secret.
#[cfg(feature = "enterprise")]
macro_rules! secret_type {
    ($(#[$meta:meta])* $name:ident { $($accessors:tt)* }) => {
        json_object! { $(#[$meta])* $name { $($accessors)* } }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::unions::show_names(stringify!($name), &self.0, f)
            }
        }
    };
}

/// Defines one of several types, told by a field: a JSON object that is read as one of them on demand, so that
/// nothing is lost of one that this client doesn't know. It may hold secrets.
#[cfg(feature = "enterprise")]
macro_rules! union_type {
    ($(#[$meta:meta])* $name:ident by $field:literal { $($accessor:ident $ty:ident = $value:literal,)* }) => {
        secret_type! {
            $(#[$meta])*
            $name {
                /// The id of the object. (`id`)
                id = "id" as text,
                /// The type of the object. (`type`)
                type_ = "type" as text,
            }
        }

        impl $name {
            $(
                #[doc = concat!("The fields of [`", stringify!($ty), "`](crate::", stringify!($ty), "), if it is one.")]
                #[must_use]
                pub fn $accessor(&self) -> ::std::option::Option<$crate::$ty> {
                    $crate::unions::member(&self.0, $field, $value)
                }
            )*
        }
    };
}

/// Makes a union of each of its members; the field that tells which is set.
#[cfg(feature = "enterprise")]
macro_rules! union_members {
    ($name:ident by $field:literal { $($ty:ident = $value:literal,)* }) => {$(
        impl ::std::convert::From<$crate::$ty> for $name {
            fn from(member: $crate::$ty) -> Self {
                Self($crate::unions::fields_of(&member, $field, $value))
            }
        }
    )*};
}

/// Defines a JSON object with accessors.
macro_rules! json_object {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $accessor:ident = $wire:literal as $kind:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(::serde_json::Map<::std::string::String, ::serde_json::Value>);

        impl $name {
            /// Creates an empty value.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(json_object! { $(#[$doc])* @$accessor $wire $kind })*

            /// Returns a field, by its name on the wire.
            #[must_use]
            pub fn get(&self, field: &str) -> ::std::option::Option<&::serde_json::Value> {
                self.0.get(field)
            }

            /// Sets a field, by its name on the wire.
            #[must_use]
            pub fn set(
                mut self,
                field: impl ::std::convert::Into<::std::string::String>,
                value: impl ::std::convert::Into<::serde_json::Value>,
            ) -> Self {
                self.0.insert(field.into(), value.into());
                self
            }

            /// Returns all fields.
            #[must_use]
            pub fn fields(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
                &self.0
            }

            /// Returns all fields, to take or change.
            #[must_use]
            pub fn into_fields(self) -> ::serde_json::Map<::std::string::String, ::serde_json::Value> {
                self.0
            }
        }

        impl ::kestra_core::internal::json::Read for $name {
            #[inline]
            fn blank() -> Self {
                Self::default()
            }

            #[inline]
            fn shape(&mut self) -> ::kestra_core::internal::json::Shape<'_> {
                ::kestra_core::internal::json::Shape::Fields(&mut self.0)
            }
        }

        read_by_shape! { $name }

        impl ::std::convert::From<::serde_json::Map<::std::string::String, ::serde_json::Value>> for $name {
            fn from(fields: ::serde_json::Map<::std::string::String, ::serde_json::Value>) -> Self {
                Self(fields)
            }
        }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal text) => {
        json_object! { $(#[$doc])* @$accessor $wire (&str) as_str }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal flag) => {
        json_object! { $(#[$doc])* @$accessor $wire (bool) as_bool }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal integer) => {
        json_object! { $(#[$doc])* @$accessor $wire (i64) as_i64 }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal float) => {
        json_object! { $(#[$doc])* @$accessor $wire (f64) as_f64 }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal value) => {
        $(#[$doc])*
        #[must_use]
        pub fn $accessor(&self) -> ::std::option::Option<&::serde_json::Value> {
            self.0.get($wire)
        }
    };
    ($(#[$doc:meta])* @$accessor:ident $wire:literal ($ty:ty) $read:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $accessor(&self) -> ::std::option::Option<$ty> {
            self.0.get($wire).and_then(::serde_json::Value::$read)
        }
    };
}
