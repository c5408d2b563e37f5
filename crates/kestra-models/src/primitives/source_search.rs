use crate::FlowSearchResult;

impl FlowSearchResult {
    /// Returns the namespace of the flow, on all versions.
    #[must_use]
    pub fn flow_namespace(&self) -> Option<&str> {
        self.namespace.as_deref().or_else(|| Some(&*self.model.as_ref()?.namespace))
    }

    /// Returns the id of the flow, on all versions.
    #[must_use]
    pub fn flow_id(&self) -> Option<&str> {
        self.id.as_deref().or_else(|| Some(&*self.model.as_ref()?.id))
    }

    /// Returns the matching parts of the source: fragments on 1.x, lines on 2.0.
    ///
    /// ```
    /// use kestra_models::FlowSearchResult;
    ///
    /// let old: FlowSearchResult = serde_json::from_str(
    ///     r#"{"model": {"namespace": "company.team", "id": "hello"}, "fragments": ["[mark]id[/mark]: hello"]}"#)?;
    /// let new: FlowSearchResult = serde_json::from_str(
    ///     r#"{"namespace": "company.team", "id": "hello", "matches": [{"line": 1, "column": 0, "snippet": "id: hello"}]}"#)?;
    /// for row in [old, new] {
    ///     assert_eq!((row.flow_namespace(), row.flow_id()), (Some("company.team"), Some("hello")));
    ///     assert_eq!(row.snippets().count(), 1);
    /// }
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn snippets(&self) -> impl Iterator<Item = &str> {
        let matches = self.matches.iter().filter_map(|found| found.snippet.as_deref());
        self.fragments.iter().map(String::as_str).chain(matches)
    }
}
