//! The expression language of flows, read into trees: `{{ outputs.greet.value ?? 'nobody' | upper }}`.
//!
//! Statements such as `{% if .. %}` are read as text.

mod lex;
mod parse;

pub use parse::{Argument, Binary, Tree, Unary};

/// A piece of a template.
#[derive(Debug)]
pub enum Piece<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// An expression.
    Expression {
        /// The number of bytes before it.
        at: usize,
        /// What is between its braces.
        source: &'a str,
        /// What it says, or why it can't be read.
        tree: Result<Tree, String>,
    },
}

/// Splits a template into its pieces; comments are left out.
pub fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    Pieces { template, at: 0 }
}

struct Pieces<'a> {
    template: &'a str,
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let rest = &self.template[self.at..];
            if let Some(comment) = rest.strip_prefix("{#") {
                self.at = comment.find("#}").map_or(self.template.len(), |end| self.at + end + 4);
            } else if let Some(body) = rest.strip_prefix("{{") {
                let at = self.at;
                let Some(end) = lex::end_of_expression(body) else {
                    self.at = self.template.len();
                    let tree = Err("Unexpected character [\u{0}]".to_owned());
                    return Some(Piece::Expression { at, source: body, tree });
                };
                self.at += end + 4;
                let source = body[..end].trim_start_matches('-').trim_end_matches('-');
                let tree = lex::tokens(source).and_then(parse::expression);
                return Some(Piece::Expression { at, source, tree });
            } else if rest.is_empty() {
                return None;
            } else {
                let is_begin =
                    |(at, _): &(usize, &str)| matches!(rest.as_bytes().get(at + 1), Some(b'{' | b'#'));
                let end = rest.match_indices('{').find(is_begin).map_or(rest.len(), |(at, _)| at);
                self.at += end;
                return Some(Piece::Text(&rest[..end]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_text_and_expressions() {
        let template = "a {# left out #}{{ b }}{{- '}}' -}} c {{ d";
        let shown: Vec<_> = pieces(template)
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Expression { at, tree, .. } => format!("{at} {tree:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a ",
                "16 Ok(Variable(\"b\"))",
                "23 Ok(Text(\"}}\"))",
                " c ",
                "38 Err(\"Unexpected character [\\0]\")",
            ]
        );
    }

    #[test]
    fn calls_of_methods_and_tests_with_arguments_are_read() {
        for template in
            ["{{ a.b().c(1, x='y') }}", "{{ a is not equalTo(1) ? 2 : 3 }}", "{{ (((((((((1))))))))) }}"]
        {
            assert!(
                pieces(template).all(|piece| matches!(piece, Piece::Expression { tree: Ok(_), .. })),
                "{template}"
            );
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        for open in
            ["(", "[", "not ", "- ", "a ? ", "a.b[", "{'a': ", "f(", "a.", "a|b|", "a ~ ", "a is b is "]
        {
            let template = format!("{{{{ {}", open.repeat(100_000));
            let all: Vec<_> =
                pieces(&format!("{template} }}}}")).map(|piece| format!("{piece:.20?}")).collect();
            assert_eq!(all.len(), 1, "{open}");
        }
    }
}
