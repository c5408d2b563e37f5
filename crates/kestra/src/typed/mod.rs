//! Flows as Rust types: what a type says of a flow, and calls that are checked when they are compiled.
//!
//! A type that implements [`FlowInputs`] stands for one flow: its fields are the inputs, and its [`Outputs`](FlowInputs::Outputs)
//! the outputs. The command `kestra-flowgen` writes such types from a folder of flows, see [`guide::flows`](crate::guide::flows); the traits can also be implemented by hand:
//!
//! ```
//! use kestra::typed::{FlowInputs, FlowOutputs, InputSignature, InputValues, OutputError, OutputSignature, OutputValues};
//!
//! struct Count {
//!     table: String,
//! }
//!
//! struct CountOutputs {
//!     rows: i32,
//! }
//!
//! impl FlowInputs for Count {
//!     type Outputs = CountOutputs;
//!     const NAMESPACE: &'static str = "company.team";
//!     const FLOW: &'static str = "count";
//!     const INPUTS: &'static [InputSignature] = &[InputSignature::new("table", "STRING")];
//!
//!     fn into_values(self) -> InputValues {
//!         let mut values = InputValues::new();
//!         values.set("table", self.table);
//!         values
//!     }
//! }
//!
//! impl FlowOutputs for CountOutputs {
//!     const OUTPUTS: &'static [OutputSignature] = &[OutputSignature::of::<i32>("rows")];
//!
//!     fn read(outputs: &OutputValues<'_>) -> Result<Self, OutputError> {
//!         Ok(Self { rows: outputs.get("rows")? })
//!     }
//! }
//!
//! # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
//! client.verify::<Count>().await?; // that the deployed flow still is as the type says
//! let done = client.run(Count { table: "orders".to_owned() }).await?;
//! println!("{} rows in execution {}", done.outputs.rows, done.id());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "derive")]
#[doc(hidden)]
pub mod derive;
#[cfg(feature = "derive")]
mod input_type;
mod inputs;
mod macros;
mod outputs;
mod signature;
mod verify;

#[cfg(feature = "derive")]
#[cfg_attr(docsrs, doc(cfg(feature = "derive")))]
pub use input_type::InputType;
pub use inputs::InputValues;
pub use outputs::{OutputError, OutputValue, OutputValues};
pub use serde_json::Value;
pub use signature::{FlowSignature, InputSignature, OutputSignature};
pub use verify::Verify;

pub use crate::executions::{TypedFinished, TypedRun, TypedStart, TypedStarted, TypedWait};

/// The inputs of one flow, as a Rust type.
pub trait FlowInputs {
    /// The outputs of the flow; `()` reads none.
    type Outputs: FlowOutputs;

    /// The namespace of the flow.
    const NAMESPACE: &'static str;

    /// The id of the flow.
    const FLOW: &'static str;

    /// The inputs that the type knows.
    const INPUTS: &'static [InputSignature];

    /// Returns the values to send.
    fn into_values(self) -> InputValues;
}

/// The outputs of a flow, as a Rust type.
pub trait FlowOutputs: Sized + Send + 'static {
    /// The outputs that the type reads.
    const OUTPUTS: &'static [OutputSignature];

    /// Reads the outputs of an execution.
    ///
    /// # Errors
    ///
    /// Returns an error for an output that is missing or has another type.
    fn read(outputs: &OutputValues<'_>) -> Result<Self, OutputError>;
}

/// Reads no outputs.
impl FlowOutputs for () {
    const OUTPUTS: &'static [OutputSignature] = &[];

    fn read(_: &OutputValues<'_>) -> Result<Self, OutputError> {
        Ok(())
    }
}
