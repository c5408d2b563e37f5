//! Inputs of a flow: a part of the form for each.

/// Gives a builder of a form the setters of a flow's inputs.
macro_rules! inputs {
    ($name:ident) => {
        impl<E> $name<E> {
            /// Sets an input; the value's type decides how it is written.
            ///
            /// The server drops one that the flow doesn't have, and takes a text that is no truth value for false. A client logs
            /// a warning for each that an execution was started without, and
            /// [`dropped_inputs`](::kestra_models::Execution::dropped_inputs) names them.
            pub fn input(
                mut self,
                name: impl Into<String>,
                value: impl Into<::kestra_models::InputValue>,
            ) -> Self {
                self.call.multipart().text(name, value.into().to_text());
                self
            }

            /// Uploads a file as an input.
            pub fn input_file(mut self, name: impl Into<String>, file: ::kestra_core::FilePart) -> Self {
                self.call.multipart().file(name, file);
                self
            }
        }
    };
}

pub(crate) use inputs;
