//! Whether a thing is what a search asks for.

use jiff::Timestamp;
use regex::Regex;

use super::checks::{LEVELS, duration, instant};
use super::{Comparison, Filter, Filters, Node, Patterns};

/// Something that can be searched.
pub(crate) trait Subject {
    /// The text that a field (`namespace`, `flowId`, `state`, `kind`, `level`, ...) has, if any.
    fn text(&self, field: &str) -> Option<String>;

    /// The labels, by key.
    fn labels(&self) -> Vec<(String, String)>;

    /// What full text search looks into.
    fn full_text(&self) -> String;

    /// The instant that `startDate` or `endDate` compare with.
    fn instant(&self, field: &str) -> Option<Timestamp>;

    /// A filter with a meaning of its own (`childFilter`); `None` leaves it to the rest.
    fn special(&self, _filter: &Filter) -> Option<bool> {
        None
    }
}

impl Filters {
    /// Whether all of it holds.
    pub(crate) fn matches(&self, subject: &dyn Subject) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::One(filter) if self.labels_read_as_any && is_not_a_label(filter) => {
                let labels = subject.labels();
                filter.pairs.iter().all(|asked| labels.iter().any(|label| label != asked))
            }
            node => node_matches(node, subject, self.patterns),
        })
    }
}

fn is_not_a_label(filter: &Filter) -> bool {
    filter.field == "labels" && filter.op == Comparison::NOT_EQUALS && !filter.pairs.is_empty()
}

fn node_matches(node: &Node, subject: &dyn Subject, patterns: Patterns) -> bool {
    match node {
        Node::One(filter) => filter_matches(filter, subject, patterns),
        Node::All(nodes) => nodes.iter().all(|node| node_matches(node, subject, patterns)),
        Node::Any(nodes) => nodes.iter().any(|node| node_matches(node, subject, patterns)),
    }
}

fn filter_matches(filter: &Filter, subject: &dyn Subject, patterns: Patterns) -> bool {
    if let Some(holds) = subject.special(filter) {
        return holds;
    }
    match filter.field {
        "labels" | "metadata" => labels_match(filter, &subject.labels()),
        "q" => {
            let found = words_in(&filter.value, &subject.full_text());
            if filter.op == Comparison::NOT_EQUALS { !found } else { found }
        }
        "scope" => scope_matches(filter, subject.text("namespace").as_deref().unwrap_or_default()),
        "startDate" | "endDate" | "created" | "updated" | "expirationDate" | "lastTriggeredDate"
        | "nextExecutionDate" => date_matches(filter, subject.instant(filter.field)),
        "timeRange" => match (duration(&filter.value), subject.instant("startDate")) {
            (Some(range), Some(start)) => start >= Timestamp::now() - range,
            _ => false,
        },
        "level" => level_matches(filter, subject.text("level").as_deref().unwrap_or_default()),
        field => text_matches(filter, subject.text(field).as_deref(), patterns),
    }
}

/// Whether each word of a search is found, in any case.
fn words_in(searched: &str, text: &str) -> bool {
    let (searched, text) = (searched.to_lowercase(), text.to_lowercase());
    let mut words = searched.split_whitespace().peekable();
    // Nothing is found by nothing, where it isn't left out.
    words.peek().is_some() && words.all(|word| text.contains(word))
}

fn scope_matches(filter: &Filter, namespace: &str) -> bool {
    let scope = if namespace == "system" || namespace.starts_with("system.") { "SYSTEM" } else { "USER" };
    let named = filter.value.split(',').any(|value| value.trim() == scope);
    if matches!(filter.op, Comparison::NOT_EQUALS | Comparison::NOT_IN) { !named } else { named }
}

fn date_matches(filter: &Filter, value: Option<Timestamp>) -> bool {
    let (Some(value), Some(asked)) = (value, instant(&filter.value)) else { return false };
    match filter.op {
        Comparison::GREATER_THAN => value > asked,
        Comparison::AT_LEAST => value >= asked,
        Comparison::LESS_THAN => value < asked,
        Comparison::AT_MOST => value <= asked,
        Comparison::NOT_EQUALS => value != asked,
        _ => value == asked,
    }
}

