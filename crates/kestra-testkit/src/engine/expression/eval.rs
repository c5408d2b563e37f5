//! From a tree to its value.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{Scope, Trouble, filters, functions, text_of};
use kestra_flow::pebble::{Argument, Binary, Tree, Unary};

/// The value of an expression.
pub(super) fn value(tree: &Tree, scope: &Scope) -> Result<Value, Trouble> {
    match tree {
        Tree::Null => Ok(Value::Null),
        Tree::Bool(flag) => Ok(json!(flag)),
        Tree::Integer(number) => Ok(json!(number)),
        Tree::Number(number) => Ok(json!(number)),
        Tree::Text(text) => Ok(json!(text)),
        Tree::List(items) => items.iter().map(|item| value(item, scope)).collect(),
        Tree::Map(entries) => {
            let mut map = Map::new();
            for (key, entry) in entries {
                map.insert(text_of(&value(key, scope)?), value(entry, scope)?);
            }
            Ok(Value::Object(map))
        }
        Tree::Variable(name) => scope.get(name).cloned().ok_or_else(|| Trouble::Missing(name.clone())),
        Tree::Attribute(of, key) => attribute(&value(of, scope)?, &value(key, scope)?),
        Tree::Call(name, arguments) => functions::call(name, &values(arguments, scope)?, scope),
        Tree::Filter(of, name, arguments) => {
            if name == "default" {
                return coalesce(
                    value(of, scope),
                    arguments.first().map(|argument| &argument.value),
                    scope,
                    true,
                );
            }
            filters::apply(name, value(of, scope)?, &values(arguments, scope)?)
        }
        Tree::Unary(unary, of) => {
            let of = value(of, scope)?;
            match unary {
                Unary::Not => Ok(json!(!truth(&of))),
                Unary::Plus => Ok(of),
                Unary::Minus => arithmetic(Binary::Subtract, &json!(0), &of),
            }
        }
        Tree::Binary(operator, left, right) => binary(*operator, left, right, scope),
        Tree::Test(_, _, name, arguments) if !arguments.is_empty() => {
            Err(Trouble::Failed(format!("The embedded server has no test `{name}` with arguments")))
        }
        Tree::Test(of, negated, name, _) => Ok(json!(test(name, value(of, scope))? != *negated)),
        Tree::Method(_, name, _) => {
            Err(Trouble::Failed(format!("The embedded server has no methods, such as `{name}`")))
        }
        Tree::Choice(condition, then, other) => {
            if truth(&value(condition, scope)?) {
                value(then, scope)
            } else {
                value(other, scope)
            }
        }
    }
}

fn values(arguments: &[Argument], scope: &Scope) -> Result<Vec<(Option<String>, Value)>, Trouble> {
    arguments.iter().map(|argument| Ok((argument.name.clone(), value(&argument.value, scope)?))).collect()
}

fn coalesce(
    left: Result<Value, Trouble>,
    right: Option<&Tree>,
    scope: &Scope,
    empty_too: bool,
) -> Result<Value, Trouble> {
    let right = |scope: &Scope| right.map_or(Ok(Value::Null), |right| value(right, scope));
    match left {
        Err(Trouble::Missing(_)) | Ok(Value::Null) => right(scope),
        Ok(Value::String(text)) if empty_too && text.is_empty() => right(scope),
        other => other,
    }
}

fn binary(operator: Binary, left: &Tree, right: &Tree, scope: &Scope) -> Result<Value, Trouble> {
    match operator {
        Binary::Coalesce => return coalesce(value(left, scope), Some(right), scope, false),
        Binary::CoalesceMissing => {
            return match value(left, scope) {
                Err(Trouble::Missing(_)) => value(right, scope),
                other => other,
            };
        }
        Binary::Or => return Ok(json!(truth(&value(left, scope)?) || truth(&value(right, scope)?))),
        Binary::And => return Ok(json!(truth(&value(left, scope)?) && truth(&value(right, scope)?))),
        _ => {}
    }
    let (left, right) = (value(left, scope)?, value(right, scope)?);
    Ok(match operator {
        Binary::Equal => json!(same(&left, &right)),
        Binary::NotEqual => json!(!same(&left, &right)),
        Binary::Less => json!(compare(&left, &right)? == Ordering::Less),
        Binary::More => json!(compare(&left, &right)? == Ordering::Greater),
        Binary::LessOrEqual => json!(compare(&left, &right)? != Ordering::Greater),
        Binary::MoreOrEqual => json!(compare(&left, &right)? != Ordering::Less),
        Binary::Contains => json!(contains(&left, &right)),
        Binary::In => json!(contains(&right, &left)),
        Binary::Concat => json!(format!("{}{}", text_of(&left), text_of(&right))),
        Binary::Range => {
            let (Some(from), Some(to)) = (left.as_i64(), right.as_i64()) else {
                return Err(Trouble::Failed("A range needs two numbers".to_owned()));
            };
            (from..=to.min(from.saturating_add(10_000))).map(|number| json!(number)).collect()
        }
        _ => return arithmetic(operator, &left, &right),
    })
}

