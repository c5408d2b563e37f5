//! Types that Kestra once had, and what to use instead.

use std::collections::BTreeMap;

/// What to use instead of a type, by the end of its name.
const REPLACED: [(&str, &str); 12] = [
    ("debug.Echo", "`io.kestra.plugin.core.log.Log`"),
    ("debugs.Echo", "`io.kestra.plugin.core.log.Log`"),
    ("flow.ForEach", "`io.kestra.plugin.core.flow.Loop`"),
    ("flow.ForEachItem", "`io.kestra.plugin.core.flow.Loop` over a `Subflow`"),
    ("flow.EachParallel", "`io.kestra.plugin.core.flow.Loop`"),
    ("flow.EachSequential", "`io.kestra.plugin.core.flow.Loop` with `concurrencyLimit: 1`"),
    ("flow.Template", "`io.kestra.plugin.core.flow.Subflow`"),
    ("flow.WaitFor", "`io.kestra.plugin.core.flow.LoopUntil`"),
    ("state.Get", "`io.kestra.plugin.core.kv.Get`"),
    ("state.Set", "`io.kestra.plugin.core.kv.Set`"),
    ("state.Delete", "`io.kestra.plugin.core.kv.Delete`"),
    ("storage.LocalFiles", "`inputFiles` and `outputFiles` of a `WorkingDirectory`"),
];

/// Returns what to use instead of a type that is gone.
pub(super) fn by(word: &str, group: &BTreeMap<String, String>) -> Option<String> {
    if let Some((_, other)) = REPLACED.iter().find(|(end, _)| word.ends_with(end)) {
        return Some((*other).to_owned());
    }
    renamed(word, group).map(|known| format!("`{known}`"))
}

/// Returns the definition of a type by a name that it had before: the package moved, and some classes have a shorter name.
pub(super) fn renamed<'a>(word: &str, group: &'a BTreeMap<String, String>) -> Option<&'a String> {
    let class = word.rsplit('.').next().filter(|_| is_kestras(word))?;
    let class = if class == "WaitFor" { "LoopUntil" } else { class };
    let is_class = |known: &str| {
        let known = known.rsplit('.').next().unwrap_or(known);
        known == class || class.strip_suffix("Condition") == Some(known)
    };
    group.iter().find(|(known, _)| is_class(known)).map(|(_, name)| name)
}

/// Returns whether a type may be one of a plugin, which a schema of Kestra alone knows nothing of.
pub(super) fn is_of_a_plugin(word: &str, group: &BTreeMap<String, String>) -> bool {
    // The types of inputs, retries and the like are words without dots, and no plugin adds to them.
    let is_of_classes = group.keys().any(|known| known.contains('.'));
    is_of_classes && word.contains('.') && !is_kestras(word)
}

fn is_kestras(word: &str) -> bool {
    word.starts_with("io.kestra.core.") || word.starts_with("io.kestra.plugin.core.")
}
