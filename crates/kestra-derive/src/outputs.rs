//! `derive(Outputs)`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned as _;

use crate::attributes::{each, text, unknown};
use crate::names::{check_unique, fields, id};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = fields(item, "outputs")?;
    let (mut members, mut signatures, mut reads, mut taken) =
        (Vec::new(), Vec::new(), Vec::new(), BTreeSet::new());
    for field in &fields {
        let Some(name) = &field.ident else { continue };
        let mut rename = None;
        each(&field.attrs, "output", |meta, key| match key {
            "rename" => text(meta, &mut rename),
            _ => Err(unknown(meta, &["rename"])),
        })?;
        let (id, ty) = (id(rename.as_ref(), name)?, &field.ty);
        check_unique(&mut taken, &id)?;
        signatures.push(quote_spanned!(ty.span()=> ::kestra::typed::OutputSignature::of::<#ty>(#id)));
        reads.push(quote_spanned!(ty.span()=> outputs.get::<#ty>(#id)));
        members.push(name);
    }
    let name = &item.ident;
    Ok(quote! {
        #[automatically_derived]
        impl ::kestra::typed::FlowOutputs for #name {
            const OUTPUTS: &'static [::kestra::typed::OutputSignature] = &[#(#signatures),*];

            fn read(
                outputs: &::kestra::typed::OutputValues<'_>,
            ) -> ::std::result::Result<Self, ::kestra::typed::OutputError> {
                ::std::result::Result::Ok(Self { #(#members: #reads?),* })
            }
        }
    })
}
