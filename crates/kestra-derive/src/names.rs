//! Names that servers take, and the parts of an item that have names.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Token, ext::IdentExt as _};

/// The id of an input or output: the name that it is given, or else that of the field.
pub(crate) fn id(rename: Option<&LitStr>, name: &Ident) -> syn::Result<LitStr> {
    let id = rename.cloned().unwrap_or_else(|| LitStr::new(&name.unraw().to_string(), name.span()));
    check(
        &id,
        "an id",
        |char| char.is_ascii_alphanumeric(),
        "letters, digits, `.`, `-` and `_`, and begins with a letter or a digit",
    )?;
    Ok(id)
}

/// Checks the id of a flow.
pub(crate) fn check_flow(id: &LitStr) -> syn::Result<()> {
    check(
        id,
        "the id of a flow",
        |char| char.is_ascii_alphanumeric(),
        "letters, digits, `.`, `-` and `_`, and begins with a letter or a digit",
    )
}

/// Checks a namespace.
pub(crate) fn check_namespace(namespace: &LitStr) -> syn::Result<()> {
    let is_small = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    check(
        namespace,
        "a namespace",
        is_small,
        "lower-case letters, digits, `.`, `-` and `_`, and begins with a letter or a digit",
    )
}

fn check(name: &LitStr, what: &str, is_letter: fn(char) -> bool, has: &str) -> syn::Result<()> {
    let text = name.value();
    let is_valid =
        text.starts_with(is_letter) && text.chars().all(|char| is_letter(char) || ".-_".contains(char));
    if is_valid { Ok(()) } else { Err(Error::new(name.span(), format!("{what} has {has}"))) }
}

/// Refuses a name that an earlier field or variant has.
pub(crate) fn check_unique(taken: &mut BTreeSet<String>, name: &LitStr) -> syn::Result<()> {
    if taken.insert(name.value()) {
        return Ok(());
    }
    Err(Error::new(name.span(), format!("`{}` comes twice", name.value())))
}

/// Returns the named fields of a struct without parameters.
pub(crate) fn fields<'a>(
    item: &'a DeriveInput,
    derived: &str,
) -> syn::Result<Punctuated<&'a Field, Token![,]>> {
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            format!("{derived} are of one flow, so the type can't have parameters"),
        ));
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().collect()),
            Fields::Unit => Ok(Punctuated::new()),
            Fields::Unnamed(fields) => Err(Error::new_spanned(
                fields,
                format!("{derived} have names: use a struct with named fields"),
            )),
        },
        Data::Enum(_) | Data::Union(_) => Err(Error::new_spanned(
            &item.ident,
            format!("{derived} are the fields of a struct; an enum is one input: derive `kestra::Select`"),
        )),
    }
}
