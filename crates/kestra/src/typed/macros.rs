//! What generated code consists of; its types are written here once.
//!
//! All functions are `#[inline]`, so that only those are compiled that a program calls.

/// Defines the type of a flow: `new` with what must be given, and a setter for each other input.
#[doc(hidden)]
#[macro_export]
macro_rules! flow_inputs {
    (
        $(#[$about:meta])*
        flow $flow:ident($namespace:literal, $id:literal) -> $outputs:ty;
        new { $(
            $(#[$given_about:meta])*
            $given:ident: $given_type:ty = $given_set:ident($given_id:literal, $given_kind:literal, $given_values:expr);
        )* }
        set { $($setters:tt)* }
    ) => {
        $crate::flow_inputs! { @flow
            [$(#[$about])*] $flow($namespace, $id) -> $outputs,
            [$($crate::typed::InputSignature::new($given_id, $given_kind).values(&$given_values),)*],
            { $($setters)* }
        }

        impl $flow {
            /// Creates a call with the inputs that must be given.
            $(
                #[doc = concat!("\n`", stringify!($given), "` (`", $given_kind, "`):\n")]
                $(#[$given_about])*
            )*
            #[allow(unused_mut, reason = "there may be no inputs that must be given")]
            #[must_use]
            #[inline]
            pub fn new($($given: $given_type),*) -> Self {
                let mut values = $crate::typed::InputValues::new();
                $(values.$given_set($given_id, $given);)*
                Self(values)
            }
        }
    };
    (
        $(#[$about:meta])*
        flow $flow:ident($namespace:literal, $id:literal) -> $outputs:ty;
        new $required:ident { $(
            $(#[$given_about:meta])*
            $given:ident: $given_type:ty = $given_set:ident($given_id:literal, $given_kind:literal, $given_values:expr);
        )* }
        set { $($setters:tt)* }
    ) => {
        $crate::flow_inputs! { @flow
            [$(#[$about])*] $flow($namespace, $id) -> $outputs,
            [$($crate::typed::InputSignature::new($given_id, $given_kind).values(&$given_values),)*],
            { $($setters)* }
        }

        impl $flow {
            /// Creates a call with the inputs that must be given.
            #[must_use]
            #[inline]
            pub fn new(inputs: $required) -> Self {
                let mut values = $crate::typed::InputValues::new();
                $(values.$given_set($given_id, inputs.$given);)*
                Self(values)
            }
        }

        #[doc = concat!("Inputs that must be given to the flow `", $id, "`.")]
        pub struct $required {
            $(
                $(#[$given_about])*
                pub $given: $given_type,
            )*
        }

        // Without values, which may be secrets.
        impl ::std::fmt::Debug for $required {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($required)).finish_non_exhaustive()
            }
        }
    };
    (@flow
        [$(#[$about:meta])*] $flow:ident($namespace:literal, $id:literal) -> $outputs:ty,
        [$($given:tt)*],
        { $(
            $(#[$setter_about:meta])*
            $setter:ident: $setter_type:ty = $setter_set:ident($setter_id:literal, $setter_kind:literal, $setter_values:expr);
        )* }
    ) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $flow($crate::typed::InputValues);

        impl $flow {
            $(
                $(#[$setter_about])*
                #[must_use]
                #[inline]
                pub fn $setter(mut self, value: $setter_type) -> Self {
                    self.0.$setter_set($setter_id, value);
                    self
                }
            )*
        }

        impl $crate::typed::FlowInputs for $flow {
            type Outputs = $outputs;
            const NAMESPACE: &'static str = $namespace;
            const FLOW: &'static str = $id;
            const INPUTS: &'static [$crate::typed::InputSignature] = &[
                $($given)*
                $($crate::typed::InputSignature::new($setter_id, $setter_kind).values(&$setter_values).optional(),)*
            ];

            #[inline]
            fn into_values(self) -> $crate::typed::InputValues {
                self.0
            }
        }
    };
}

/// Defines the type of a flow's outputs.
#[doc(hidden)]
#[macro_export]
macro_rules! flow_outputs {
    (
        $(#[$about:meta])*
        outputs $name:ident { $(
            $(#[$field_about:meta])*
            $field:ident: $type:ty = $id:literal;
        )* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_about])*
                pub $field: $type,
            )*
        }

        impl $crate::typed::FlowOutputs for $name {
            const OUTPUTS: &'static [$crate::typed::OutputSignature] =
                &[$($crate::typed::OutputSignature::of::<$type>($id)),*];

            #[inline]
            fn read(
                outputs: &$crate::typed::OutputValues<'_>,
            ) -> ::std::result::Result<Self, $crate::typed::OutputError> {
                ::std::result::Result::Ok(Self { $($field: outputs.get($id)?),* })
            }
        }
    };
}

/// Defines the values of an input that takes some only, with a variant for others if it takes them.
#[doc(hidden)]
#[macro_export]
macro_rules! flow_values {
    (
        $(#[$about:meta])*
        values $name:ident { $($(#[$value_about:meta])* $variant:ident = $value:literal;)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(
                $(#[$value_about])*
                $variant,
            )*
        }

        impl $name {
            /// Returns the value as the flow has it.
            #[must_use]
            #[inline]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $value,)*
                }
            }
        }

        impl ::std::convert::From<$name> for $crate::models::InputValue {
            #[inline]
            fn from(value: $name) -> Self {
                Self::from(value.as_str())
            }
        }
    };
    (
        $(#[$about:meta])*
        values $name:ident { $($(#[$value_about:meta])* $variant:ident = $value:literal;)* }
        others $other:ident
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(
                $(#[$value_about])*
                $variant,
            )*
            /// Another value, which the input takes as well.
            $other(::std::string::String),
        }

        impl $name {
            /// Returns the value as the flow has it.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::$other(value) => value,
                }
            }
        }

        impl ::std::convert::From<$name> for $crate::models::InputValue {
            #[inline]
            fn from(value: $name) -> Self {
                Self::from(value.as_str())
            }
        }
    };
}

/// Defines the list of what types say of their flows.
#[doc(hidden)]
#[macro_export]
macro_rules! flow_signatures {
    (
        $(#[$about:meta])*
        $name:ident: $count:literal;
        $($flow:path;)*
    ) => {
        $(#[$about])*
        pub const $name: [$crate::typed::FlowSignature; $count] = [$($crate::typed::FlowSignature::of::<$flow>()),*];
    };
}
