//! `derive(Select)`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Error, Fields, LitStr};

use crate::attributes::{each, text, unknown};
use crate::names::check_unique;

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &item.data else {
        return Err(Error::new_spanned(&item.ident, "the values of a SELECT are the variants of an enum"));
    };
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&item.ident, "a SELECT has at least one value"));
    }
    let (mut variants, mut values, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(&variant.fields, "a value of a SELECT has no fields"));
        }
        let mut rename = None;
        each(&variant.attrs, "select", |meta, key| match key {
            "rename" => text(meta, &mut rename),
            _ => Err(unknown(meta, &["rename"])),
        })?;
        let name = &variant.ident;
        let value = rename.unwrap_or_else(|| LitStr::new(&name.unraw().to_string(), name.span()));
        check_unique(&mut taken, &value)?;
        variants.push(name);
        values.push(value);
    }
    let name = &item.ident;
    Ok(quote! {
        #[automatically_derived]
        impl ::kestra::typed::InputType for #name {
            type Value = Self;
            const TYPES: &'static [&'static str] = &["SELECT", "ENUM"];
            const VALUES: &'static [&'static str] = &[#(#values),*];

            fn put(self, name: &'static str, values: &mut ::kestra::typed::InputValues) {
                values.set(name, self);
            }
        }

        #[automatically_derived]
        impl ::std::convert::From<#name> for ::kestra::models::InputValue {
            fn from(value: #name) -> Self {
                Self::from(match value { #(#name::#variants => #values),* })
            }
        }

        #[automatically_derived]
        impl ::kestra::typed::OutputValue for #name {
            const TYPES: &'static [&'static str] = &["SELECT", "ENUM", "STRING"];

            fn from_json(value: &::kestra::typed::derive::Value) -> ::std::option::Option<Self> {
                match ::kestra::typed::derive::text(value)? {
                    #(#values => ::std::option::Option::Some(Self::#variants),)*
                    _ => ::std::option::Option::None,
                }
            }
        }
    })
}
