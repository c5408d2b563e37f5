//! Which flows a flow names: by its subflows, and by the triggers that wait for the end of others.

use kestra_flow::{Flow, Map, Node};

/// Namespace and id of a flow.
pub(crate) type Name = (String, String);

/// One flow runs another.
pub(crate) struct Link {
    pub(crate) runner: Name,
    pub(crate) runs: Name,
    /// Whether the other one runs each time, without a condition.
    pub(crate) is_certain: bool,
    /// Whether a trigger of the flow that runs says it.
    is_trigger: bool,
    /// Where the id of the other flow stands.
    pub(crate) path: Vec<String>,
}

impl Link {
    /// Returns the flow that the source names.
    pub(crate) fn named(&self) -> &Name {
        if self.is_trigger { &self.runner } else { &self.runs }
    }
}

/// A flow that is named somewhere, unless an expression makes the name.
struct Named {
    name: Name,
    path: Vec<String>,
}

/// Returns the links that a flow has to others.
pub(crate) fn links(flow: &Flow) -> Vec<Link> {
    let own = (flow.namespace().to_owned(), flow.id().to_owned());
    let is_on = !is_true(flow.get("disabled"));
    let mut links = Vec::new();
    for list in ["tasks", "errors", "finally", "afterExecution"] {
        let is_certain = is_on && matches!(list, "tasks" | "finally");
        tasks(flow.get(list), &[list.to_owned()], is_certain, &own, &mut links);
    }
    for (place, trigger) in maps(flow.get("triggers")) {
        let path = ["triggers".to_owned(), place];
        if is_of_class(trigger, &["Flow"]) {
            let (all, is_certain) = awaited(trigger, &path, &own);
            let is_certain = is_on && is_certain && all.len() == 1;
            links.extend(all.into_iter().map(|Named { name, path }| Link {
                runner: name,
                runs: own.clone(),
                is_certain,
                is_trigger: true,
                path,
            }));
        }
    }
    links
}

/// Collects the subflows of tasks and of those within.
fn tasks(node: Option<&Node>, path: &[String], is_certain: bool, own: &Name, links: &mut Vec<Link>) {
    for (place, task) in maps(node) {
        let path = [path, &[place]].concat();
        one_task(task, &path, is_certain, own, links);
    }
}

fn one_task(task: &Map, path: &[String], is_certain: bool, own: &Name, links: &mut Vec<Link>) {
    let is_certain = is_certain && !is_true(task.get("disabled")) && task.get("runIf").is_none();
    if let Some(Named { name, path }) = named(task, path, own) {
        links.push(Link { runner: own.clone(), runs: name, is_certain, is_trigger: false, path });
    }
    let is_plain = is_of_class(task, &["Sequential", "Parallel", "Dag", "AllowFailure", "WorkingDirectory"]);
    for (field, node) in task.iter() {
        let path = [path, &[field.to_owned()]].concat();
        let is_certain = is_certain && is_plain && field == "tasks";
        match node {
            Node::List(_) => {
                tasks(Some(node), &path, is_certain, own, links);
                // The tasks of a Dag are one level deeper.
                for (place, part) in maps(Some(node)) {
                    if let Some(task) = part.get("task").and_then(Node::as_map) {
                        let path = [path.as_slice(), &[place, "task".to_owned()]].concat();
                        one_task(task, &path, is_certain, own, links);
                    }
                }
            }
            Node::Map(cases) if field == "cases" => {
                for (case, node) in cases.iter() {
                    tasks(Some(node), &[path.as_slice(), &[case.to_owned()]].concat(), false, own, links);
                }
            }
            Node::Map(task) if task.get("type").is_some() => one_task(task, &path, false, own, links),
            _ => {}
        }
    }
}

