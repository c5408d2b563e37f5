//! Plans a sync of flows, without changing anything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use http::StatusCode;
use kestra_core::internal::refuse_deleted;
use kestra_core::{Error, ErrorKind, Filter};
use kestra_models::FlowValidation;
use similar::TextDiff;

use super::stored::{Name, StoredFlow, stored_flows};
use super::sync::{FlowSync, Sources};
use crate::Flows;
use crate::folder::{self, failure};
use crate::sync::{SyncAction, SyncEntry, SyncKind};

/// How many bytes of sources are validated in one request. A server refuses bodies over 10 MiB.
const VALIDATED_AT_ONCE: usize = 8 << 20;

/// What servers split several sources at.
const SEPARATOR: &str = "\n---\n";

/// The largest source that a diff is made of, in bytes.
const DIFF_LIMIT: usize = 1 << 20;

/// A flow and what applying needs.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) entry: SyncEntry,
    pub(super) source: String,
    /// The file, or which of the sources it is.
    place: String,
    /// The namespace that the source was put into, or that its line names; `None` without such a line.
    wanted: Option<String>,
    /// The source has a `revision`, which isn't the next one.
    is_outdated: bool,
}

/// A plan in the making.
pub(super) struct Plan<'a> {
    pub(super) sync: &'a FlowSync,
    pub(super) flows: &'a Flows,
}

