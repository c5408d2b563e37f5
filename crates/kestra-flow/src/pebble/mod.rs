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
    /// An expression, and the number of its first byte within the template; or why it can't be read.
    Expression(usize, Result<Tree, String>),
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
                let begin = self.at;
                let tree = match lex::end_of_expression(body) {
                    Some(end) => {
                        self.at += end + 4;
                        let source = body[..end].trim_start_matches('-').trim_end_matches('-');
                        lex::tokens(source).and_then(parse::expression)
                    }
                    None => {
                        self.at = self.template.len();
                        Err("Unexpected character [\u{0}]".to_owned())
                    }
                };
                return Some(Piece::Expression(begin, tree));
            } else if rest.is_empty() {
                return None;
            } else {
                let end = rest.find("{{").into_iter().chain(rest.find("{#")).min().unwrap_or(rest.len());
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
                Piece::Expression(at, tree) => format!("{at} {tree:?}"),
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
    fn nesting_has_a_limit() {
        for open in ["(", "[", "not ", "- ", "a ? ", "a.b[", "{'a': ", "f("] {
            let template = format!("{{{{ {}", open.repeat(100_000));
            let all: Vec<_> =
                pieces(&format!("{template} }}}}")).map(|piece| format!("{piece:.20?}")).collect();
            assert_eq!(all.len(), 1, "{open}");
        }
    }
}
