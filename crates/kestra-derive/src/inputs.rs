//! `derive(Inputs)`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, LitStr, Type};

use crate::attributes::{each, once, text, unknown};
use crate::field::Input;
use crate::names::{check_flow, check_namespace, check_unique, fields};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = fields(item, "inputs")?;
    let (mut namespace, mut flow, mut outputs) = (None::<LitStr>, None::<LitStr>, None::<Type>);
    each(&item.attrs, "inputs", |meta, key| match key {
        "namespace" => text(meta, &mut namespace),
        "flow" => text(meta, &mut flow),
        "outputs" => once(meta, &mut outputs, |value| value.parse()),
        _ => Err(unknown(meta, &["namespace", "flow", "outputs"])),
    })?;
    let (Some(namespace), Some(flow)) = (namespace, flow) else {
        let message = "which flow is it? Add `#[inputs(namespace = \"company.team\", flow = \"report\")]`";
        return Err(Error::new_spanned(&item.ident, message));
    };
    check_namespace(&namespace)?;
    check_flow(&flow)?;

    let (mut inputs, mut errors, mut taken) = (Vec::new(), None::<Error>, BTreeSet::new());
    for field in &fields {
        let input = Input::of(field).and_then(|input| check_unique(&mut taken, &input.id).map(|()| input));
        match input {
            Ok(input) => inputs.push(input),
            Err(error) => match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let (name, visibility) = (&item.ident, &item.vis);
    let outputs = outputs.map_or_else(|| quote!(()), |outputs| quote!(#outputs));
    let sending = inputs.iter().map(|input| &input.sending);
    let signatures = inputs.iter().map(|input| &input.signature);
    let declarations = inputs.iter().map(|input| &input.declaration);
    let checks = inputs.iter().map(|input| &input.checks);
    Ok(quote! {
        #[automatically_derived]
        impl ::kestra::typed::FlowInputs for #name {
            type Outputs = #outputs;
            const NAMESPACE: &'static str = #namespace;
            const FLOW: &'static str = #flow;
            const INPUTS: &'static [::kestra::typed::InputSignature] = &[#(#signatures),*];

            fn into_values(self) -> ::kestra::typed::InputValues {
                let mut values = ::kestra::typed::InputValues::new();
                #(#sending;)*
                values
            }
        }

        #[automatically_derived]
        #[allow(dead_code)]
        impl #name {
            /// Returns the inputs that the fields of this type declare.
            #[must_use]
            #visibility fn inputs() -> ::std::vec::Vec<::kestra::flow::Input> {
                ::std::vec![#(#declarations),*]
            }

            /// Returns the flow of this type with its inputs, without tasks.
            #[must_use]
            #visibility fn flow() -> ::kestra::flow::Flow {
                let flow = ::kestra::flow::Flow::new(
                    <Self as ::kestra::typed::FlowInputs>::NAMESPACE,
                    <Self as ::kestra::typed::FlowInputs>::FLOW,
                );
                Self::add_to(flow)
            }

            /// Sets the inputs of this type in a flow; inputs with other ids stay.
            #[must_use]
            #visibility fn add_to(flow: ::kestra::flow::Flow) -> ::kestra::flow::Flow {
                ::kestra::typed::derive::add_to(flow, Self::inputs())
            }
        }

        const _: () = { #(#checks)* };
    })
}
