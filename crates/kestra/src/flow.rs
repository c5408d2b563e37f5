//! Flows as values: built, read, changed, checked and written as YAML. This is the crate `kestra-flow`.

#[doc(inline)]
pub use kestra_flow::*;

/// Returns what a server of this version refuses in the source of a flow, in the order of the source.
///
/// The types of Kestra itself are known, as Kestra 1.0.3, 1.3.25 and 2.0.0 have them; of a task of another plugin nothing but its
/// `type` is read. [`Schema`] knows those of one server. What the server would take but may not do as it says is a
/// [`Severity::Warning`].
///
/// ```
/// use kestra::Version;
/// use kestra::flow::check;
///
/// let source = "id: hello\nnamespace: company.team\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.debug.Echo\n    format: hi\n";
/// assert!(check(source, Version::new(1, 3, 25)).is_empty());
/// assert_eq!(
///     check(source, Version::new(2, 0, 0))[0].to_string(),
///     "5:11: error: tasks[0].type: unknown type `io.kestra.plugin.core.debug.Echo`: use `io.kestra.plugin.core.log.Log`"
/// );
/// ```
#[cfg(feature = "flow-check")]
#[cfg_attr(docsrs, doc(cfg(feature = "flow-check")))]
#[must_use]
pub fn check(source: &str, version: crate::Version) -> Vec<Finding> {
    kestra_flow::check(source, Release::of(version.major(), version.minor()))
}
