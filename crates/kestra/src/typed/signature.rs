//! What a type says of a flow, as static data.

use super::{FlowInputs, FlowOutputs, OutputValue};

/// What a type says of a flow, to be compared with the deployed one; see [`Client::verify_all`](crate::Client::verify_all).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FlowSignature {
    /// The namespace of the flow.
    pub namespace: &'static str,
    /// The id of the flow.
    pub flow: &'static str,
    /// The inputs that the type knows.
    pub inputs: &'static [InputSignature],
    /// The outputs that the type reads.
    pub outputs: &'static [OutputSignature],
}

impl FlowSignature {
    /// Returns what a type says of its flow.
    #[must_use]
    pub const fn of<F: FlowInputs>() -> Self {
        Self {
            namespace: F::NAMESPACE,
            flow: F::FLOW,
            inputs: F::INPUTS,
            outputs: <F::Outputs as FlowOutputs>::OUTPUTS,
        }
    }
}

/// An input that a type knows.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InputSignature {
    /// The id; `form.child` for an input within a FORM.
    pub id: &'static str,
    /// The type, such as `STRING`; `ARRAY<INT>`, or `ARRAY` for items of any type.
    pub type_: &'static str,
    /// Whether the type always sends a value.
    pub is_given: bool,
    /// The values that the type may send, if it is an enum.
    pub values: &'static [&'static str],
}

impl InputSignature {
    /// Creates an input that must be given.
    #[must_use]
    pub const fn new(id: &'static str, type_: &'static str) -> Self {
        Self { id, type_, is_given: true, values: &[] }
    }

    /// Says that the input need not be given: it is not required, or has a default or a `dependsOn`.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_given = false;
        self
    }

    /// Sets the values that the type may send.
    #[must_use]
    pub const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }
}

/// An output that a type reads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OutputSignature {
    /// The id.
    pub id: &'static str,
    /// The types of outputs that can be read, such as `STRING`; any if there are none.
    pub types: &'static [&'static str],
    /// Whether the output must be there.
    pub required: bool,
}

impl OutputSignature {
    /// Creates an output that is read as `T`, which need not be there if `T` is an `Option`.
    #[must_use]
    pub const fn of<T: OutputValue>(id: &'static str) -> Self {
        Self { id, types: T::TYPES, required: T::REQUIRED }
    }
}