fn arithmetic(operator: Binary, left: &Value, right: &Value) -> Result<Value, Trouble> {
    if let (Some(a), Some(b)) = (left.as_i64(), right.as_i64()) {
        let whole = match operator {
            Binary::Add => a.checked_add(b),
            Binary::Subtract => a.checked_sub(b),
            Binary::Multiply => a.checked_mul(b),
            Binary::Divide => a.checked_div(b),
            _ => a.checked_rem(b),
        };
        return whole.map(|number| json!(number)).ok_or_else(|| Trouble::Failed("/ by zero".to_owned()));
    }
    if let (Value::Array(list), Binary::Add) = (left, operator) {
        let mut list = list.clone();
        match right {
            Value::Array(more) => list.extend(more.iter().cloned()),
            one => list.push(one.clone()),
        }
        return Ok(Value::Array(list));
    }
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    let (Some(a), Some(b)) = (number(left), number(right)) else {
        return Err(Trouble::Failed(format!(
            "Could not perform arithmetic on {} and {}",
            text_of(left),
            text_of(right)
        )));
    };
    Ok(json!(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => a % b,
    }))
}

/// A property of a map, an item of a list, a character of a text.
fn attribute(of: &Value, key: &Value) -> Result<Value, Trouble> {
    let missing = || Trouble::Missing(text_of(key));
    match of {
        Value::Object(map) => map.get(&text_of(key)).cloned().ok_or_else(missing),
        Value::Array(list) => {
            let index = key.as_u64().or_else(|| text_of(key).parse().ok()).ok_or_else(missing)?;
            usize::try_from(index).ok().and_then(|index| list.get(index)).cloned().ok_or_else(missing)
        }
        _ => Err(missing()),
    }
}

/// Whether a value counts as true in a condition.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b) == Ordering::Equal,
        _ => left == right,
    }
}

pub(super) fn compare(left: &Value, right: &Value) -> Result<Ordering, Trouble> {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => {
            let number = |value: &Value| value.as_f64().unwrap_or_default();
            Ok(number(left).total_cmp(&number(right)))
        }
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        (Value::Null, Value::Null) => Ok(Ordering::Equal),
        _ => Err(Trouble::Failed(format!("Could not compare {} and {}", text_of(left), text_of(right)))),
    }
}

pub(super) fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::Array(list) => list.iter().any(|item| same(item, part)),
        Value::Object(map) => map.contains_key(&text_of(part)),
        Value::String(text) => text.contains(&text_of(part)),
        _ => false,
    }
}

fn test(name: &str, value: Result<Value, Trouble>) -> Result<bool, Trouble> {
    let value = match (name, value) {
        ("defined", Err(Trouble::Missing(_))) => return Ok(false),
        ("null" | "empty", Err(Trouble::Missing(_))) => return Ok(true),
        (_, value) => value?,
    };
    Ok(match name {
        "defined" => true,
        "null" => value.is_null(),
        "empty" => match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        },
        "even" => value.as_i64().is_some_and(|number| number % 2 == 0),
        "odd" => value.as_i64().is_some_and(|number| number % 2 != 0),
        "iterable" => value.is_array(),
        "map" => value.is_object(),
        "string" => value.is_string(),
        "json" => value.as_str().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok()),
        other => return Err(Trouble::Failed(format!("Test [{other}] does not exist."))),
    })
}
