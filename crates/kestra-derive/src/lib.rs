#![doc = include_str!("../README.md")]

mod attributes;
mod docs;
mod field;
mod inputs;
mod names;
mod outputs;
mod select;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the inputs of a flow: it declares them, calls the flow, and is compared with the flow that is deployed.
///
/// Implements `kestra::FlowInputs` for the struct, and adds three functions to it: `inputs()` returns its fields as inputs,
/// `flow()` returns a flow with them that has no tasks yet, and `add_to(flow)` sets them in another flow.
///
/// The doc comment of a field is the description of its input. A field that is an `Option` need not be given. The type of an
/// input follows from that of the field: `String` is STRING, `bool` BOOL, an integer of at most 32 bits INT, `f64` FLOAT, `Date`,
/// `Time` and `Timestamp` of `jiff` are DATE, TIME and DATETIME, `Duration` is DURATION, `serde_json::Value` JSON,
/// `kestra::FilePart` FILE, `kestra::models::Sensitive` SECRET, an enum with [`Select`](macro@Select) SELECT, and a `Vec` is MULTISELECT
/// of such an enum and else ARRAY.
///
/// `#[inputs(..)]` on the struct:
///
/// - `namespace = "company.team"` and `flow = "report"`: the flow. Both are required.
/// - `outputs = Type`: a type with [`Outputs`](macro@Outputs) that a run returns. Defaults to `()`, which reads none.
///
/// `#[input(..)]` on a field:
///
/// - `default = value`: the default of the input, as an expression of the field's type or as a string that the server reads. A field that
///   is no `Option` is sent nevertheless.
/// - `prefill = value`: the value that the user interface fills in; calls do not use it as a default. Requires Kestra 1.3 or later.
/// - `depends_on = ["day"]`: the ids of the inputs that this input depends on.
/// - `condition = "{{ inputs.day == '2026-01-01' }}"`: the condition under which the server reads this input. Requires
///   `depends_on`. The server drops a value that is sent while the condition does not hold, so make the field an `Option`.
/// - `min = value`, `max = value`: bounds of INT, FLOAT and DURATION.
/// - `after = value`, `before = value`: bounds of DATE, TIME and DATETIME.
/// - `regex = "[a-z]+"`: what a STRING or SECRET must match, as Java writes it.
/// - `extensions = [".csv"]`: the files that a FILE may be. Requires Kestra 1.3 or later.
/// - `display_name = "Day"`: the name that the user interface shows.
/// - `description = "text"`: the description, in place of the doc comment.
/// - `rename = "the-day"`: the id of the input. Defaults to the name of the field.
/// - `type = "EMAIL"`: another type of input, such as EMAIL, URI, YAML or DATE for a `String`.
#[proc_macro_derive(Inputs, attributes(inputs, input))]
pub fn inputs(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    inputs::derive(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Reads the outputs of a flow into a struct.
///
/// Implements `kestra::FlowOutputs`. Fields may have any type with `kestra::typed::OutputValue`; one that is an `Option` may be missing.
/// `#[output(rename = "row-count")]` on a field is the id of the output, if it isn't the name of the field.
#[proc_macro_derive(Outputs, attributes(output))]
pub fn outputs(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    outputs::derive(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an enum without fields an input with fixed values, SELECT, and an output.
///
/// The values are the names of the variants. `#[select(rename = "very slow")]` on a variant is another value.
#[proc_macro_derive(Select, attributes(select))]
pub fn select(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    select::derive(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}
