//! A request builder: its constructor and the setters of what is optional.

use crate::catalogue::{BodyVariant, Content, Operation, Part, QueryParameter, Style, Type, Versions};
use crate::error::Result;
use crate::generate::types::{From, is_integer, takes_into};
use crate::generate::writer::Writer;
use crate::generate::{docs, facts, names, paging};

use super::arguments::{self, Argument, Target};

/// One form of an operation: with its first kind of body, or with another.
#[derive(Debug)]
pub(in crate::generate) struct Builder<'a> {
    pub(in crate::generate) operation: &'a Operation,
    /// Name of the method that makes it.
    pub(in crate::generate) method: String,
    /// What its constructor takes.
    pub(in crate::generate) arguments: Vec<Argument>,
    /// The versions that read such a body.
    pub(super) versions: Versions,
    variant: Option<&'a BodyVariant>,
    body_required: bool,
}

impl<'a> Builder<'a> {
    /// The forms of an operation, the plain one first.
    pub(in crate::generate) fn all(operation: &'a Operation) -> Result<Vec<Self>> {
        let mut taken = names::Taken::new(format!("the operation `{}`", operation.name));
        let variants = operation.body.iter().flat_map(|body| &body.variants);
        let body_required = operation.body.as_ref().is_some_and(|body| body.required);
        let mut builders = Vec::new();
        for (place, variant) in variants.enumerate() {
            let method = match place {
                0 => operation.name.clone(),
                _ => format!("{}_{}", operation.name, kind(variant)),
            };
            taken.take(&method)?;
            // Another form than the first is asked for because of its body.
            builders.push(Self::new(operation, method, Some(variant), body_required || place > 0)?);
        }
        if builders.is_empty() {
            builders.push(Self::new(operation, operation.name.clone(), None, false)?);
        }
        Ok(builders)
    }

    fn new(
        operation: &'a Operation,
        method: String,
        variant: Option<&'a BodyVariant>,
        body_required: bool,
    ) -> Result<Self> {
        let arguments = arguments::of(operation, variant, body_required);
        let mut taken = names::Taken::new(format!("the constructor of `{method}`"));
        for argument in &arguments {
            taken.take(&argument.name)?;
        }
        let versions = variant.map_or(Versions::ALL, |variant| variant.versions);
        Ok(Self { operation, method, arguments, versions, variant, body_required })
    }

    /// Name of the struct.
    pub(in crate::generate) fn name(&self) -> String {
        names::upper_camel(&self.method)
    }

    /// Name of the facts.
    pub(super) fn info(&self) -> String {
        self.method.to_uppercase()
    }

    /// The body's media type and what it is made of.
    pub(in crate::generate) fn content(&self) -> Option<(&'a str, &'a Content)> {
        self.variant.map(|variant| (variant.content_type.as_str(), &variant.content))
    }

    /// Whether the constructor takes the body.
    pub(in crate::generate) fn body_required(&self) -> bool {
        self.body_required
    }

    /// Name of the body's argument or setter.
    pub(in crate::generate) fn body_name(&self) -> String {
        self.variant
            .map_or_else(String::new, |variant| arguments::body_name(self.operation, &variant.content))
    }

    /// Whether it acts on everything without a filter, or with no path but the root, and so has to be told.
    pub(in crate::generate) fn needs_filter(&self) -> bool {
        facts::needs_filter(self.operation)
    }

    /// The arguments as a signature has them.
    pub(in crate::generate) fn signature(&self) -> String {
        let arguments: Vec<String> =
            self.arguments.iter().map(|argument| format!("{}: {}", argument.name, argument.ty)).collect();
        arguments.join(", ")
    }