fn level_matches(filter: &Filter, level: &str) -> bool {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
    let (own, asked) = (rank(level), rank(&filter.value));
    let listed = || filter.list().iter().any(|one| one == level);
    match filter.op {
        Comparison::AT_MOST => own <= asked,
        Comparison::NOT_EQUALS => own != asked,
        Comparison::IN => listed(),
        Comparison::NOT_IN => !listed(),
        // "At least" on 1.x.
        _ => own >= asked,
    }
}

fn labels_match(filter: &Filter, labels: &[(String, String)]) -> bool {
    let has = |key: &str, value: &str| labels.iter().any(|(k, v)| k == key && v == value);
    let holds = |key: &str, asked: &str| match filter.op {
        // The values of a list are read as one.
        Comparison::NOT_EQUALS | Comparison::NOT_IN => !has(key, asked),
        Comparison::CONTAINS => labels.iter().any(|(k, v)| k == key && v.contains(asked)),
        Comparison::NOT_CONTAINS => !labels.iter().any(|(k, v)| k == key && v.contains(asked)),
        // Whether there is one: the value says nothing.
        Comparison::IS_NOT_NULL => labels.iter().any(|(k, _)| k == key),
        Comparison::IS_NULL => labels.iter().all(|(k, _)| k != key),
        _ => has(key, asked),
    };
    if filter.pairs.is_empty() {
        return match filter.value.split_once(':') {
            Some((key, value)) => holds(key, value),
            None => any_label_matches(filter, labels),
        };
    }
    let mut pairs = filter.pairs.iter();
    match filter.op {
        Comparison::IN => pairs.any(|(key, value)| holds(key, value)),
        _ => pairs.all(|(key, value)| holds(key, value)),
    }
}

/// A filter without a key: by a part of any key or value, or by the key that its value is.
fn any_label_matches(filter: &Filter, labels: &[(String, String)]) -> bool {
    let asked = filter.value.as_str();
    let within = || labels.iter().any(|(key, value)| key.contains(asked) || value.contains(asked));
    let there = || labels.iter().any(|(key, _)| key == asked);
    match filter.op {
        Comparison::CONTAINS => within(),
        Comparison::NOT_CONTAINS => !within(),
        Comparison::IS_NOT_NULL => there(),
        Comparison::IS_NULL => !there(),
        _ => true,
    }
}

fn text_matches(filter: &Filter, text: Option<&str>, patterns: Patterns) -> bool {
    let asked = filter.value.as_str();
    let own = text.unwrap_or_default();
    let by_pattern = patterns != Patterns::Nowhere;
    match filter.op {
        Comparison::STARTS_WITH if by_pattern => like(own, &format!("{asked}%")),
        Comparison::ENDS_WITH if by_pattern => like(own, &format!("%{asked}")),
        Comparison::CONTAINS if by_pattern => like(own, &format!("%{asked}%")),
        Comparison::PREFIX if patterns == Patterns::Everywhere => {
            own == asked || like(own, &format!("{asked}.%"))
        }
        Comparison::NOT_EQUALS => own != asked,
        Comparison::IN => text.is_some() && filter.list().iter().any(|one| one == own),
        Comparison::NOT_IN => !filter.list().iter().any(|one| one == own),
        Comparison::STARTS_WITH => own.starts_with(asked),
        Comparison::ENDS_WITH => own.ends_with(asked),
        Comparison::CONTAINS => own.contains(asked),
        Comparison::REGEX => Regex::new(asked).is_ok_and(|regex| regex.is_match(own)),
        Comparison::PREFIX => {
            own == asked || own.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
        }
        _ => text == Some(asked),
    }
}

/// Whether a text is as a pattern of SQL says: `%` stands for any characters, `_` for one.
fn like(text: &str, pattern: &str) -> bool {
    let pattern = regex::escape(pattern).replace('%', ".*").replace('_', ".");
    Regex::new(&format!("^(?s:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}
