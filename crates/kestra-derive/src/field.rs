//! A field as an input.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, Field, LitStr, Type};

use crate::attributes::{Given, each, given, once, text, texts, unknown};
use crate::{docs, names};

const SETTINGS: [&str; 14] = [
    "default",
    "prefill",
    "min",
    "max",
    "after",
    "before",
    "regex",
    "extensions",
    "depends_on",
    "condition",
    "display_name",
    "description",
    "rename",
    "type",
];

/// Values that bound or replace that of an input: the setting, the field of the source, and the types of inputs that have it.
const VALUES: [(&str, &str, &[&str]); 6] = [
    ("default", "defaults", &[]),
    ("prefill", "prefill", &[]),
    ("min", "min", &["INT", "FLOAT", "DURATION"]),
    ("max", "max", &["INT", "FLOAT", "DURATION"]),
    ("after", "after", &["DATE", "TIME", "DATETIME"]),
    ("before", "before", &["DATE", "TIME", "DATETIME"]),
];

/// The types of inputs whose values are strings in a source.
const TEXT: [&str; 14] = [
    "STRING", "EMAIL", "URI", "YAML", "JSON", "ION", "SECRET", "DATE", "TIME", "DATETIME", "DURATION",
    "FILE", "SELECT", "ENUM",
];

/// An input that a struct declares.
pub(crate) struct Input {
    pub(crate) id: LitStr,
    /// Its entry in the signature of the flow.
    pub(crate) signature: TokenStream,
    /// The call that sends it.
    pub(crate) sending: TokenStream,
    /// Its entry in the source.
    pub(crate) declaration: TokenStream,
    /// What is checked when it is compiled.
    pub(crate) checks: TokenStream,
}