    pub(super) fn write(&self, area: &[&Operation], file: &mut Writer) -> Result<()> {
        let name = self.name();
        file.doc(&docs::operation(self.operation, &[], "::kestra_core"));
        file.line("#[must_use = \"an operation does nothing until it is sent\"]");
        file.line(format!("pub struct {name}<E = ::kestra_core::Detached> {{"));
        file.line("call: ::kestra_core::Call,");
        file.line("executor: E,");
        file.line("}");
        file.blank();
        self.write_constructor(&name, file);
        self.write_setters(&name, file)?;
        file.blank();
        if let Some((_, Content::Multipart(multipart))) = self.content()
            && multipart.inputs
        {
            file.line(format!("crate::extensions::inputs!({name});"));
        }
        if let Some(labels) = facts::takes_key(self.operation) {
            file.line(format!("crate::extensions::idempotency!({name}, {labels});"));
        }
        if let Some(item) = facts::bulk_item(self.operation) {
            file.line(format!("crate::extensions::by_ids!({name}, {item});"));
        }
        if let Some(item) = facts::bulk_item_of_query(self.operation, area) {
            file.line(format!("crate::extensions::by_query!({name}, {item});"));
        }
        if facts::is_counted(self.operation) {
            file.line(format!("crate::extensions::counted!({name});"));
        }
        if let Some(filters) = facts::looks_back(self.operation) {
            file.line(format!("crate::extensions::look_back!({name}, {filters});"));
        }
        file.line(format!("::kestra_core::operation!({name}, {}, {});", self.info(), self.answer()));
        if self.is_clone() {
            file.line(format!("::kestra_core::operation!(@clone {name});"));
        }
        Ok(())
    }

    /// Returns whether its body is always in memory. A file can be a reader, which is read only once.
    fn is_clone(&self) -> bool {
        !matches!(self.content(), Some((_, Content::Multipart(_) | Content::Bytes)))
    }

    fn answer(&self) -> String {
        use crate::catalogue::Answer;
        let with = |kind: &str, ty: &Type| {
            let ty = From::Elsewhere.ty(ty);
            // rustfmt would take `json ::kestra_models::Flow` for one path.
            format!("{kind} {}", ty.strip_prefix("::").unwrap_or(&ty))
        };
        match &self.operation.answer {
            Answer::Empty => "empty".to_owned(),
            Answer::Json(ty) if paging::is_paged(self.operation) => with("paged", ty),
            Answer::Json(ty) if self.operation.shows_inputs => with("created", ty),
            Answer::Json(ty) => with("json", ty),
            Answer::OptionalJson(_) if self.operation.webhook => {
                "any kestra_models::WebhookAnswer".to_owned()
            }
            Answer::OptionalJson(ty) => with("optional", ty),
            Answer::Text => "text".to_owned(),
            Answer::Download => "download".to_owned(),
            Answer::Events(ty) => with("events", ty),
        }
    }

    fn write_constructor(&self, name: &str, file: &mut Writer) {
        let mut chain = format!("::kestra_core::Call::new(&{})", self.info());
        let mut statements = Vec::new();
        for (index, parameter) in self.operation.query.iter().enumerate() {
            if let Some(value) = &parameter.preset {
                statements.push(format!("call.set_query({index}, {value});"));
            }
        }
        for argument in &self.arguments {
            match &argument.target {
                Target::Chained(code) => chain.push_str(code),
                Target::Statement(code) => statements.push(code.clone()),
            }
        }
        if self.needs_filter() {
            statements.push(format!("call.set_needs_one_of(&{:?});", facts::filters(self.operation)));
        }
        file.line(format!("impl {name} {{"));
        let doc = match self.arguments.is_empty() {
            true => "Creates the operation.",
            false => "Creates the operation with its required parameters.",
        };
        file.doc(&format!("{doc}{}", docs::list(&self.arguments)));
        file.line(format!("pub fn new({}) -> Self {{", self.signature()));
        if statements.is_empty() {
            file.line(format!("Self {{ call: {chain}, executor: ::kestra_core::Detached }}"));
        } else {
            file.line(format!("let mut call = {chain};"));
            for statement in statements {
                file.line(statement);
            }
            file.line("Self { call, executor: ::kestra_core::Detached }");
        }
        file.line("}");
        file.line("}");
    }

