//! Cron expressions as servers read them.

use super::Release;

const NICKNAMES: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Sunday is 7 by its name, and 0 as well by its number.
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// What a field may hold. A step is at most the largest value.
struct Field {
    least: u32,
    most: u32,
    /// The names of the values from 1 on.
    names: &'static [&'static str],
    /// Whether `L` is its last value, and `L-3` the third before that.
    has_last: bool,
}

/// Returns what is wrong with a cron expression of five fields, or six with seconds.
pub(super) fn problem(cron: &str, has_seconds: bool, release: Option<Release>) -> Option<String> {
    if NICKNAMES.contains(&cron.trim()) {
        return None;
    }
    let parts: Vec<&str> = cron.split_whitespace().collect();
    let expected = if has_seconds { 6 } else { 5 };
    if parts.len() != expected {
        return Some(format!("a cron expression has {expected} fields, this one has {}", parts.len()));
    }
    let has_last = release.is_none_or(|release| release >= Release::V2_0);
    let field = |least, most, names| Field { least, most, names, has_last: false };
    let fields = [
        field(0, 59, &[]),
        field(0, 59, &[]),
        field(0, 23, &[]),
        Field { has_last, ..field(1, 31, &[]) },
        field(1, 12, &MONTHS),
        field(0, 7, &DAYS),
    ];
    parts.iter().zip(&fields[6 - expected..]).find_map(|(part, field)| field.problem(part))
}

impl Field {
    fn problem(&self, part: &str) -> Option<String> {
        part.split(',').find_map(|item| {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (item, None),
            };
            let is_step =
                step.is_none_or(|step| number(step).is_some_and(|step| (1..=self.most).contains(&step)));
            if !is_step {
                return Some(format!("the step of `{part}` is out of range: use 1 to {}", self.most));
            }
            match range {
                "*" => None,
                "" if step.is_some() => None,
                _ if self.is_last(range) && step.is_none() => None,
                _ => self.range_problem(range).map(|problem| format!("`{part}` {problem}")),
            }
        })
    }

    fn range_problem(&self, range: &str) -> Option<String> {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let Some(from) = self.value(from) else { return Some(self.expected()) };
        if self.is_last(to) {
            return None;
        }
        match self.value(to) {
            None => Some(self.expected()),
            Some(to) if to < from => {
                Some("begins after its end: write two ranges, with a comma between".to_owned())
            }
            Some(_) => None,
        }
    }

    fn expected(&self) -> String {
        let names = match self.names {
            [first, .., last] => format!(" or {first} to {last}"),
            _ => String::new(),
        };
        format!("is out of range: use {} to {}{names}", self.least, self.most)
    }

    fn value(&self, text: &str) -> Option<u32> {
        let names = self.names.iter().zip(1..);
        let named =
            names.filter(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| number).next();
        named.or_else(|| number(text)).filter(|number| (self.least..=self.most).contains(number))
    }

    fn is_last(&self, text: &str) -> bool {
        let rest = text.strip_prefix(['L', 'l']).filter(|_| self.has_last);
        rest.is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('-').and_then(number).is_some_and(|number| number <= self.most)
        })
    }
}

/// Reads a number without a minus; the type takes a plus, as servers do.
fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}