/// Returns the flows whose end a trigger waits for, and whether it then runs each time if it is only one.
fn awaited(trigger: &Map, path: &[String], own: &Name) -> (Vec<Named>, bool) {
    let mut all = Vec::new();
    let at =
        |steps: &[&str]| [path, &steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>()].concat();
    let states = trigger.get("states").and_then(Node::as_list);
    let mut is_certain = !is_true(trigger.get("disabled"))
        && states.is_none_or(|states| states.iter().any(|state| state.as_str() == Some("SUCCESS")));
    let preconditions = trigger.get("preconditions").and_then(Node::as_map);
    let lists = [
        (preconditions.and_then(|map| map.get("flows")), at(&["preconditions", "flows"])),
        (trigger.get("dependsOn"), at(&["dependsOn"])),
    ];
    for (list, path) in lists {
        for (place, map) in maps(list) {
            is_certain &= ["when", "labels", "states"].iter().all(|field| map.get(field).is_none());
            all.extend(named(map, &[path.as_slice(), &[place]].concat(), own));
        }
    }
    for (place, filter) in maps(preconditions.and_then(|map| map.get("where"))) {
        is_certain = false;
        if filter.get_str("operand") != Some("OR") {
            filtered(filter, &at(&["preconditions", "where", &place, "filters"]), &mut all);
        }
    }
    let conditions = trigger.get("conditions");
    let has_others = maps(conditions)
        .iter()
        .any(|(_, map)| !is_of_class(map, &["ExecutionFlow", "ExecutionFlowCondition"]));
    is_certain &= !has_others && trigger.get("when").is_none();
    if let Some(conditions) = conditions {
        in_conditions(conditions, &at(&["conditions"]), own, &mut all);
    }
    (all, is_certain)
}

/// Collects the flows of a filter, whose namespace another part of the filter has.
fn filtered(filter: &Map, path: &[String], all: &mut Vec<Named>) {
    let parts = maps(filter.get("filters"));
    let field = |map: &Map, field: &str, kinds: &[&str]| {
        map.get_str("field") == Some(field) && map.get_str("type").is_some_and(|kind| kinds.contains(&kind))
    };
    let namespace = parts.iter().find(|(_, map)| field(map, "NAMESPACE", &["EQUAL_TO"]));
    let Some(namespace) = namespace.and_then(|(_, map)| map.get_str("value")) else { return };
    for (place, map) in &parts {
        let mut add = |id: &str, steps: &[&str]| {
            let steps = steps.iter().map(|step| (*step).to_owned());
            let path = path.iter().cloned().chain([place.clone()]).chain(steps).collect();
            if !is_expression(namespace) && !is_expression(id) {
                all.push(Named { name: (namespace.to_owned(), id.to_owned()), path });
            }
        };
        if field(map, "FLOW_ID", &["EQUAL_TO"])
            && let Some(id) = map.get_str("value")
        {
            add(id, &["value"]);
        }
        if field(map, "FLOW_ID", &["IN"]) {
            let values = map.get("values").and_then(Node::as_list).unwrap_or_default();
            for (position, id) in values.iter().enumerate() {
                add(id.as_str().unwrap_or_default(), &["values", &position.to_string()]);
            }
        }
    }
}

/// Collects the flows of conditions, which may be within others.
fn in_conditions(node: &Node, path: &[String], own: &Name, all: &mut Vec<Named>) {
    match node {
        Node::List(items) => {
            for (place, item) in items.iter().enumerate() {
                in_conditions(item, &[path, &[place.to_string()]].concat(), own, all);
            }
        }
        Node::Map(map) => {
            if is_of_class(map, &["ExecutionFlow", "ExecutionFlowCondition"]) {
                all.extend(named(map, path, own));
            }
            for (field, node) in map.iter() {
                in_conditions(node, &[path, &[field.to_owned()]].concat(), own, all);
            }
        }
        _ => {}
    }
}

/// Returns the flow that a map names.
fn named(map: &Map, path: &[String], own: &Name) -> Option<Named> {
    let (namespace, id) = (map.get_str("namespace")?, map.get_str("flowId")?);
    let is_own = is_expression(namespace) && namespace.trim_matches(['{', '}', ' ']) == "flow.namespace";
    let namespace = if is_own { &own.0 } else { namespace };
    let path = [path, &["flowId".to_owned()]].concat();
    (!is_expression(namespace) && !is_expression(id))
        .then(|| Named { name: (namespace.to_owned(), id.to_owned()), path })
}

fn is_expression(text: &str) -> bool {
    text.contains("{{")
}

fn is_true(node: Option<&Node>) -> bool {
    node.and_then(Node::as_bool) == Some(true)
}

/// Whether a map is of one of Kestra's types, by the last part of their names.
fn is_of_class(map: &Map, classes: &[&str]) -> bool {
    map.get_str("type").is_some_and(|kind| {
        kind.starts_with("io.kestra.")
            && kind.rsplit('.').next().is_some_and(|class| classes.contains(&class))
    })
}

/// Returns the maps of a list, with their positions.
fn maps(node: Option<&Node>) -> Vec<(String, &Map)> {
    let items = node.and_then(Node::as_list).unwrap_or_default().iter().enumerate();
    items.filter_map(|(place, item)| Some((place.to_string(), item.as_map()?))).collect()
}