    fn write_setters(&self, name: &str, file: &mut Writer) -> Result<()> {
        let mut taken = names::Taken::new(format!("the builder of `{}`", self.method));
        if facts::is_counted(self.operation) {
            taken.take("at_most")?;
            taken.take("dry_run")?;
        }
        if self.operation.looks_back {
            taken.take("since")?;
            taken.take("look_back")?;
        }
        let mut setters = Vec::new();
        let query = self.operation.query.iter().enumerate().filter(|(_, parameter)| !parameter.required);
        let (enterprise, open): (Vec<_>, Vec<_>) =
            query.partition(|(_, parameter)| parameter.open_source_ignores.is_some());
        let filters = self.operation.query.iter().find(|parameter| parameter.ty == Type::Filters);
        let filters = filters.map_or(Versions::ALL, |parameter| parameter.versions);
        for (index, parameter) in open {
            query_setters(parameter, index, filters, &mut setters);
        }
        for parameter in &self.operation.headers {
            let setter = names::setter(&parameter.rust);
            let value = From::Elsewhere.value(&parameter.ty, &setter);
            setters.push(Setter {
                doc: docs::parameter(
                    parameter.summary.as_ref(),
                    &parameter.name,
                    "is a header of the request",
                    parameter.versions,
                ),
                arguments: format!("{setter}: {}", From::Elsewhere.argument(&parameter.ty)),
                statement: format!(
                    "crate::parameters::header(&mut self.call, {:?}, {value});",
                    parameter.name
                ),
                name: setter,
            });
        }
        self.body_setters(&mut setters);
        if self.needs_filter() {
            setters.push(Setter {
                doc: match self.operation.needs_one_of.is_empty() {
                    true => {
                        "Confirms that the operation applies to everything, as no filter is set.".to_owned()
                    }
                    false => "Confirms that an empty path, or `/`, means everything.".to_owned(),
                },
                arguments: String::new(),
                statement: "self.call.set_needs_one_of(&[]);".to_owned(),
                name: "all".to_owned(),
            });
        }
        for (index, parameter) in enterprise {
            query_setters(parameter, index, filters, &mut setters);
        }
        if setters.is_empty() {
            return Ok(());
        }
        file.blank();
        file.line(format!("impl<E> {name}<E> {{"));
        for (place, setter) in setters.iter().enumerate() {
            taken.take(&setter.name)?;
            if place > 0 {
                file.blank();
            }
            file.doc(&setter.doc);
            file.line(format!("pub fn {}(mut self, {}) -> Self {{", setter.name, setter.arguments));
            file.line(&setter.statement);
            file.line("self");
            file.line("}");
        }
        file.line("}");
        Ok(())
    }

    fn body_setters(&self, setters: &mut Vec<Setter>) {
        let Some(variant) = self.variant else { return };
        match &variant.content {
            Content::Multipart(multipart) => {
                for part in multipart.parts.iter().filter(|part| !part.required) {
                    let name = names::setter(&part.rust);
                    setters.push(Setter {
                        doc: docs::parameter(
                            part.summary.as_ref(),
                            &part.name,
                            "is a part of the form",
                            Versions::ALL,
                        ),
                        arguments: format!("{name}: {}", From::Elsewhere.argument(&part.ty)),
                        statement: part_statement(part, "&mut self.call", "self.call", &name),
                        name,
                    });
                }
            }
            _ if self.body_required => {}
            content => {
                let name = names::setter(&arguments::body_name(self.operation, content));
                setters.push(Setter {
                    doc: "Sets the body of the request.".to_owned(),
                    arguments: format!("{name}: {}", arguments::body_type(content)),
                    statement: arguments::body_statement(variant, "self.call", &name),
                    name,
                });
            }
        }
    }
}

struct Setter {
    doc: String,
    name: String,
    arguments: String,
    statement: String,
}

fn kind(variant: &BodyVariant) -> &'static str {
    match &variant.content {
        Content::Json(_) => "json",
        Content::Yaml => "yaml",
        Content::Text if variant.content_type == "application/x-www-form-urlencoded" => "form",
        Content::Text | Content::Typed(_) => "text",
        Content::Bytes => "bytes",
        Content::Form(_) => "form",
        Content::Multipart(_) => "multipart",
    }
}