impl Input {
    pub(crate) fn of(field: &Field) -> syn::Result<Self> {
        let Some(name) = &field.ident else { return Err(Error::new_spanned(field, "an input has a name")) };
        let ty = &field.ty;
        let (mut rename, mut display_name, mut description, mut kind) = (None, None, None, None);
        let (mut regex, mut extensions) = (None, None);
        let (mut depends_on, mut condition) = (None::<Vec<LitStr>>, None::<LitStr>);
        let mut values: [Option<Given>; 6] = [const { None }; 6];
        each(&field.attrs, "input", |meta, key| {
            if let Some((_, place)) = VALUES.iter().zip(&mut values).find(|((name, ..), _)| *name == key) {
                return once(meta, place, given);
            }
            match key {
                "rename" => text(meta, &mut rename),
                "display_name" => text(meta, &mut display_name),
                "description" => text(meta, &mut description),
                "type" => text(meta, &mut kind),
                "regex" => text(meta, &mut regex),
                "extensions" => once(meta, &mut extensions, texts),
                "depends_on" => once(meta, &mut depends_on, texts),
                "condition" => text(meta, &mut condition),
                _ => Err(unknown(meta, &SETTINGS)),
            }
        })?;
        let id = names::id(rename.as_ref(), name)?;
        let has_default = values.first().is_some_and(Option::is_some);
        if let [Some(_), Some(prefill), ..] = &values {
            let message = "an input cannot have both a `default` and a `prefill`: remove one of them";
            return Err(Error::new(prefill.span(), message));
        }
        let support = quote!(::kestra::typed::derive);
        // Always these words at the type, so that the compiler says once that it is not the type of an input.
        let of_type = quote_spanned!(ty.span()=> <#ty as ::kestra::typed::InputType>);
        let type_name = match &kind {
            Some(kind) => quote!(#kind),
            None => quote!(#support::first(#of_type::TYPES)),
        };
        let mut input = Parts {
            ty,
            of_type: &of_type,
            type_name: &type_name,
            settings: TokenStream::new(),
            checks: TokenStream::new(),
        };
        if let Some(kind) = &kind {
            let known = quote!(#of_type::TYPES);
            input.check(
                kind,
                &known,
                quote!(#kind),
                "no value of the field's type is sent to an input of this type",
            );
        }
        if !has_default {
            let settings = quote!(.required(#of_type::REQUIRED));
            input
                .settings
                .extend(quote!(let input = if #of_type::REQUIRED { input } else { input #settings };));
        }
        if let Some(name) = display_name {
            input.set(quote!(.display_name(#name)));
        }
        let description = description.map(|text| text.value()).or_else(|| docs::description(&field.attrs));
        if let Some(text) = description {
            input.set(quote!(.set("description", #text)));
        }
        for ((setting, key, types), value) in VALUES.iter().zip(values) {
            if let Some(value) = value {
                input.value(setting, key, types, &value);
            }
        }
        if let Some(regex) = regex {
            let message = "`regex` is for inputs of the types STRING and SECRET";
            input.check(&regex, &quote!(&["STRING", "SECRET"]), type_name.clone(), message);
            input.set(quote!(.set("validator", #regex)));
        }
        match (depends_on, condition) {
            (Some(others), condition) => {
                if let Some(own) = others.iter().find(|other| other.value() == id.value()) {
                    return Err(Error::new(own.span(), "an input cannot depend on itself"));
                }
                let condition = condition.map(|condition| quote!(.with("condition", #condition)));
                input.set(quote!(.set(
                    "dependsOn",
                    ::kestra::flow::Map::new().with("inputs", ::std::vec![#(#others),*]) #condition
                )));
            }
            (None, Some(condition)) => {
                let message = "`condition` requires `depends_on`: add `depends_on`, or remove `condition`";
                return Err(Error::new(condition.span(), message));
            }
            (None, None) => {}
        }
        if let Some(extensions) = extensions {
            if let Some(wrong) = extensions.iter().find(|text| !text.value().starts_with('.')) {
                return Err(Error::new(wrong.span(), "an extension begins with `.`"));
            }
            input.check(
                ty,
                &quote!(&["FILE"]),
                type_name.clone(),
                "`extensions` is for inputs of the type FILE",
            );
            input.set(quote!(.set("allowedFileExtensions", [#(#extensions),*])));
        }
        let Parts { settings, checks, .. } = input;
        let signature = quote!(#support::signature(#id, #type_name, #of_type::VALUES, #of_type::REQUIRED));
        let declaration = quote!({
            let input = #support::input(#id, #type_name, #of_type::ITEM_TYPE, #of_type::VALUES);
            #settings
            input
        });
        let sending = quote!(#of_type::put(self.#name, #id, &mut values));
        Ok(Self { id, signature, sending, declaration, checks })
    }
}

/// The code of an input so far.
struct Parts<'a> {
    ty: &'a Type,
    /// The field's type as that of an input.
    of_type: &'a TokenStream,
    /// An expression of the input's type.
    type_name: &'a TokenStream,
    settings: TokenStream,
    checks: TokenStream,
}

impl Parts<'_> {
    fn set(&mut self, call: TokenStream) {
        self.settings.extend(quote!(let input = input #call;));
    }

    /// Checks that a word is one of some, when the code is compiled; an error shows `place`. It is in the length of an array, which is
    /// computed before the types of expressions are compared, so that this is the first error.
    fn check(&mut self, place: &impl quote::ToTokens, words: &TokenStream, word: TokenStream, message: &str) {
        self.checks.extend(quote_spanned!(place.span()=>
            const _: [(); { assert!(::kestra::typed::derive::is_one_of(#word, #words), #message); 0 }] = [];
        ));
    }

    fn value(&mut self, setting: &str, key: &str, types: &[&str], value: &Given) {
        let (ty, of_type, type_name) = (self.ty, self.of_type, self.type_name.clone());
        match value {
            Given::Text(text) => {
                let fits = |kind: &&str| TEXT.contains(kind) && (types.is_empty() || types.contains(kind));
                let types: Vec<&str> = TEXT.into_iter().filter(fits).collect();
                let message =
                    format!("a string as `{setting}` is for inputs of the types {}", types.join(", "));
                self.check(text, &quote!(&[#(#types),*]), type_name, &message);
                // A server renders it first.
                if !text.value().contains("{{") {
                    let message = "it is none of the values";
                    self.checks.extend(quote_spanned!(text.span()=>
                        const _: () = assert!(::kestra::typed::derive::takes(#text, #of_type::VALUES), #message);
                    ));
                }
                self.set(quote!(.set(#key, #text)));
            }
            Given::Expression(tokens) => {
                if !types.is_empty() {
                    let message = format!("`{setting}` is for inputs of the types {}", types.join(", "));
                    self.check(tokens, &quote!(&[#(#types),*]), type_name, &message);
                }
                let node = quote_spanned!(tokens.span()=> {
                    let value: <#ty as ::kestra::typed::InputType>::Value = #tokens;
                    ::kestra::typed::derive::node(value)
                });
                self.set(quote!(.set(#key, #node)));
            }
        }
    }
}