impl Plan<'_> {
    pub(super) async fn make(self) -> Result<Vec<Planned>, Error> {
        let mut planned = match &self.sync.sources {
            Sources::Folder(folder) => self.read(folder).await?,
            Sources::Memory(sources) => {
                let named = sources.iter().enumerate();
                named
                    .map(|(index, source)| Planned::new(format!("source {}", index + 1), source.clone()))
                    .collect()
            }
        };
        for flow in planned.iter_mut().filter(|flow| flow.entry.error.is_none()) {
            if let Err(error) = self.check(flow) {
                flow.entry.refuse(error);
            }
        }
        self.validate(&mut planned).await?;
        refuse_doubles(&mut planned);
        let names: BTreeSet<Name> = planned.iter().filter_map(|flow| flow.entry.flow()).collect();
        let mut stored = self.stored(&names).await?;
        for flow in planned.iter_mut().filter(|flow| flow.entry.error.is_none()) {
            if let Some(stored) = flow.entry.flow().and_then(|name| stored.remove(&name)) {
                flow.compare(stored);
            }
        }
        // Also one whose source is invalid has a source, and so stays.
        stored.retain(|name, _| !names.contains(name) && self.deletes(&name.0, &names));
        let is_empty = planned.is_empty() && !stored.is_empty();
        let problem = || format!("{} no flow, so all {} would be deleted", self.sync.sources, stored.len());
        self.sync.settings.check_source(is_empty, problem)?;
        for ((namespace, id), flow) in stored {
            let mut deleted = Planned::new(format!("{namespace}.{id}"), String::new());
            let entry = &mut deleted.entry;
            (entry.namespace, entry.id, entry.revision) = (Some(namespace), Some(id), flow.revision);
            entry.action = SyncAction::Delete;
            planned.push(deleted);
        }
        Ok(planned)
    }

    /// Reads the files of flows in a folder and below, in the order of their paths.
    async fn read(&self, folder: &Path) -> Result<Vec<Planned>, Error> {
        let mut read = Vec::new();
        for file in folder::walk(folder, self.sync.deletes()).await? {
            let path = file.path;
            if !folder::is_flow(&path) {
                continue;
            }
            let source = tokio::fs::read_to_string(&path).await;
            let mut flow = Planned::new(path.display().to_string(), String::new());
            match source {
                Ok(source) => flow.source = source,
                Err(problem) => flow.entry.refuse(failure("read", &path, problem)),
            }
            flow.entry.file = Some(path);
            read.push(flow);
        }
        Ok(read)
    }

    /// Checks what the server would not find wrong, and puts the source into its namespace.
    fn check(&self, flow: &mut Planned) -> Result<(), Error> {
        let source = &mut flow.source;
        if source.trim().is_empty() {
            return Err(Error::invalid("source", "it is empty"));
        }
        if !self.flows.client().options().is_unchecked() {
            refuse_deleted(source)?;
        }
        if let Some(place) = namespace_in(source) {
            let namespace = source.get(place.clone()).unwrap_or_default().to_owned();
            let wanted = self.moved(&namespace).unwrap_or(namespace);
            source.replace_range(place, &wanted);
            flow.wanted = Some(wanted);
        }
        Ok(())
    }

    /// Has the server validate all sources, many in one request.
    async fn validate(&self, planned: &mut [Planned]) -> Result<(), Error> {
        let settings = &self.sync.settings;
        let sources: Vec<&str> = planned.iter().map(|flow| flow.source.as_str()).collect();
        let open: Vec<usize> =
            (0..).zip(&*planned).filter(|(_, flow)| flow.entry.error.is_none()).map(|(at, _)| at).collect();
        let mut found = BTreeMap::new();
        let together = chunks(&open, &sources).into_iter();
        let together = together.map(|chunk| self.validate_together(chunk, &sources)).collect();
        for validations in settings.run_all(together).await {
            found.extend(validations?.into_iter().map(|(at, validation)| (at, Ok(validation))));
        }
        let alone = |at: usize| {
            let source = sources.get(at).copied().unwrap_or_default();
            async move { (at, self.validate_one(source).await) }
        };
        let alone = open.into_iter().filter(|at| !found.contains_key(at)).map(alone).collect();
        found.extend(settings.run_all(alone).await);
        for (at, flow) in planned.iter_mut().enumerate() {
            match found.remove(&at) {
                Some(Ok(validation)) => {
                    flow.take(validation);
                    if flow.entry.error.is_none() && self.is_misplaced(flow) {
                        let problem = "its namespace can't be replaced: it needs one line `namespace:` at the top level";
                        flow.entry.refuse(Error::invalid("source", problem));
                    }
                }
                Some(Err(error)) if is_about_source(&error) => flow.entry.refuse(error),
                Some(Err(error)) => return Err(error),
                None => {}
            }
        }
        Ok(())
    }

    /// Validates several sources in one request. Returns nothing if the response doesn't tell them apart.
    async fn validate_together(
        &self,
        chunk: Vec<usize>,
        sources: &[&str],
    ) -> Result<BTreeMap<usize, FlowValidation>, Error> {
        let text: Vec<&str> = chunk.iter().filter_map(|at| sources.get(*at).copied()).collect();
        let validations = match self.flows.validate_flows(text.join(SEPARATOR)).await {
            Ok(validations) => validations,
            Err(error)
                if error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR) || is_about_source(&error) =>
            {
                return Ok(BTreeMap::new());
            }
            Err(error) => return Err(error),
        };
        let count = validations.len();
        let by_place: BTreeMap<usize, FlowValidation> = validations
            .into_iter()
            .filter_map(|validation| {
                let at = chunk.get(usize::try_from(validation.index?).ok()?)?;
                Some((*at, validation))
            })
            .collect();
        let is_told_apart = count == chunk.len() && by_place.len() == count;
        Ok(if is_told_apart { by_place } else { BTreeMap::new() })
    }

    async fn validate_one(&self, source: &str) -> Result<FlowValidation, Error> {
        let mut found = self.flows.validate_flows(source).await?.into_iter();
        match (found.next(), found.next()) {
            (Some(validation), None) => Ok(validation),
            _ => Err(Error::invalid("source", "it must be exactly one flow")),
        }
    }

    /// Reads what the server has in the namespaces of the sources, and where flows are deleted.
    async fn stored(&self, names: &BTreeSet<Name>) -> Result<BTreeMap<Name, StoredFlow>, Error> {
        let of_sources = names.iter().map(|(namespace, _)| namespace);
        let namespaces: BTreeSet<&String> = of_sources.chain(&self.sync.delete_in).collect();
        let filters = namespaces.into_iter().map(|namespace| Filter::namespace().equals(namespace));
        let below = self.sync.delete_below.iter().map(|namespace| Filter::namespace().prefix(namespace));
        stored_flows(self.flows, &self.sync.settings, filters.chain(below), |name| names.contains(name)).await
    }

    /// Returns the namespace that the flows of another one are put into, if they are.
    fn moved(&self, namespace: &str) -> Option<String> {
        let fits = self.sync.namespaces.iter().filter(|(from, _)| is_in(namespace, from));
        let moved = match (&self.sync.namespace, fits.max_by_key(|(from, _)| from.len())) {
            (Some(all), _) => all.clone(),
            (None, Some((from, to))) => format!("{to}{}", namespace.strip_prefix(from)?),
            (None, None) => return None,
        };
        (moved != namespace).then_some(moved)
    }

    /// Returns whether the server reads another namespace than the one that the flow is put into.
    fn is_misplaced(&self, flow: &Planned) -> bool {
        let found = flow.entry.namespace.as_deref().unwrap_or_default();
        let moves = self.sync.namespace.is_some() || !self.sync.namespaces.is_empty();
        moves && flow.wanted.as_ref().map_or_else(|| self.moved(found).is_some(), |wanted| wanted != found)
    }

    fn deletes(&self, namespace: &str, names: &BTreeSet<Name>) -> bool {
        let is_below = |above: &String| is_in(namespace, above);
        self.sync.delete_in.contains(namespace)
            || self.sync.delete_below.iter().any(is_below)
            || self.sync.delete && names.iter().any(|(of_source, _)| of_source == namespace)
    }
}

impl Planned {
    /// A flow that the server doesn't have, as far as is known.
    fn new(place: String, source: String) -> Self {
        let entry = SyncEntry::new(SyncKind::Flow, place.clone(), SyncAction::Create);
        Self { entry, source, place, wanted: None, is_outdated: false }
    }

