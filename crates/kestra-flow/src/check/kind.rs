//! What a field may hold, and how that is written in a condensed schema.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// What a field may hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Anything.
    Any,
    /// A scalar.
    Scalar(Scalar),
    /// A list of values of one kind.
    List(Box<Kind>),
    /// A map whose values are of one kind.
    Map(Box<Kind>),
    /// An object of the definition with this name.
    Object(String),
    /// An object of the group with this index, chosen by its field `type`.
    Group(usize),
    /// Any of these.
    Either(Vec<Kind>),
    /// What an expression may render to, so any string stands for it until the task runs.
    Dynamic(Box<Kind>),
}

/// The kinds of scalars.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    String,
    Integer,
    Number,
    Boolean,
    Duration,
    /// The id of a task or trigger.
    TaskId,
    /// The id of a flow or an input, which may have dots.
    FlowId,
    Namespace,
    /// One of these words.
    Enum(Vec<String>),
}

/// The letters of scalars in a condensed schema.
const LETTERS: [(char, Scalar); 8] = [
    ('s', Scalar::String),
    ('i', Scalar::Integer),
    ('n', Scalar::Number),
    ('b', Scalar::Boolean),
    ('d', Scalar::Duration),
    ('t', Scalar::TaskId),
    ('f', Scalar::FlowId),
    ('N', Scalar::Namespace),
];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_char('*'),
            Self::Scalar(Scalar::Enum(words)) => write!(f, "<{}>", words.join(",")),
            Self::Scalar(scalar) => {
                let letter =
                    LETTERS.iter().find(|(_, known)| known == scalar).map_or('*', |(letter, _)| *letter);
                f.write_char(letter)
            }
            Self::List(kind) => write!(f, "[{kind}]"),
            Self::Map(kind) => write!(f, "{{{kind}}}"),
            Self::Object(name) => write!(f, "@{name};"),
            Self::Group(index) => write!(f, "#{index};"),
            Self::Either(kinds) => {
                f.write_char('(')?;
                kinds.iter().try_for_each(|kind| write!(f, "{kind}"))?;
                f.write_char(')')
            }
            Self::Dynamic(kind) => write!(f, "~{kind}"),
        }
    }
}

impl Kind {
    /// Reads one kind from the front of a text.
    pub(super) fn read(text: &mut &str) -> Option<Self> {
        let mut chars = text.chars();
        let first = chars.next()?;
        *text = chars.as_str();
        let mut until = |end: char| {
            let (inside, rest) = text.split_once(end)?;
            *text = rest;
            Some(inside.to_owned())
        };
        Some(match first {
            '*' => Self::Any,
            '<' => Self::Scalar(Scalar::Enum(until('>')?.split(',').map(str::to_owned).collect())),
            '@' => Self::Object(until(';')?),
            '#' => Self::Group(until(';')?.parse().ok()?),
            '~' => Self::Dynamic(Box::new(Self::read(text)?)),
            '[' | '{' => {
                let kind = Box::new(Self::read(text)?);
                *text = text.strip_prefix([']', '}'])?;
                if first == '[' { Self::List(kind) } else { Self::Map(kind) }
            }
            '(' => {
                let mut kinds = Vec::new();
                while !text.starts_with(')') {
                    kinds.push(Self::read(text)?);
                }
                *text = &text[1..];
                Self::Either(kinds)
            }
            letter => Self::Scalar(LETTERS.into_iter().find(|(known, _)| *known == letter)?.1),
        })
    }
}

/// An object: its fields, and which of them it needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Definition {
    pub(super) fields: BTreeMap<String, Field>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) kind: Kind,
    pub(super) is_required: bool,
}