fn query_setters(parameter: &QueryParameter, index: usize, filters: Versions, setters: &mut Vec<Setter>) {
    let name = names::setter(&parameter.rust);
    let summary = parameter.summary.as_ref();
    let mut doc = match parameter.filter.as_deref().and_then(|filter| filter.split_once(' ')) {
        Some((field, comparison)) => {
            let summary = summary.map(|summary| format!("{summary}\n\n")).unwrap_or_default();
            let readers = match filters.since {
                None => "which every version reads".to_owned(),
                Some(since) => {
                    format!(
                        "if the server is Kestra {since} or later, else as the parameter `{}`",
                        parameter.name
                    )
                }
            };
            format!("{summary}Sent as the filter `filters[{field}][{comparison}]`, {readers}.")
        }
        None => docs::parameter(summary, &parameter.name, "is a parameter of the query", parameter.versions),
    };
    if let Some(consequence) = &parameter.open_source_ignores {
        doc.push_str(&format!(
            " Enterprise Edition only: an open-source server ignores it and {consequence}."
        ));
    }
    let note = parameter.note.as_ref().map(|note| format!("\n\n{note}")).unwrap_or_default();
    doc.push_str(&note);
    if parameter.ty == Type::Filters {
        setters.push(Setter {
            doc: format!(
                "Adds a filter; all filters must match.\n\n{}{note}",
                docs::wire(&parameter.name, "is a parameter of the query", parameter.versions)
            ),
            arguments: "filter: ::kestra_core::Filter".to_owned(),
            statement: format!("self.call.add_filter({index}, &filter);"),
            name: "filter".to_owned(),
        });
    }
    if let Some(item) = &parameter.item {
        let setter = names::escape(item);
        let (arguments, statement) = match (&parameter.ty, parameter.style) {
            (Type::List(inner), Style::Repeat) => (
                format!("{setter}: {}", From::Elsewhere.argument(inner)),
                format!("self.call.add_query({index}, {});", From::Elsewhere.value(inner, &setter)),
            ),
            (Type::Map(_), Style::Pairs) => (
                "key: impl Into<String>, value: impl Into<String>".to_owned(),
                format!("crate::parameters::pair(&mut self.call, {index}, key.into(), value.into());"),
            ),
            _ => (String::new(), String::new()),
        };
        if !statement.is_empty() {
            let doc = format!("Adds one to those of [`{name}`](Self::{name}).\n\n{doc}");
            setters.push(Setter { doc, arguments, statement, name: setter });
        }
    }
    let (doc, statement) = match parameter.preset.as_deref() {
        Some("true") => (
            format!("{doc} Sent as `true` unless `false` is set."),
            format!("crate::parameters::unless_false(&mut self.call, {index}, {name});"),
        ),
        Some("false") => (
            format!("{doc} Sent as `false` unless `true` is set, which servers assume."),
            query_statement(parameter, index, "&mut self.call", "self.call", &name),
        ),
        Some(value) => (
            format!("{doc} Defaults to `{}`.", value.trim_end_matches(".as_ref()")),
            query_statement(parameter, index, "&mut self.call", "self.call", &name),
        ),
        None => (doc, query_statement(parameter, index, "&mut self.call", "self.call", &name)),
    };
    setters.push(Setter {
        doc,
        arguments: format!("{name}: {}", query_argument(parameter)),
        statement,
        name,
    });
}

/// The type of a query parameter's argument.
pub(super) fn query_argument(parameter: &QueryParameter) -> String {
    match (&parameter.ty, parameter.style) {
        (Type::Map(_), Style::Pairs | Style::Comma) => {
            "impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>".to_owned()
        }
        (Type::Filters, _) => "impl IntoIterator<Item = ::kestra_core::Filter>".to_owned(),
        (ty, _) => From::Elsewhere.argument(ty),
    }
}

/// The statement that sets a query parameter on a call; `exclusive` borrows it, `place` names it.
pub(super) fn query_statement(
    parameter: &QueryParameter,
    index: usize,
    exclusive: &str,
    place: &str,
    name: &str,
) -> String {
    let helper = |function: &str| format!("crate::parameters::{function}({exclusive}, {index}, {name});");
    match (&parameter.ty, parameter.style) {
        (Type::Filters, _) => helper("filters"),
        (Type::Map(_), Style::Pairs) => helper("pairs"),
        (Type::Map(_), Style::Comma) => helper("comma_pairs"),
        (Type::List(inner), style) => {
            let function = if style == Style::Comma { "comma" } else { "repeat" };
            if is_integer(inner) {
                let values = format!("{name}.into_iter().map(::kestra_core::Integer::to_i64)");
                return format!("crate::parameters::{function}::<i64, _>({exclusive}, {index}, {values});");
            }
            match takes_into(inner) {
                true => helper(&format!("{function}::<{}, _>", From::Elsewhere.ty(inner))),
                false => helper(function),
            }
        }
        (Type::Bool, _) if parameter.name == "wait" => helper("wait"),
        (ty, _) => format!("{place}.set_query({index}, {});", From::Elsewhere.value(ty, name)),
    }
}

/// The statement that adds a part to a call's form.
pub(super) fn part_statement(part: &Part, exclusive: &str, place: &str, name: &str) -> String {
    let wire = &part.name;
    match &part.ty {
        Type::Bytes => format!("{place}.multipart().file({wire:?}, {name}.into());"),
        Type::List(inner) if **inner == Type::Bytes => {
            format!("crate::parameters::files({exclusive}, {wire:?}, {name});")
        }
        ty => {
            let value = From::Elsewhere.value(ty, name);
            format!("crate::parameters::part({exclusive}, {wire:?}, {value});")
        }
    }
}