    /// Applies the server's validation of the source to the entry.
    fn take(&mut self, validation: FlowValidation) {
        let entry = &mut self.entry;
        if let (Some(namespace), Some(id)) = (&validation.namespace, &validation.flow) {
            entry.name = format!("{namespace}.{id}");
        }
        (entry.namespace, entry.id) = (validation.namespace, validation.flow);
        entry.warnings = validation.warnings;
        entry
            .warnings
            .extend(validation.deprecation_paths.iter().map(|path| format!("{path} is deprecated")));
        self.is_outdated = validation.outdated == Some(true);
        let constraints = validation.constraints.unwrap_or_default();
        if !constraints.trim().is_empty() {
            entry.refuse(Error::invalid("source", constraints.trim()));
        } else if entry.flow().is_none() {
            entry.refuse(Error::invalid("source", "the server finds no namespace or no id in it"));
        }
    }

    /// Compares the flow with the server's.
    fn compare(&mut self, stored: StoredFlow) {
        let entry = &mut self.entry;
        entry.revision = stored.revision;
        let stored = stored.source.unwrap_or_default();
        if stored == self.source {
            entry.action = SyncAction::Unchanged;
            return;
        }
        entry.action = SyncAction::Update;
        if stored.len().max(self.source.len()) <= DIFF_LIMIT {
            let diff = TextDiff::from_lines(&stored, &self.source);
            entry.diff = Some(diff.unified_diff().header("server", &entry.name).to_string());
        }
        // Of a source that the server has already, it says that the revision is outdated as well.
        if self.is_outdated {
            entry.warnings.push("its revision is not the one after that of the server".to_owned());
        }
    }
}

/// Returns whether a server refuses the source itself.
fn is_about_source(error: &Error) -> bool {
    let refused = [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
    error.kind() == ErrorKind::Build || error.status().is_some_and(|status| refused.contains(&status))
}

/// Puts sources together that one request can validate. A server splits at `---`, so a source with such a line is left out.
fn chunks(open: &[usize], sources: &[&str]) -> Vec<Vec<usize>> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut bytes = VALIDATED_AT_ONCE;
    for at in open {
        let source = sources.get(*at).copied().unwrap_or_default();
        if source
            .lines()
            .any(|line| line.starts_with("---") || line.starts_with("...") || line.starts_with('%'))
        {
            continue;
        }
        bytes += source.len() + SEPARATOR.len();
        match chunks.last_mut().filter(|_| bytes <= VALIDATED_AT_ONCE) {
            Some(chunk) => chunk.push(*at),
            None => {
                bytes = source.len();
                chunks.push(vec![*at]);
            }
        }
    }
    chunks
}

/// Refuses the second source of a flow, which would overwrite the first.
fn refuse_doubles(planned: &mut [Planned]) {
    let mut seen: BTreeMap<Name, String> = BTreeMap::new();
    for flow in planned {
        let Some(name) = flow.entry.flow() else { continue };
        let place = flow.place.clone();
        match seen.get(&name) {
            Some(first) => flow.entry.refuse(Error::invalid("source", format!("{first} has the same flow"))),
            None => drop(seen.insert(name, place)),
        }
    }
}

/// Returns whether a namespace is another one or below it.
fn is_in(namespace: &str, above: &str) -> bool {
    namespace.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns where the namespace stands in a source, if there is exactly one line of it at the top level.
fn namespace_in(source: &str) -> Option<Range<usize>> {
    let mut found = None;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("namespace:") {
            let value = rest.split_once(" #").map_or(rest, |(value, _)| value).trim();
            let value = value.trim_matches(['"', '\'']);
            let is_plain =
                !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
            if found.is_some() || !is_plain {
                return None;
            }
            let start = at + line.len() - rest.len() + rest.find(value)?;
            found = Some(start..start + value.len());
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_of_a_source_is_found() {
        for (source, namespace) in [
            ("id: a\nnamespace: company.team\ntasks: []\n", Some("company.team")),
            ("namespace: 'a.b' # here", Some("a.b")),
            ("namespace: \"a\"\r\nid: b\r\n", Some("a")),
            ("namespace:a\n", Some("a")),
            ("id: a\ntasks:\n  - namespace: inner\n", None),
            ("namespace: a\nnamespace: b\n", None),
            ("namespace: *alias\n", None),
            ("namespace:\n  a\n", None),
        ] {
            assert_eq!(namespace_in(source).map(|place| &source[place]), namespace, "{source}");
        }
    }

    #[test]
    fn sources_that_could_be_split_are_validated_alone() {
        let sources =
            ["id: a", "---\nid: b", "id: c\n---\nid: d", "id: e\nx: |\n  ---\n", "%YAML 1.1", "id: f"];
        assert_eq!(chunks(&[0, 1, 2, 3, 4, 5], &sources), [[0, 3, 5]]);
        let large = "x".repeat(VALIDATED_AT_ONCE / 2);
        assert_eq!(chunks(&[0, 1, 2], &[&large, &large, "id: a"]), [vec![0], vec![1, 2]]);
    }
}
