//! Attributes of structs, fields and variants.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, LitStr, Path, Token, bracketed};

/// Calls `set` with each setting of the attributes of a name.
pub(crate) fn each(
    attributes: &[Attribute],
    name: &str,
    mut set: impl FnMut(&ParseNestedMeta<'_>, &str) -> syn::Result<()>,
) -> syn::Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        attribute.parse_nested_meta(|meta| {
            let key = name_of(&meta.path);
            set(&meta, &key)
        })?;
    }
    Ok(())
}

/// The name of a setting, `type` included, which is no identifier.
fn name_of(path: &Path) -> String {
    quote!(#path).to_string()
}

/// Returns the error of an unknown setting.
pub(crate) fn unknown(meta: &ParseNestedMeta<'_>, known: &[&str]) -> Error {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    meta.error(format!("unknown setting: use {}", known.join(", ")))
}

/// Reads a string, once.
pub(crate) fn text(meta: &ParseNestedMeta<'_>, place: &mut Option<LitStr>) -> syn::Result<()> {
    once(meta, place, |value| value.parse())
}

/// Reads a setting, once.
pub(crate) fn once<T>(
    meta: &ParseNestedMeta<'_>,
    place: &mut Option<T>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<()> {
    if place.is_some() {
        return Err(meta.error("it is set twice"));
    }
    *place = Some(read(meta.value()?)?);
    Ok(())
}

/// Reads strings in brackets.
pub(crate) fn texts(value: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let list;
    bracketed!(list in value);
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?.into_iter().collect())
}

/// A value that a server is told: a string as it is written, or an expression of the field's type.
pub(crate) enum Given {
    Text(LitStr),
    Expression(TokenStream),
}

impl Given {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Text(text) => text.span(),
            Self::Expression(tokens) => tokens.span(),
        }
    }
}

/// Reads all up to the next comma.
pub(crate) fn given(value: ParseStream<'_>) -> syn::Result<Given> {
    let ahead = value.fork();
    if ahead.parse::<LitStr>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,])) {
        return value.parse().map(Given::Text);
    }
    let mut tokens = TokenStream::new();
    while !value.is_empty() && !value.peek(Token![,]) {
        tokens.extend([value.parse::<TokenTree>()?]);
    }
    if tokens.is_empty() { Err(value.error("expected a value")) } else { Ok(Given::Expression(tokens)) }
}
